"""Messages between the doorman and the bridge, over a SOCK_SEQPACKET socket pair.

Each packet is one JSON object. To the bridge: a ``Handoff`` with two file descriptors (the
browser's socket, then the display server's; SCM_RIGHTS, unix(7)), ``{"close": ID}`` to end the
connection of a hand-off, ``{"tell": {"id": ID, "text": TEXT}}`` to send its page a text, or
``{"folder": PATH}``, the path of the server's folder, before it is created. From the bridge: a
``Report`` of each hand-off, regularly and at its end.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from ..system.streams import DESKTOP
from .closing import End

# WebSocket subprotocols. In the page's own, text frames carry the desktop's state. "binary",
# websockify's, is for other clients, which would read a text frame as a part of the picture.
# Defined here because the Jupyter server, which uses them, must not load websockify and numpy.
WITH_TEXTS = "desktop.v1"
PROTOCOLS = (WITH_TEXTS, "binary")

LARGEST = 128 * 1024
_FDS = 2
_TYPES = {"int": int, "str": str}

_T = TypeVar("_T")


class BadMessage(ValueError):
    """A packet that is not one of the messages of this module."""


@dataclass(frozen=True)
class Handoff:
    """One browser connection to carry.

    ``head`` is the HTTP request head (RFC 6455, section 4.1); empty if the bridge must read it from
    the socket. ``page`` identifies the page, ``stream`` its stream: a new connection of the same
    page for the same stream replaces the old one. ``greeting`` is the number of bytes that the
    display server has sent when it has checked a password, 0 if unknown.
    """

    id: int
    session: str
    page: str
    head: str
    greeting: int
    stream: str = DESKTOP


@dataclass(frozen=True)
class Close:
    """A request to end the connection of a hand-off."""

    id: int


@dataclass(frozen=True)
class Tell:
    """A text for the page of a hand-off; not sent to clients other than our page."""

    id: int
    text: str


@dataclass(frozen=True)
class Lost:
    """A hand-off without its sockets: this process may open no more files."""

    id: int


@dataclass(frozen=True)
class Folder:
    """The folder that the bridge removes when it ends, even after a server that was killed."""

    path: str


@dataclass(frozen=True)
class Report:
    """Bytes that a connection has carried so far: to the browser, and from it.

    ``end`` is the reason of its end; None while it is open.
    """

    id: int
    sent: int
    received: int
    end: End | None = None


def send_handoff(control: socket.socket, handoff: Handoff, browser: int, target: int) -> None:
    """Send ``handoff`` with its two sockets. The caller's copies stay open."""
    socket.send_fds(control, [_encode({"handoff": asdict(handoff)})], [browser, target])


def send_close(control: socket.socket, identifier: int) -> None:
    """Request the end of the connection of a hand-off."""
    control.send(_encode({"close": identifier}))


def send_tell(control: socket.socket, identifier: int, text: str) -> None:
    """Send ``text`` to the page of a hand-off."""
    control.send(_encode({"tell": asdict(Tell(identifier, text))}))


def send_folder(control: socket.socket, path: str) -> None:
    """Send the path of the server's folder."""
    control.send(_encode({"folder": path}))


def send_report(control: socket.socket, report: Report, flags: int = 0) -> None:
    """Send the report of a connection; ``flags`` are those of send(2)."""
    end = report.end and report.end.name
    control.send(_encode({"report": {**asdict(report), "end": end}}), flags)


def receive(
    control: socket.socket,
) -> tuple[Handoff, int, int] | Lost | Close | Tell | Folder | None:
    """Return the doorman's next message; None when the doorman has closed the socket.

    Raises ``BadMessage``, after closing all descriptors of the packet.
    """
    data, descriptors, flags, _ = socket.recv_fds(control, LARGEST, _FDS + 1)
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)  # recv_fds ignores MSG_CMSG_CLOEXEC
    if not data and not descriptors:
        return None
    try:
        if flags & socket.MSG_TRUNC:
            raise BadMessage("The message is too long.")
        lost = flags & socket.MSG_CTRUNC and len(descriptors) < _FDS
        message = decode(data, _FDS if lost else len(descriptors))
    except BadMessage:
        _close(descriptors)
        raise
    if not isinstance(message, Handoff):
        return message
    if lost:
        _close(descriptors)
        return Lost(message.id)
    return message, descriptors[0], descriptors[1]


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def decode(data: bytes, descriptors: int) -> Handoff | Close | Tell | Folder:
    """Return the message in ``data``, which came with this number of ``descriptors``."""
    message = _object(data)
    match (*message, descriptors):
        case "handoff", 2:
            return _made(Handoff, message["handoff"])
        case "close", 0:
            return Close(_number(message["close"]))
        case "tell", 0:
            return _made(Tell, message["tell"])
        case "folder", 0 if isinstance(message["folder"], str):
            return Folder(message["folder"])
    raise BadMessage("The message is neither a hand-off with two sockets nor another known one.")


def _made(what: type[_T], values: Any) -> _T:
    """Return a ``Handoff`` or ``Tell`` with ``values``; raises ``BadMessage`` for other fields."""
    fields = {name: _TYPES[kind] for name, kind in what.__annotations__.items()}
    if not isinstance(values, dict) or set(values) != set(fields):
        raise BadMessage(f"The fields must be {', '.join(fields)}.")
    for name, kind in fields.items():
        if type(values[name]) is not kind:
            raise BadMessage(f"{name} must be of type {kind.__name__}.")
    return what(**values)


def decode_report(data: bytes) -> Report:
    """Return the report in ``data``."""
    values = _object(data).get("report")
    if not isinstance(values, dict) or set(values) != {"id", "sent", "received", "end"}:
        raise BadMessage("The message is not a report.")
    end = values["end"]
    if end is not None and (type(end) is not str or end not in End.__members__):
        raise BadMessage("The end in the report is unknown.")
    identifier, sent, received = map(_number, (values["id"], values["sent"], values["received"]))
    return Report(identifier, sent, received, None if end is None else End[end])


def _number(value: Any) -> int:
    if type(value) is not int:
        raise BadMessage("A field of the message is not a number.")
    return value


def _encode(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


def _object(data: bytes) -> dict[str, Any]:
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadMessage("The message is not JSON.") from error
    if not isinstance(values, dict):
        raise BadMessage("The message is not a JSON object.")
    return values
