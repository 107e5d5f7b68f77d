"""Checks of the start script, the desktop environments that it may start, and D-Bus."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ..backends import NAMES, backend
from ..errors import DesktopError
from ..session import own_programs, startscript
from ..system import libraries as libraries_of_environment
from ..system.packages import install_command
from .finding import Finding, note, of_error, ok, problem
from .programs import first_line, there
from .subject import Subject

# Uses the start scripts' library, with "$0" one of them, so that there is only one list.
_LIST = """
DISPLAY=:0 JUPYTER_DESKTOP_RUNTIME=/nonexistent
. "${0%/*}/common.sh"
for desktop in $(desktops); do
    if starter=$(program_of "$desktop"); then
        has_its_bus "$desktop" && bus=yes || bus=no
        echo "$desktop $bus $starter"
    fi
done
"""


def start_script(subject: Subject) -> Iterator[Finding]:
    """The start script that runs the desktop, and why."""
    specification = subject.specification
    try:
        script = startscript.find(
            specification.start_script, specification.script_folders, os.environ
        )
        interpreter = startscript.command(script)[0]
    except DesktopError as error:
        yield of_error("start script", error)
        return
    except OSError as error:
        yield problem("start script", f"{script} cannot be read: {error.strerror}.")
        return
    why = _why(script, specification.start_script)
    if shutil.which(interpreter) is None:
        yield problem(
            "start script",
            f"{script} ({why}) is run by {interpreter}, which is not installed.",
            "Correct its first line, or install that program.",
        )
    else:
        yield ok("start script", f"{script}: {why}", path=str(script))


def installed(subject: Subject) -> Iterator[Finding]:
    """The desktop environments and window managers that our start scripts know."""
    rows = _installed()
    taken = next((name for name, has_bus, _ in rows if has_bus), None)
    for name, has_bus, program in rows:
        lacking = "" if has_bus else "; D-Bus is missing"
        first = "; the first usable one" if name == taken else ""
        text = f"{name} ({program}){lacking}{first}"
        yield ok("desktop environment", text, name=name, taken=name == taken)
    if taken is None:
        matters = problem if _is_ours(subject) else note
        yield matters(
            "desktop environment",
            f"none is usable of {', '.join(_known())}.",
            "This installs Xfce, for example:",
            install_command("xfce"),
        )


def libraries(subject: Subject) -> Iterator[Finding]:
    """Whether the libraries of Jupyter's environment fit the programs of a desktop."""
    variables = libraries_of_environment.are_set(os.environ)
    names = " and ".join(variables)
    if not variables:
        every = " nor ".join(libraries_of_environment.VARIABLES)
        yield ok("libraries", f"neither {every} is set", variables=[])
        return
    settings = subject.specification.display
    servers = (path for name in NAMES for path in backend(name).executables(settings))
    programs = (*servers, "Xvfb", *own_programs.NAMES)
    try:
        misfit = libraries_of_environment.first_misfit(programs, os.environ)
    except libraries_of_environment.Unknown:
        yield note(
            "libraries",
            f"the check whether those of {names} fit took more than "
            f"{libraries_of_environment.CHECK_TIMEOUT:g} seconds",
            "They may be on a slow file system. If desktops do not start, start Jupyter without "
            f"{names}.",
            variables=list(variables),
        )
        return
    if misfit:
        yield note(
            "libraries",
            f"{misfit}. Desktops start nevertheless: their own programs, which these libraries do "
            f"not fit, run without {names}. Shells in terminals and single applications have it.",
            f"If other programs on the desktop fail, start Jupyter without {names}.",
            variables=list(variables),
            libraries=list(misfit.libraries),
        )
    else:
        yield ok("libraries", f"those of {names} fit", variables=list(variables))


def dbus(subject: Subject) -> Iterator[Finding]:
    """D-Bus, of which desktop environments need a session bus of their own."""
    found = there("dbus-daemon", "dbus-launch")
    if found:
        version = first_line("dbus-daemon", "--version")
        yield ok("D-Bus", f"{', '.join(found)}; {version}", programs=list(found))
    else:
        yield note(
            "D-Bus",
            "neither dbus-daemon nor dbus-launch is installed; bare window managers work without.",
            "Whole desktop environments need it:",
            install_command("dbus"),
            programs=[],
        )


def _why(script: Path, setting: str) -> str:
    if setting:
        return "as DesktopApp.start_script says"
    if os.environ.get(startscript.COMPATIBLE_VARIABLE) == str(script):
        return f"as ${startscript.COMPATIBLE_VARIABLE} says"
    if script.parent == startscript.OURS:
        return "part of this package; it runs the first desktop environment that is installed"
    if script.name == "xstartup":
        return "yours"
    return "this site's"


def _is_ours(subject: Subject) -> bool:
    """Whether the start script is the default one, for which ``installed`` matters."""
    specification = subject.specification
    try:
        script = startscript.find(
            specification.start_script, specification.script_folders, os.environ
        )
    except DesktopError:
        return False
    return script == startscript.OURS / "default"


def _known() -> list[str]:
    return [name for name in startscript.ours() if name not in ("default",)]


def _installed() -> list[tuple[str, bool, str]]:
    """Return name, whether D-Bus is installed if needed, and program, the preferred one first."""
    ran = subprocess.run(
        ["/bin/sh", "-c", _LIST, str(startscript.OURS / "default")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    rows = (line.split(None, 2) for line in ran.stdout.splitlines())
    return [(name, bus == "yes", program) for name, bus, program in rows]
