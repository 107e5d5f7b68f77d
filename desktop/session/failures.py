"""Messages for desktops that do not start, or refuse connections."""

from __future__ import annotations

import errno
import os

from ..errors import DesktopError, StartError, StartFailed, StartTimeout, Unreachable
from ..system import libraries
from ..system.packages import install_command
from .processes.children import Child
from .x11.display_number import SOCKETS, Unwritable

_COMMAND_NOT_FOUND = 127  # the exit status of a shell (sh(1)), and of glibc's loader
_NO_PROCESS = (
    "The limit on processes may be reached: end programs that are not needed, or raise that limit "
    "where Jupyter is started (ulimit -u, or the limit of the container or job)."
)


def ended_early(child: Child) -> StartFailed:
    """Return the error for a part of the display server that ended before the desktop was up."""
    remedy = "The last lines of the log below say why."
    if child.exited.result() == _COMMAND_NOT_FOUND:
        remedy = (
            "A program or library that it needs is missing; the last lines of the log below name "
            "it. Install it, or ask the administrator of this machine to."
        )
    return StartFailed(_ended_early(child), remedy=remedy)


def start_script_ended_early(child: Child) -> StartFailed:
    """Return the error for a start script that ended before the desktop was up."""
    if child.exited.result() == _COMMAND_NOT_FOUND:
        return StartFailed(
            _ended_early(child),
            remedy="A program it needs is not installed; the last lines of the log below say "
            "which. This installs Xfce, for example:",
            command=install_command("xfce"),
        )
    return StartFailed(_ended_early(child), remedy="The last lines of the log below say why.")


def _ended_early(child: Child) -> str:
    return f"The {child.name} ended before the desktop was up ({child.status})."


def unfit_library(error: DesktopError, variables: tuple[str, ...], said: str) -> StartFailed:
    """Return ``error`` with the loader's message ``said``; ``variables`` may be the cause."""
    names = " and ".join(variables)
    remedy = (
        f"Jupyter runs with {names} set, as by a module or conda. Start it without, or unset "
        f"{names} in your start script."
    )
    return StartFailed(
        f"{error.message} A library is missing or unfit for a program: {said}",
        remedy=f"{remedy} If that does not help: {error.remedy}" if error.remedy else remedy,
        command=error.command,
    )


def unknown_fit(programs: str) -> str:
    """Return the log line for ``libraries.Unknown`` about ``programs``."""
    names = " and ".join(libraries.are_set(os.environ))
    return (
        f"The check whether the libraries of {names} fit {programs} took more than "
        f"{libraries.CHECK_TIMEOUT:g} seconds; they are assumed to fit."
    )


def no_x_socket(error: StartError, folder: Unwritable) -> StartFailed:
    """Return ``error``, of an X server that had only an abstract socket to listen on."""
    return StartFailed(
        f"{error.message} No socket can be created in {SOCKETS} ({folder.why}), and this X server "
        "may be unable to listen anywhere else.",
        remedy="The last lines of the log below may say more. To let it listen there, ask the "
        "administrator of this machine to run:",
        command=folder.command,
    )


def foreign_display(display: str) -> StartFailed:
    """Return the error for an abstract socket that another user has bound."""
    return StartFailed(
        f"Another user's program listens on the abstract socket of the display {display}.",
        remedy="Start the desktop again: it takes another display number.",
    )


def too_late(seconds: float) -> StartTimeout:
    """Return the error for a display server that was not ready after ``seconds``."""
    return StartTimeout(
        f"The display server was not ready after {seconds:g} seconds.",
        remedy="The log below may say why. If this machine is merely slow, raise "
        "DesktopApp.start_timeout.",
    )


def search_too_late(seconds: float) -> StartTimeout:
    """Return the error for a search for a display server that took more than ``seconds``."""
    return StartTimeout(
        f"The search for a display server was not finished after {seconds:g} seconds.",
        remedy="A folder on PATH may be on a file system that does not answer. If this machine is "
        "merely slow, raise DesktopApp.start_timeout.",
    )


def admits_no_viewers(error: Exception) -> Unreachable:
    """Return the error for a password that could not be set."""
    return Unreachable(
        f"The desktop is running, but cannot admit viewers: {error}.",
        remedy="If the disk is full, free space there. If the desktop's folder was removed, as "
        "/run/user is at log-out, restart the desktop.",
    )


def unexpected(error: Exception) -> DesktopError:
    """Return the error for an unforeseen failure."""
    return DesktopError(
        f"The desktop has ended because of a bug in jupyter-desktop "
        f"({type(error).__name__}: {error}).",
        remedy="Start it again. If it happens again, report it, with the traceback in the log of "
        "the Jupyter server.",
    )


def system_error(error: OSError) -> StartFailed:
    """Return the error for a failed system call: a full disk, a limit."""
    return StartFailed(
        f"The desktop could not be started: {error}.",
        remedy=_NO_PROCESS
        if error.errno == errno.EAGAIN  # fork(2)
        else "Free space or repair permissions there, and try again.",
    )
