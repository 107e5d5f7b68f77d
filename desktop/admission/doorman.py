"""The doorman: checks tickets, and passes the open socket to the bridge.

From then on no bytes go through the Jupyter server, unless it ends TLS itself: then there is no
plain socket to pass on, and the bytes are relayed with back-pressure.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tornado.iostream import IOStream, SSLIOStream, StreamClosedError

from ..bridge.client import BridgeClient
from ..bridge.closing import End
from ..bridge.messages import Handoff
from ..desktops import metrics
from ..desktops.desktop_session import DesktopSession
from ..desktops.sessions import DEFAULT_SESSION, Sessions
from ..desktops.viewers import Viewer
from ..errors import BridgeUnavailable, ShareEnded
from ..system.access import Access
from ..system.streams import DESKTOP, SERVED, unknown_stream
from .shares import Share, Shares
from .side_entrance import CLIENT, SideEntrance
from .tickets import Ticket, Tickets

_CHUNK = 64 * 1024
_EXPIRY_CHECK_EVERY = 30.0  # seconds


@dataclass(frozen=True)
class Admission:
    """An accepted ticket; ``target`` is a byte stream to its session."""

    session: DesktopSession
    ticket: Ticket
    share: Share | None
    target: socket.socket


class Doorman:
    """Issues tickets, checks them, and hands connections to the bridge.

    ``folders`` are the candidates for the folder of the side entrance, best first. ``streams`` are
    those for which tickets are issued.
    """

    def __init__(
        self,
        sessions: Sessions,
        tickets: Tickets,
        folders: Sequence[str],
        log: logging.Logger,
        streams: Collection[str] = SERVED,
    ) -> None:
        self.sessions = sessions
        self._tickets = tickets
        self._shares = Shares()
        self._streams = streams
        self.side_entrance = SideEntrance(folders, self._admit_by_the_side, log)
        self.bridge = BridgeClient(self.side_entrance.folder, self._ended, metrics.carried, log)
        self._log = log
        self._relays: set[asyncio.Task[None]] = set()  # running; asyncio keeps only weak references

    def open(self) -> None:
        """Start the bridge and the side entrance, if they do not run.

        Called when a desktop is started: many Jupyter servers never have one. Raises
        ``BridgeUnavailable``.
        """
        # In this order: the bridge removes the folder if this server is killed.
        self.bridge.start()
        self.side_entrance.open()

    async def stop(self) -> None:
        """End every desktop, close the connections, and end the bridge."""
        self.side_entrance.close()
        await self.sessions.stop_all()
        await self.bridge.stop()

    @property
    def ticket_lifetime(self) -> float:
        """Seconds until a ticket expires."""
        return self._tickets.lifetime

    def issue(
        self,
        session: DesktopSession,
        share: Share | None,
        *,
        user: str,
        name: str,
        client: str,
        stream: str,
    ) -> Ticket:
        """Return a ticket for ``stream`` of ``session``, with the access of ``share`` if not None.

        ``Ticket`` explains the other arguments. Raises ``UnknownStream``, ``NotReady``,
        ``SessionEnded`` or ``BridgeUnavailable``.
        """
        if stream not in self._streams:
            raise unknown_stream(stream)
        session.check_reachable()
        self.open()
        return self._tickets.issue(
            session.name,
            user,
            client,
            session.new_password(),
            name=name,
            access=share.access if share else Access.FULL,
            share=share.id if share else "",
            stream=stream,
        )

    async def admit(self, session: DesktopSession, ticket: str, user: str) -> Admission:
        """Use the ticket with the id ``ticket``, and connect to its stream.

        Raises ``DesktopError``: the ticket is not valid, the desktop or the share has ended, …
        """
        return await self._connect(session, self._tickets.use(ticket, session.name, user))

    async def _connect(self, session: DesktopSession, ticket: Ticket) -> Admission:
        self.bridge.start()
        self._share_of(session, ticket)
        target = await session.connect(ticket.password, ticket.access, ticket.stream)
        try:
            share = self._share_of(session, ticket)  # it may have ended meanwhile
        except ShareEnded:
            target.close()
            raise
        return Admission(session, ticket, share, target)

    def _share_of(self, session: DesktopSession, ticket: Ticket) -> Share | None:
        return self.share_shown(session, ticket.share) if ticket.share else None

    def share_shown(self, session: DesktopSession, identifier: str) -> Share:
        """Return the share of a desktop with this id; raises ``ShareEnded``."""
        return self._shares.get(identifier, session.name, session.run)

    def shares_of(self, session: DesktopSession) -> list[dict[str, Any]]:
        """Return the valid shares of a desktop, as the API shows them."""
        return [self.share_as_json(share) for share in self._shares.of(session.name, session.run)]

    def share_as_json(self, share: Share) -> dict[str, Any]:
        """Return a share as the API shows it."""
        return self._shares.as_json(share)

    async def share(self, session: DesktopSession, access: Access, lifetime: float) -> Share:
        """Share a desktop for ``lifetime`` seconds.

        Raises ``DesktopError`` where it cannot be shared in that way.
        """
        await session.check_shareable(access)
        share = self._shares.make(session.name, session.run, access, lifetime)
        self._end_in_time(share)
        made = "Desktop %r: link %d was made (%s access), for %g s."
        self._log.info(made, share.session, share.number, share.access.value, lifetime)
        return share

    def _end_in_time(self, share: Share) -> None:
        """End a share when it expires; checked often, as timers stop while the computer sleeps."""
        left = self._shares.left(share)
        if left > 0:
            later = asyncio.get_running_loop().call_later
            later(min(left, _EXPIRY_CHECK_EVERY), self._end_in_time, share)
        else:
            self.end_share(share)

    def end_share(self, share: Share) -> None:
        """End a share, and disconnect its viewers."""
        self._shares.end(share.id)
        for viewer in self.sessions.get(share.session).viewers:
            if viewer.link == share.number:
                self._disconnect(viewer)

    def disconnect(self, session: DesktopSession, viewer: int) -> None:
        """End all connections of a viewer; raises ``UnknownViewer``."""
        self._disconnect(session.viewers.get(viewer))

    def _disconnect(self, viewer: Viewer) -> None:
        for connection in list(viewer.streams):
            self.bridge.close(connection)

    def let_through(self, stream: IOStream, admitted: Admission, head: str) -> None:
        """Pass the browser's connection on to the bridge; ``stream`` must not be used again.

        Bytes that the browser sent before the answer are dropped: they break the protocol (RFC
        6455, section 4.1). If the bridge fails now, the error is logged, and the page requests
        another ticket.
        """
        if stream.closed():
            admitted.target.close()  # the browser disconnected while its ticket was checked
            return
        if isinstance(stream, SSLIOStream):
            browser, ours = socket.socketpair()
            self._start_relay(stream, IOStream(ours))
        else:
            browser = socket.socket(fileno=os.dup(stream.socket.fileno()))
            stream.close()
        try:
            self._hand_over(browser, admitted, head)
        except BridgeUnavailable as error:
            self._log.error("%s", error)

    async def _admit_by_the_side(self, browser: socket.socket) -> None:
        ticket = self._tickets.use_newest(DEFAULT_SESSION, CLIENT)
        admitted = await self._connect(self.sessions.get(ticket.session), ticket)
        self._hand_over(browser, admitted, head="")

    def _hand_over(self, browser: socket.socket, admitted: Admission, head: str) -> None:
        """Pass both sockets to the bridge."""
        session, ticket = admitted.session, admitted.ticket
        # Other streams have no password check.
        greeting = session.greeting if ticket.stream == DESKTOP else 0
        handoff = Handoff(ticket.number, session.name, ticket.page, head, greeting, ticket.stream)
        self.bridge.hand_over(browser, admitted.target, handoff)
        session.viewers.join(
            ticket.page,
            ticket.number,
            ticket.stream,
            user=ticket.name,
            access=ticket.access,
            tell=partial(self.bridge.tell, ticket.number),
            link=admitted.share.number if admitted.share else 0,
        )

    def _ended(self, handoff: Handoff, end: End) -> None:
        self.sessions.get(handoff.session).viewers.leave(handoff.id, end.value)

    def _start_relay(self, browser: IOStream, bridge: IOStream) -> None:
        relay = asyncio.ensure_future(_relay(browser, bridge))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)


async def _relay(one: IOStream, other: IOStream) -> None:
    """Carry bytes both ways until either stream ends, then close both."""
    ways = [asyncio.ensure_future(_carry(*way)) for way in ((one, other), (other, one))]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    one.close()
    other.close()
    await asyncio.wait(ways)


async def _carry(source: IOStream, sink: IOStream) -> None:
    try:
        while True:
            # The next read waits for this write: back-pressure from the sink to the source.
            await sink.write(await source.read_bytes(_CHUNK, partial=True))
    except StreamClosedError:
        pass
