"""The desktops of this server: start, find, stop, list."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import replace

from ..errors import BadRequest, UnknownSession
from .activity import INPUT
from .desktop_session import DesktopSession
from .plans import Plan, Wish

DEFAULT_SESSION = "default"
NO_WISH = Wish()

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)


class Sessions:
    """All desktops of one server, by name; ended ones stay, with the reason of their end.

    ``plan`` returns the plan of the desktop of a name. ``activity`` defines the use of a desktop.
    """

    def __init__(
        self,
        plan: Callable[[str, Wish], Plan],
        log: logging.Logger,
        activity: str = INPUT,
    ) -> None:
        self._plan = plan
        self._log = log
        self._activity = activity
        self._sessions: dict[str, DesktopSession] = {}  # oldest first

    def get(self, name: str) -> DesktopSession:
        """Return the desktop called ``name``; raises ``UnknownSession``."""
        try:
            return self._sessions[name]
        except KeyError:
            raise UnknownSession(
                f"There is no desktop called {name[:80]!r}.", remedy="Start it."
            ) from None

    def application(self, name: str) -> str:
        """Return the application of the session of that name, also after its end; empty if none."""
        session = self._sessions.get(name)
        return session.application if session else ""

    def all(self) -> list[DesktopSession]:
        """Return every desktop, oldest first."""
        return list(self._sessions.values())

    async def start(self, name: str, wish: Wish = NO_WISH) -> tuple[DesktopSession, bool]:
        """Return the desktop called ``name``, and whether it was started for this request."""
        check_name(name)
        plan = self._plan(name, wish)
        session = self._of_name(name)
        async with session.turn:
            if session.alive:
                return session, False
            await session.start(plan)
            return session, True

    async def stop(self, name: str) -> None:
        """End the desktop called ``name``; raises ``UnknownSession``."""
        session = self.get(name)
        async with session.turn:
            await session.stop()

    async def restart(self, name: str, wish: Wish = NO_WISH) -> DesktopSession:
        """End the desktop called ``name`` if it runs, and start it again.

        Without another one in ``wish``, its application stays the same.
        """
        check_name(name)
        again = replace(wish, application=wish.application or self.application(name))
        plan = self._plan(name, again)
        session = self._of_name(name)
        async with session.turn:
            await session.stop()
            await session.start(plan)
        return session

    async def stop_all(self) -> None:
        """End all desktops at the same time."""
        await asyncio.gather(*(self.stop(session.name) for session in self.all()))

    def _of_name(self, name: str) -> DesktopSession:
        if name not in self._sessions:
            self._sessions[name] = DesktopSession(name, self._log, self._activity)
        return self._sessions[name]


def check_name(name: str) -> None:
    """Raise ``BadRequest`` if ``name`` is not a valid name of a desktop."""
    if not _NAME.fullmatch(name):
        raise BadRequest(
            f"{name[:80]!r} cannot be the name of a desktop.",
            remedy="Use up to 63 letters, digits, '.', '_' and '-', a letter or digit first.",
        )
