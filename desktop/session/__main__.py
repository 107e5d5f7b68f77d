"""``python -m jupyter_desktop.session``: one desktop, specified on standard input.

The protocol is in ``system.session_messages``.
"""

from __future__ import annotations

import asyncio
import os
import sys
import traceback

from ..backends import Runtime
from ..errors import DesktopError
from ..system import signals
from ..system.runtime import keep_own_rights, runtime_folder
from ..system.session_messages import Admit, Admitted, Problem, Resize, Stop, encode, failed
from . import failures
from .control import Control
from .leftovers.dead_mounts import no_dead_mounts
from .leftovers.ice import nothing_of_session_managers
from .processes.deadlines import SLACK
from .processes.keeper import keep
from .processes.stopping import Stopped
from .search import Search
from .session import Session
from .specification import Specification
from .x11.display_number import display_number, unwritable


def main() -> int:
    """Run one session until it ends or its lifeline closes; return the exit status."""
    # Unbuffered: the bytes after the first line are for the session.
    with os.fdopen(0, "rb", buffering=0, closefd=False) as lifeline:
        line = lifeline.readline()
    if not line:
        return 0
    specification = Specification.from_line(line)
    keep_own_rights()
    signals.defer()
    try:
        abstract = unwritable() is not None
        with (
            # Once before unclaimed folders are removed, once before this session's folder is.
            no_dead_mounts(),
            runtime_folder(specification.folders) as folder,
            no_dead_mounts(),
            display_number(abstract=abstract) as number,
            nothing_of_session_managers(),
        ):
            where = Runtime(folder, f":{number}", abstract)
            return keep(lambda: _work(specification, where), specification.stop_timeout + SLACK)
    except DesktopError as error:
        problem = error
    except OSError as error:  # a full disk
        problem = failures.system_error(error)
    _tell_failed(problem)
    return 1


def _work(specification: Specification, where: Runtime) -> None:
    try:
        search = Search(specification.backend, specification.display)
    except OSError as error:  # out of processes or file descriptors
        return _tell_failed(failures.system_error(error))
    asyncio.run(_run(specification, where, search))


async def _run(specification: Specification, where: Runtime, search: Search) -> None:
    async with Control.open() as control:
        session = Session(specification, where, search, control)
        with signals.asking(session.stop):
            listening = asyncio.ensure_future(_obey(control, session, specification.silence))
            # When this task ends for any reason, the session can no longer see its lifeline close.
            listening.add_done_callback(lambda _: session.stop("Its server ended."))
            await session.run()
            listening.cancel()


async def _obey(control: Control, session: Session, silence: float) -> None:
    # Commands run concurrently: the X server may block one of them.
    tasks: set[asyncio.Future[None]] = set()
    async for command in control.commands(silence):
        match command:
            case Admit():
                work = _admit(control, session, command)
            case Resize(geometry):
                work = session.resize(geometry)
            case Stop():
                session.stop("It was stopped.")
                continue
            case _:
                continue
        tasks.add(task := asyncio.ensure_future(work))
        task.add_done_callback(tasks.discard)


async def _admit(control: Control, session: Session, command: Admit) -> None:
    problem: DesktopError
    try:
        path = await session.admit(command.password, command.access, command.stream)
    except Stopped:
        return
    except DesktopError as error:
        problem = error
    except OSError as error:  # the disk is full, or the folder was removed
        problem = failures.admits_no_viewers(error)
    except Exception as error:  # the waiting request needs an answer
        traceback.print_exc()
        problem = failures.admits_no_viewers(error)
    else:
        return control.send(Admitted(command.id, str(path)))
    control.send(Admitted(command.id, error=Problem.of(problem)))


def _tell_failed(error: DesktopError) -> None:
    os.write(1, encode(failed(error)))


if __name__ == "__main__":
    sys.exit(main())
