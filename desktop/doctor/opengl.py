"""The OpenGL renderer of a running desktop, as glxinfo reports it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..system.packages import install_command
from ..system.processes import descendants
from .finding import Finding, note, ok
from .graphics import vglrun
from .programs import said, there

_RENDERER = re.compile(r"OpenGL renderer string: (.+)")
_TOPICS = {"glxinfo": "OpenGL", "vglrun": "OpenGL with vglrun"}


def look(folder: Path | None) -> dict[str, str]:
    """Return the renderers, with and without VirtualGL, of the desktop with that runtime folder.

    Empty if glxinfo is not installed.
    """
    environment = _environment(folder)
    glxinfo = there("glxinfo").get("glxinfo")
    if glxinfo is None or environment is None:
        return {}
    commands = {"glxinfo": [glxinfo, "-B"]}
    if virtualgl := vglrun():
        commands["vglrun"] = [virtualgl, glxinfo, "-B"]
    return {
        name: _renderer(said(*command, environment=environment))
        for name, command in commands.items()
    }


def findings(renderers: Mapping[str, str]) -> Iterator[Finding]:
    """Return findings for the result of ``look``."""
    for name, renderer in renderers.items():
        found = note if renderer.startswith("(") else ok
        yield found(_TOPICS[name], renderer, renderer=renderer)
    if not there("glxinfo"):
        yield note(
            "OpenGL",
            "the renderer is unknown: glxinfo is not installed.",
            "It is optional; to install it:",
            install_command("mesa-utils"),
        )


def _renderer(answer: str) -> str:
    match = _RENDERER.search(answer)
    return match[1].strip() if match else f"({' '.join(answer.split())[:200].strip('()')})"


def _environment(folder: Path | None) -> dict[str, str] | None:
    """Return the environment of a program on the desktop."""
    for process in descendants():
        environment = process.variables()
        if environment.get("JUPYTER_DESKTOP_RUNTIME") == str(folder):
            return environment
    return None
