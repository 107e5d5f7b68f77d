"""The environment of a desktop's own programs, where the user's libraries do not fit them.

They then run without $LD_LIBRARY_PATH and $LD_PRELOAD. Shells in terminals, and single
applications, get these variables back.
"""

from __future__ import annotations

import os
import pwd
import shlex
from collections.abc import Mapping
from pathlib import Path

from ..system import libraries

NAMES = (
    *("dbus-run-session", "dbus-launch", "dbus-daemon", "xset"),
    *("xfce4-session", "xfwm4", "xfce4-panel", "xfdesktop", "xfsettingsd"),
    *("mate-session", "marco", "mate-panel", "caja"),
    *("lxqt-session", "lxqt-panel", "pcmanfm-qt"),
    *("openbox", "icewm", "metacity", "matchbox-window-manager"),
)
"""The programs that our start scripts start, directly or indirectly."""


def apart(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return ``environment`` for these programs, without the variables.

    Its $SHELL is a script in ``folder`` that restores the variables and executes the user's shell.
    """
    restored = user_variables(environment)
    script = folder / "shell"
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in restored.items())
    # The values may be any bytes.
    script.write_bytes(os.fsencode(f'#!/bin/sh\n{exports}exec "$SHELL" "$@"\n'))
    # xterm requires a shell that others may execute; other users cannot enter the folder.
    script.chmod(0o755)
    without = {
        name: value for name, value in environment.items() if name not in libraries.VARIABLES
    }
    # On a file system mounted noexec, keep the user's shell: terminals need a working one.
    return {**without, "SHELL": str(script) if os.access(script, os.X_OK) else restored["SHELL"]}


def user_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables to restore for the user's programs, with their $SHELL."""
    names = libraries.are_set(environment)
    shell = environment.get("SHELL") or _login_shell()
    return {**{name: environment[name] for name in names}, "SHELL": shell}


def _login_shell() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_shell or "/bin/sh"
    except KeyError:
        return "/bin/sh"
