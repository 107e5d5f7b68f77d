"""Why a connection is over: what the browser is told, and what Jupyter's log says."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class End(Enum):
    """Why a connection is over, in words for the log."""

    CLOSED = "its browser closed the connection"
    LOST = "its connection was lost"
    SILENT = "nothing was heard of its browser for too long"
    PROTOCOL = "its browser broke the protocol"
    SESSION_ENDED = "the display server closed the connection"
    TAKEN_OVER = "a newer connection of the same page took its place"
    ENDED = "it was disconnected, or its link ended"
    NOT_AUTHORISED = "it gave no valid password in time"
    SERVER_ENDING = "the server is going away"
    REFUSED = "the bridge is at a limit"
    FAILED = "the bridge failed at it"
    BRIDGE_DIED = "the bridge died"


class Closing(NamedTuple):
    """A close frame's code, for private use or of the protocol (RFC 6455, section 7.4), and text.

    The page (static/src) knows the codes.
    """

    code: int
    reason: str
    end: End


SESSION_ENDED = Closing(4000, "The display server closed the connection.", End.SESSION_ENDED)
TAKEN_OVER = Closing(4001, "This desktop is shown elsewhere now.", End.TAKEN_OVER)
ENDED = Closing(4002, "The owner of the desktop has ended this connection.", End.ENDED)
NOT_AUTHORISED = Closing(4003, "No valid password was given in time.", End.NOT_AUTHORISED)
SERVER_ENDING = Closing(1001, "The server is going away.", End.SERVER_ENDING)
SILENT = Closing(1002, "Nothing was heard of the browser for too long.", End.SILENT)
