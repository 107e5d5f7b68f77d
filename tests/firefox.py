"""The distribution's Firefox: its program and a profile."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests import programs

_PREFERENCES = {
    # Remote control would set others, such as one that gives every window the focus.
    "remote.prefs.recommended": False,
    # No pages or questions of a first start, and no downloads.
    "app.normandy.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.preonboarding.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


def require() -> None:
    """Skip the test where the distribution has no Firefox."""
    programs.require("firefox-esr", _program())


def command(profile: Path, **window: int) -> list[str]:
    """Make a profile in that folder; return Firefox's command line without an address.

    ``window`` is the stored position and size: screenX, screenY, width and height.
    """
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in _PREFERENCES.items()]
    (profile / "user.js").write_text("".join(lines))
    # By default the window is as large as the screen and, like a maximised one, not resizable.
    remembered = {"sizemode": "normal"} | {name: str(value) for name, value in window.items()}
    stored = {"chrome://browser/content/browser.xhtml": {"main-window": remembered}}
    (profile / "xulstore.json").write_text(json.dumps(stored))
    return [_program(), "--no-remote", "--profile", str(profile)]


def _program() -> str:
    # Debian's is called firefox-esr.
    return shutil.which("firefox-esr") or shutil.which("firefox") or ""
