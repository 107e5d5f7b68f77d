"""The doorman: who holds a ticket is let through, and the open socket goes to the bridge.

From there on the bytes never touch the Jupyter server. Where that ends TLS itself there is no
plain socket to pass on, so the bytes are relayed, no faster than either side takes them.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Sequence

from tornado.iostream import IOStream, SSLIOStream, StreamClosedError

from ..bridge.client import BridgeClient
from ..bridge.messages import Handoff
from ..desktops.desktop_session import Viewer
from ..desktops.sessions import DEFAULT_SESSION, Sessions
from ..errors import BridgeUnavailable, ShareEnded
from ..system.access import Access
from .shares import Share, Shares
from .side_entrance import CLIENT, SideEntrance
from .tickets import Ticket, Tickets

_CHUNK = 64 * 1024
_LOOK_AGAIN = 30.0  # seconds


class Doorman:
    """Lets connections through to desktops.

    ``folders`` are the candidates for the folder of the side entrance, best first.
    """

    def __init__(
        self,
        sessions: Sessions,
        tickets: Tickets,
        folders: Sequence[str],
        log: logging.Logger,
    ) -> None:
        self.sessions = sessions
        self.tickets = tickets
        self.shares = Shares()
        self.side_entrance = SideEntrance(folders, self._admit_by_the_side, log)
        self.bridge = BridgeClient(self.side_entrance.folder, self._ended, log)
        self._log = log
        self._relays: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Get ready for connections: when a desktop is started, since many servers never see one.

        Raises ``BridgeUnavailable``.
        """
        # In this order: should this server be killed, the bridge removes the folder.
        self.bridge.start()
        self.side_entrance.open()

    async def stop(self) -> None:
        """End every desktop, tell the browsers, and end the bridge."""
        self.side_entrance.close()
        await self.sessions.stop_all()
        await self.bridge.stop()

    async def connect(self, ticket: Ticket) -> socket.socket:
        """Return a byte stream to the desktop that ``ticket`` is for.

        Raises ``DesktopError``: it has ended, is not ready, is not shared any more, …
        """
        self.bridge.start()
        session = self.sessions.get(ticket.session)
        self._check_share(ticket)
        target = await session.connect(ticket.password, ticket.access)
        try:
            self._check_share(ticket)  # it may have ended meanwhile
        except ShareEnded:
            target.close()
            raise
        return target

    def _check_share(self, ticket: Ticket) -> None:
        if ticket.share:
            run = self.sessions.get(ticket.session).run
            self.shares.get(ticket.share, ticket.session, run)

    async def share(self, name: str, access: Access, lifetime: float) -> Share:
        """Share the desktop called ``name`` for ``lifetime`` seconds.

        Raises ``DesktopError`` where it cannot be shared in that way.
        """
        session = self.sessions.get(name)
        await session.check_shareable(access)
        share = self.shares.make(name, session.run, access, lifetime)
        self._end_in_time(share)
        return share

    def _end_in_time(self, share: Share) -> None:
        """End a share when it is over, and look again soon: a sleeping computer's timers wait."""
        left = self.shares.left(share)
        if left > 0:
            later = asyncio.get_running_loop().call_later
            later(min(left, _LOOK_AGAIN), self._end_in_time, share)
        else:
            self.end_share(share)

    def end_share(self, share: Share) -> None:
        """Make a share void, and disconnect those who came by it."""
        self.shares.end(share.id)
        for viewer in list(self.sessions.get(share.session).viewers.values()):
            if viewer.share == share.id:
                self.bridge.close(viewer.id)

    def disconnect(self, name: str, viewer: int) -> None:
        """End one connection to the desktop called ``name``; raises ``UnknownViewer``."""
        self.bridge.close(self.sessions.get(name).viewer(viewer).id)

    def let_through(
        self, stream: IOStream, target: socket.socket, ticket: Ticket, head: str
    ) -> None:
        """Pass the browser's connection on to the bridge; ``stream`` is not to be used again.

        A browser that sent anything before it was answered has broken the protocol (RFC 6455,
        section 4.1); such bytes stay behind. A bridge that fails now is in the log, and the page
        will ask for another ticket.
        """
        if stream.closed():
            target.close()  # the browser left while its ticket was checked
            return
        if isinstance(stream, SSLIOStream):
            browser, ours = socket.socketpair()
            self._start_relay(stream, IOStream(ours))
        else:
            browser = socket.socket(fileno=os.dup(stream.socket.fileno()))
            stream.close()
        try:
            self._hand_over(browser, target, ticket, head)
        except BridgeUnavailable as error:
            self._log.error("%s", error)

    async def _admit_by_the_side(self, browser: socket.socket) -> None:
        ticket = self.tickets.use_newest(DEFAULT_SESSION, CLIENT)
        self._hand_over(browser, await self.connect(ticket), ticket, head="")

    def _hand_over(
        self, browser: socket.socket, target: socket.socket, ticket: Ticket, head: str
    ) -> None:
        """Give both sockets to the bridge."""
        session = self.sessions.get(ticket.session)
        self.bridge.hand_over(
            browser,
            target,
            identifier=ticket.number,
            session=ticket.session,
            client=_page(ticket),
            head=head,
            greeting=session.greeting,
        )
        viewer = Viewer(ticket.number, ticket.name, ticket.access, ticket.share)
        session.viewers[viewer.id] = viewer
        session.publish()

    def _ended(self, handoff: Handoff) -> None:
        session = self.sessions.get(handoff.session)
        session.viewers.pop(handoff.id, None)
        session.publish()

    def _start_relay(self, browser: IOStream, bridge: IOStream) -> None:
        relay = asyncio.ensure_future(_relay(browser, bridge))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)


def _page(ticket: Ticket) -> str:
    """Return by what the bridge knows a page again; whatever guests say, it is no other's."""
    return f"{ticket.share} {ticket.user} {ticket.client}" if ticket.client else ""


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
            # Not read again before it is written, so that the source waits for the sink.
            await sink.write(await source.read_bytes(_CHUNK, partial=True))
    except StreamClosedError:
        pass
