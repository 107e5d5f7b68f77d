"""Reasons why a connection is over, for the close frame and for Jupyter's log."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class End(Enum):
    """Why a connection is over; the value is the text in the log."""

    CLOSED = "its browser closed the connection"
    LOST = "its connection was lost"
    SILENT = "its browser sent nothing for too long"
    PROTOCOL = "its browser broke the protocol"
    SESSION_ENDED = "the display server closed the connection"
    TAKEN_OVER = "a newer connection of the same page replaced it"
    ENDED = "the owner disconnected it, or its link ended"
    NOT_AUTHORISED = "it gave no valid password in time"
    SERVER_ENDING = "the server is ending"
    REFUSED = "the bridge has reached a limit"
    FAILED = "an error in the bridge"
    BRIDGE_DIED = "the bridge died"


class Closing(NamedTuple):
    """Code and reason of a close frame (RFC 6455, section 7.4), and the end for the log.

    Codes from 4000 on are private; the page (static/src) handles them.
    """

    code: int
    reason: str
    end: End


SESSION_ENDED = Closing(4000, "The display server closed the connection.", End.SESSION_ENDED)
TAKEN_OVER = Closing(4001, "A newer connection has replaced this one.", End.TAKEN_OVER)
ENDED = Closing(4002, "The owner of the desktop has ended this connection.", End.ENDED)
NOT_AUTHORISED = Closing(4003, "No valid password was given in time.", End.NOT_AUTHORISED)
SERVER_ENDING = Closing(1001, "The server is ending.", End.SERVER_ENDING)
SILENT = Closing(1002, "The browser sent nothing for too long.", End.SILENT)
