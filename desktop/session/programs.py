"""The program that a session runs: a desktop, by its start script, or a single application."""

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
    """The program of a session; ``environment`` is the session's own."""

    name: str
    """The name of its process in logs and messages."""

    sign: str
    """The X property that is set once it is up (see ``names``)."""

    may_return: bool
    """Whether its process may return and leave the program in the background."""

    def __init__(self, specification: Specification, environment: Mapping[str, str]) -> None:
        self._specification = specification
        self._environment = environment
        mode = specification.display.xpra.mode
        self._seamless = specification.backend == "xpra" and mode == "seamless"
        home = environment.get("HOME", "/")
        self._home = home if os.access(home, os.X_OK) else "/"

    @abstractmethod
    def find(self) -> Path:
        """Return the start script that runs it; raises ``StartError`` if something is missing."""

    @property
    @abstractmethod
    def folder(self) -> str:
        """The folder in which its process is started."""

    @abstractmethod
    def arguments(self) -> Sequence[str]:
        """Return the arguments of the start script."""

    @abstractmethod
    def variables(self) -> Mapping[str, str]:
        """Return the variables added to the session's environment."""

    @abstractmethod
    def ended_early(self, child: Child) -> StartFailed:
        """Return the error for a program that ended before it was up."""

    @abstractmethod
    def ended(self, child: Child) -> State:
        """Return the last state, after the program has ended."""

    def _script(self, name: str) -> Path:
        folders = self._specification.script_folders
        return startscript.find(name, folders, self._environment)


class DesktopProgram(SessionProgram):
    """A desktop, or any other program of the user's start script, in the user's home."""

    name = "start script"
    sign = WINDOW_MANAGER

    @property
    def may_return(self) -> bool:  # type: ignore[override]
        """False where Xpra is the window manager: its presence does not show that programs run."""
        return not self._seamless

    def find(self) -> Path:
        """Return the start script of the setting, or the first of the usual ones."""
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
        """Return the error for the start script."""
        return failures.start_script_ended_early(child)

    def ended(self, child: Child) -> State:
        """Return that the session was logged out."""
        how = f" ({child.status})" if child.exited.result() else ""
        return stopped(f"The session was logged out{how}.")


class ApplicationProgram(SessionProgram):
    """One application, with an attendant that exits when the application has ended."""

    name = "application"
    sign = APPLICATION
    may_return = False

    @property
    def folder(self) -> str:
        """The root: Python imports from this folder first, so in the home a user's json.py."""
        return "/"

    def find(self) -> Path:
        """Return the start script, after a check that the application is installed."""
        program, *_ = self._command()
        path = self._own_environment().get("PATH", os.defpath)
        if shutil.which(program, path=path) is None:
            where = "" if "/" in program else " on PATH"
            raise ProgramMissing(
                f"{program} was not found{where}.",
                remedy=f"Install {self._title}, or ask the administrator of this machine to. If it "
                "is installed, give the whole path in its command.",
            )
        return self._script(startscript.APPLICATION)

    def arguments(self) -> Sequence[str]:
        """Return the mode, and the command to run: the attendant with the application."""
        mode = "seamless" if self._seamless else "full-screen"
        attendant = (sys.executable, "-m", "jupyter_desktop.session.attendant")
        # If the start script runs without the user's libraries (see ``own_programs``).
        back: tuple[str, ...] = ()
        if libraries.are_set(self._environment):
            restored = own_programs.user_variables(self._environment)
            back = ("env", *(f"{name}={value}" for name, value in restored.items()))
        return (mode, *back, *attendant, mode, self._home, *self._command())

    def variables(self) -> Mapping[str, str]:
        """Return the variable that only the attendant reads."""
        return {ENVIRONMENT: json.dumps(self._own_environment(only_new=True))}

    def ended_early(self, child: Child) -> StartFailed:
        """Return the error for an application that showed no window."""
        return StartFailed(
            f"{self._title} ended before it showed a window ({child.status}).",
            remedy="The last lines of its log below may say why.",
        )

    def ended(self, child: Child) -> State:
        """Return the reason, with the exit status if that is not 0."""
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
        """Return the application's environment, with $NAME in values replaced."""
        new = {
            name: string.Template(value).safe_substitute(self._environment)
            for name, value in self._specification.environment.items()
        }
        return new if only_new else {**self._environment, **new}


def program(specification: Specification, environment: Mapping[str, str]) -> SessionProgram:
    """Return the program that ``specification`` describes."""
    kind = ApplicationProgram if specification.command else DesktopProgram
    return kind(specification, environment)
