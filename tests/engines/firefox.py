"""Firefox as distributions have it, by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/)."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import programs
from tests.servers import until

from .channel import Channel
from .engine import REPORT_VIOLATIONS, Abilities, Engine
from .screen import Screen, running_program

_PREFERENCES = {
    # Else remote control sets others, such as that every window thinks it has the focus.
    "remote.prefs.recommended": False,
    # No pages and questions of a first start, and nothing from the Internet.
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

# Else it is as large as the screen allows, and as maximised not to be resized.
_WINDOW = {
    "chrome://browser/content/browser.xhtml": {
        "main-window": {"sizemode": "normal", "width": "1100", "height": "800"}
    }
}


class Firefox(Engine):
    """Debian's is called firefox-esr."""

    abilities = Abilities(locks_keyboard=False, reads_clipboard=False, writes_clipboard=False)

    @classmethod
    def require(cls) -> None:
        programs.require("firefox-esr", _program())

    @classmethod
    @contextmanager
    def running(cls, screen: Screen, home: Path) -> Iterator[Engine]:
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in _PREFERENCES.items()]
        (home / "user.js").write_text("".join(lines))
        (home / "xulstore.json").write_text(json.dumps(_WINDOW))
        command = [_program(), "--no-remote", "--profile", str(home), "--remote-debugging-port=0"]
        log = home / "output.log"
        with running_program([*command, "about:blank"], screen, log):
            engine = cls(f"{_address(log)}/session")
            yield engine
            engine._channel.close()

    def __init__(self, address: str) -> None:
        super().__init__()
        self._channel = Channel(address, self._on_event)
        self._channel.call("session.new", capabilities={})
        self._channel.call("session.subscribe", events=["log.entryAdded"])
        self._channel.call(
            "script.addPreloadScript", functionDeclaration=f"() => {{ {REPORT_VIOLATIONS} }}"
        )
        (tree,) = self._channel.call("browsingContext.getTree")["contexts"]
        self._context: str = tree["context"]

    def open(self, url: str) -> None:
        self._channel.call("browsingContext.navigate", context=self._context, url=url)

    def evaluate(self, expression: str) -> Any:
        answer = self._channel.call(
            "script.evaluate",
            expression=f"JSON.stringify({expression})",
            target={"context": self._context},
            awaitPromise=False,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"].get("value", "null"))

    def _on_event(self, method: str, parameters: dict[str, Any]) -> None:
        if method == "log.entryAdded" and parameters["level"] == "error":
            self.problems.append(json.dumps(parameters))


def _program() -> str:
    return shutil.which("firefox-esr") or shutil.which("firefox") or ""


def _address(log: Path) -> str:
    """Return where it listens, which it prints once it does."""

    def told() -> re.Match[str] | None:
        return re.search(r"BiDi listening on (ws://\S+)\n", log.read_text())

    return until(told, "Firefox, ready for remote control", 60)[1]
