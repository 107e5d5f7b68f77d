"""What runs on the display: a desktop, by its start script, or a single application."""

from __future__ import annotations

import json
import os
import shutil
import string
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import ProgramMissing, StartFailed
from ..system import libraries
from ..system.session_messages import Phase, State, stopped
from . import failures, own_programs, startscript
from .processes.children import Child
from .specification import Specification
from .x11.names import APPLICATION, ENVIRONMENT, WINDOW_MANAGER


class SessionProgram(ABC):
    """What a session is for. ``environment`` is the session's own."""

    name: str
    """How logs and messages call its process."""

    sign: str
    """The property by which it is known to be up (see ``names``)."""

    may_return: bool
    """Whether its process may end at once and leave it in the background."""

    def __init__(self, specification: Specification, environment: Mapping[str, str]) -> None:
        self._specification = specification
        self._environment = environment
        mode = specification.display.xpra.mode
        self._seamless = specification.backend == "xpra" and mode == "seamless"
        home = environment.get("HOME", "/")
        self._home = home if os.access(home, os.X_OK) else "/"

    @abstractmethod
    def find(self) -> Path:
        """Return the start script that runs it; raises ``StartError`` for what is missing."""

    @property
    @abstractmethod
    def folder(self) -> str:
        """The folder in which its process is started."""

    @abstractmethod
    def arguments(self) -> Sequence[str]:
        """Return what the start script is told."""

    @abstractmethod
    def variables(self) -> Mapping[str, str]:
        """Return what its environment has besides the session's."""

    @abstractmethod
    def ended_early(self, child: Child) -> StartFailed:
        """Return the error for one that ended before it was up."""

    @abstractmethod
    def ended(self, child: Child) -> State:
        """Return how it ended."""

    def _script(self, name: str) -> Path:
        folders = self._specification.script_folders
        return startscript.find(name, folders, self._environment)


class DesktopProgram(SessionProgram):
    """A desktop, or whatever the user's start script runs, in the user's home."""

    name = "start script"
    sign = WINDOW_MANAGER

    @property
    def may_return(self) -> bool:  # type: ignore[override]
        """Not where Xpra is the window manager: that it is there says nothing of programs."""
        return not self._seamless

    def find(self) -> Path:
        """Return the one of the setting, or the first of the usual ones."""
        return self._script(self._specification.start_script)

    @property
    def folder(self) -> str:
        """The user's home."""
        return self._home

    def arguments(self) -> Sequence[str]:
        """Return nothing."""
        return ()

    def variables(self) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    def ended_early(self, child: Child) -> StartFailed:
        """Return that the start script did."""
        return failures.start_script_ended_early(child)

    def ended(self, child: Child) -> State:
        """Return that the session is over."""
        how = f" ({child.status})" if child.exited.result() else ""
        return stopped(f"The session was logged out{how}.")


class ApplicationProgram(SessionProgram):
    """One application, with an attendant who knows when it is over."""

    name = "application"
    sign = APPLICATION
    may_return = False

    @property
    def folder(self) -> str:
        """Not the home: Python imports from there first, a user's json.py, say."""
        return "/"

    def find(self) -> Path:
        """Look for the application, too."""
        program, *_ = self._command()
        path = self._own_environment().get("PATH", os.defpath)
        if shutil.which(program, path=path) is None:
            where = "" if "/" in program else " on PATH"
            raise ProgramMissing(
                f"{program} was not found{where}.",
                remedy=f"Install {self._title}, or ask the administrator of this machine to. If it "
                "is there, its command must name the whole path.",
            )
        return self._script(startscript.APPLICATION)

    def arguments(self) -> Sequence[str]:
        """Return what the start script is to run: the attendant, with the application."""
        mode = "seamless" if self._seamless else "full-screen"
        attendant = (sys.executable, "-m", "jupyter_desktop.session.attendant")
        # Where the start script is run without the user's libraries (see ``own_programs``).
        back: tuple[str, ...] = ()
        if libraries.are_set(self._environment):
            restored = own_programs.user_variables(self._environment)
            back = ("env", *(f"{name}={value}" for name, value in restored.items()))
        return (mode, *back, *attendant, mode, self._home, *self._command())

    def variables(self) -> Mapping[str, str]:
        """Return what only the attendant looks into."""
        return {ENVIRONMENT: json.dumps(self._own_environment(only_new=True))}

    def ended_early(self, child: Child) -> StartFailed:
        """Return that the application did, without a window."""
        return StartFailed(
            f"{self._title} ended before it showed a window ({child.status}).",
            remedy="The last lines of its log below may say why.",
        )

    def ended(self, child: Child) -> State:
        """Return whether something was wrong."""
        status = child.exited.result()
        reason = f"It ended with {child.status}." if status else "It was closed."
        return State(Phase.STOPPED, reason=reason, status=status)

    @property
    def _title(self) -> str:
        return self._specification.display.title

    def _command(self) -> tuple[str, ...]:
        program, *words = self._specification.command
        if program.startswith("~/"):
            program = str(Path(self._home, program[2:]))
        return (program, *words)

    def _own_environment(self, only_new: bool = False) -> dict[str, str]:
        """Return what the application has in its environment, with values filled in."""
        new = {
            name: string.Template(value).safe_substitute(self._environment)
            for name, value in self._specification.environment.items()
        }
        return new if only_new else {**self._environment, **new}


def program(specification: Specification, environment: Mapping[str, str]) -> SessionProgram:
    """Return what ``specification`` asks for."""
    kind = ApplicationProgram if specification.command else DesktopProgram
    return kind(specification, environment)
