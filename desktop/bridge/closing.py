"""Why a WebSocket is closed: codes of the range for private use (RFC 6455, section 7.4.2)."""

from __future__ import annotations

from typing import NamedTuple


class Closing(NamedTuple):
    """What a close frame says. The page (static/src) knows these codes."""

    code: int
    reason: str


SESSION_ENDED = Closing(4000, "The display server closed the connection.")
TAKEN_OVER = Closing(4001, "This desktop is shown elsewhere now.")
ENDED = Closing(4002, "The owner of the desktop has ended this connection.")
NOT_AUTHORISED = Closing(4003, "No valid password was given in time.")
SERVER_ENDING = Closing(1001, "The server is going away.")
SILENT = Closing(1002, "Nothing was heard of the browser for too long.")
