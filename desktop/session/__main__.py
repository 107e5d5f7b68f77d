"""``python -m jupyter_desktop.session``: one desktop; its specification comes on standard input.

See ``system.session_messages`` for what is said there.
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
    # Not a byte more than the first line: the rest is for the session.
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
            # Before folders of others are removed, and again before this session's is.
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
    except OSError as error:  # no more processes, or files
        return _tell_failed(failures.system_error(error))
    asyncio.run(_run(specification, where, search))


async def _run(specification: Specification, where: Runtime, search: Search) -> None:
    async with Control.open() as control:
        session = Session(specification, where, search, control)
        with signals.asking(session.stop):
            listening = asyncio.ensure_future(_obey(control, session, specification.silence))
            # However that ends, the session would not hear any more that its server has gone.
            listening.add_done_callback(lambda _: session.stop("Its server ended."))
            await session.run()
            listening.cancel()


async def _obey(control: Control, session: Session, silence: float) -> None:
    # Not awaited one after the other: the X server may be in no hurry.
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
        problem = failures.lets_nobody_in(error)
    except Exception as error:  # the waiting request needs an answer
        traceback.print_exc()
        problem = failures.lets_nobody_in(error)
    else:
        return control.send(Admitted(command.id, str(path)))
    control.send(Admitted(command.id, error=Problem.of(problem)))


def _tell_failed(error: DesktopError) -> None:
    os.write(1, encode(failed(error)))


if __name__ == "__main__":
    sys.exit(main())
