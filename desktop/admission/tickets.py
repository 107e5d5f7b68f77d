"""Tickets: short-lived permissions, each for one WebSocket connection."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import Refused
from ..system import credentials
from ..system.access import Access
from ..system.streams import DESKTOP


@dataclass(frozen=True)
class Ticket:
    """The right to connect once to ``session`` until ``expires`` (seconds of the clock used).

    ``number`` is not secret: it identifies the connection.
    ``client`` identifies the page that requested the ticket, ``user`` is its username (``name``
    for display), ``share`` the id of its share link or empty, ``stream`` the stream to connect to.
    """

    number: int
    session: str
    user: str
    client: str
    expires: float
    password: str = field(repr=False)
    name: str = ""
    access: Access = Access.FULL
    share: str = field(default="", repr=False)
    stream: str = DESKTOP
    id: str = field(default_factory=credentials.ticket, repr=False)

    @property
    def page(self) -> str:
        """Identifies the page; includes share and user, so that guests cannot pose as another user.

        A program without a client name is a new page for each connection.
        """
        return f"{self.share} {self.user} {self.client}" if self.client else f"#{self.number}"


class Tickets:
    """The tickets of one server. ``lifetime`` is in seconds of ``clock``."""

    def __init__(self, lifetime: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.lifetime = lifetime
        self._clock = clock
        self._numbers = itertools.count(1)
        self._unused: dict[str, Ticket] = {}  # by the ticket's id, oldest first
        self._used: dict[str, float] = {}  # ``expires`` by the ticket's id

    def issue(
        self,
        session: str,
        user: str,
        client: str,
        password: str,
        *,
        name: str = "",
        access: Access = Access.FULL,
        share: str = "",
        stream: str = DESKTOP,
    ) -> Ticket:
        """Return a new ticket; ``password`` is set when the ticket is used."""
        self._forget()
        expires = self._clock() + self.lifetime
        ticket = Ticket(
            next(self._numbers),
            session,
            user,
            client,
            expires,
            password,
            name,
            access,
            share,
            stream,
        )
        self._unused[ticket.id] = ticket
        return ticket

    def use(self, identifier: str, session: str, user: str) -> Ticket:
        """Return the ticket with this id; it is used up, even if this raises.

        Raises ``Refused`` if it is unknown, used, expired, or not for this session and user.
        """
        ticket = self._unused.pop(identifier, None)
        if ticket is None:
            raise _refused("has been used" if identifier in self._used else "is unknown")
        self._used[identifier] = ticket.expires
        if ticket.expires < self._clock():
            raise _refused("has expired")
        if (ticket.session, ticket.user) != (session, user):
            raise _refused("is for another desktop or user")
        return ticket

    def use_newest(self, session: str, client: str) -> Ticket:
        """Use the newest ticket of ``client`` for ``session``, for requests without a ticket.

        Tickets of share links do not count. Raises ``Refused`` if there is none.
        """
        now = self._clock()
        for ticket in reversed(list(self._unused.values())):
            its_own = (ticket.session, ticket.client, ticket.share) == (session, client, "")
            if its_own and ticket.expires >= now:
                return self.use(ticket.id, session, ticket.user)
        raise _refused("is missing")

    def _forget(self) -> None:
        """Drop old tickets; an hour after they expire, refusals call them unknown."""
        now, kept = self._clock(), 3600.0
        self._unused = {k: t for k, t in self._unused.items() if t.expires + kept > now}
        self._used = {k: expires for k, expires in self._used.items() if expires + kept > now}


def _refused(why: str) -> Refused:
    return Refused(f"The ticket {why}.", remedy="Request a new one: POST …/ticket.")
