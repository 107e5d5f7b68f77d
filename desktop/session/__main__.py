"""``python -m desktop.session``: the specification comes on standard input, see ``control``."""

from __future__ import annotations

import asyncio
import signal

from .control import Control
from .session import Session
from .specification import Specification


async def main() -> None:
    """Run one session until it ends or its lifeline closes."""
    async with Control.open() as control:
        line = await control.first_line()
        if not line:
            return
        session = Session(Specification.from_line(line), control)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, session.stop, "It was ended.")
        listening = asyncio.ensure_future(_obey(control, session))
        await session.run()
        listening.cancel()


async def _obey(control: Control, session: Session) -> None:
    async for command in control.commands():
        match command["command"]:
            case "password":
                control.send("password", problem=_problem(session, command["password"]))
            case "stop":
                session.stop("It was stopped.")
    session.stop("Its server ended.")


def _problem(session: Session, password: str) -> str | None:
    """Put ``password`` in force; return what is in the way, None if nothing is."""
    try:
        session.set_password(password)
    except OSError as error:  # the disk is full, or the folder was removed
        return str(error)
    return None


if __name__ == "__main__":
    asyncio.run(main())
