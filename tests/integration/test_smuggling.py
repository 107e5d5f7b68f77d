"""Upgrade requests that mean one thing to Jupyter and could mean another to the bridge."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence

import pytest

from tests import clients, servers
from tests.clients import Closed, Wire
from tests.integration.viewing import accepted
from tests.servers import JupyterServer

KEY = base64.b64encode(b"sixteen bytes...")
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


@pytest.fixture(autouse=True, scope="module")
def desktop(server: JupyterServer) -> None:
    server.start_desktop()


def request(
    server: JupyterServer,
    changed: Mapping[bytes, Sequence[bytes]],
    line: bytes = b"GET /desktop/socket/default HTTP/1.1",
) -> bytes:
    """Return a good request, but for the lines of the headers that are ``changed``."""
    protocols = ", ".join(server.ticket()["protocols"]).encode()
    headers = {
        b"Host": f"localhost:{server.port}".encode(),
        b"Authorization": f"token {server.token}".encode(),
        b"Upgrade": b"websocket",
        b"Connection": b"Upgrade",
        b"Sec-WebSocket-Version": b"13",
        b"Sec-WebSocket-Key": KEY,
        b"Sec-WebSocket-Protocol": protocols,
    }
    good = {name: [name + b": {}"] for name in headers}
    lines = [
        one.replace(b"{}", headers.get(name, b""))
        for name, all_of_it in {**good, **changed}.items()
        for one in all_of_it
    ]
    return b"\r\n".join([line, *lines, b"", b""])


def status(wire: Wire) -> int | None:
    """Return the status that is answered; None if the connection is closed without one."""
    try:
        return int(wire.head().split()[1])
    except Closed:
        return None


UPGRADE, CONNECTION, HOST = b"Upgrade", b"Connection", b"Host"
K, P, V = (b"Sec-WebSocket-" + name for name in (b"Key", b"Protocol", b"Version"))

# What is sent in the place of a header, or in addition; {} is the good value.
REFUSED: dict[str, dict[bytes, Sequence[bytes]]] = {
    "CR in the key": {K: [K + b": {}\rX-Injected: yes"]},
    "CR before the key": {K: [K + b": \r{}"]},
    "NUL in the key": {K: [K + b": {}\0"]},
    "NUL in a name": {b"X": [b"X\0: yes"]},
    "NUL in the protocols": {P: [P + b": {}, x\0y"]},
    "a key in two lines": {K: [K + b": c2l4dGVlbi", b" BieXRlcy4uLg=="]},
    "a folded header": {b"X": [b"X: a", b"\tUpgrade: websocket"]},
    "a fold at the very beginning": {HOST: [b" X: a", HOST + b": {}"]},
    "two keys": {K: [K + b": {}", K + b": {}"]},
    "two keys in one": {K: [K + b": {}, {}"]},
    "a key of the wrong length": {K: [K + b": {}AAAA"]},
    "a key that is not Latin": {K: [K + b": \xc3\xa9\xe2\x82\xac{}"]},
    "a key with a space in it": {K: [K + b": c2l4dGVlbi BieXRlcy4uLg=="]},
    "two versions": {V: [V + b": 13", V + b": 8"]},
    "the same version twice": {V: [V + b": 13", V + b": 13"]},
    "two upgrades": {UPGRADE: [UPGRADE + b": websocket", UPGRADE + b": websocket"]},
    "an upgrade to something else as well": {UPGRADE: [UPGRADE + b": h2c, websocket"]},
    "an upgrade that no connection is for": {CONNECTION: [CONNECTION + b": keep-alive, close"]},
    "a space before the colon": {UPGRADE: [UPGRADE + b" : websocket"]},
    "no colon": {b"X": [b"X"]},
    "no name": {b"X": [b": x"]},
    "a name that is not Latin": {b"X": ["Ünï: x".encode()]},
    "a header of 70,000 bytes": {b"X": [b"X: " + b"x" * 70_000]},
    "protocols of 70,000 bytes": {P: [P + b": " + b"x," * 35_000 + b"{}"]},
    "9,000 headers": {b"X": [b"X: yyyy"] * 9_000},
    "two lengths": {b"X": [b"Content-Length: 0", b"Content-Length: 5"]},
    "a length and chunks": {b"X": [b"Content-Length: 5", b"Transfer-Encoding: chunked"]},
    "chunks that are not": {b"X": [b"Transfer-Encoding: xchunked"]},
    "a negative length": {b"X": [b"Content-Length: -5"]},
    "two hosts": {HOST: [HOST + b": {}", HOST + b": evil.example"]},
}


@pytest.mark.parametrize("changed", REFUSED.values(), ids=REFUSED)
def test_it_is_refused(server: JupyterServer, changed: Mapping[bytes, Sequence[bytes]]) -> None:
    before, log = accepted(server), len(server.log)
    raw = request(server, changed)
    with Wire(clients.dial(server.url)) as wire:
        try:
            wire.socket.sendall(raw)
        except ConnectionError:
            pass  # closed before all of it was there
        assert status(wire) in (400, 403, 431, None)
    assert not server.session()["viewers"]
    assert accepted(server) == before
    assert "Traceback" not in server.log[log:]


@pytest.mark.parametrize(
    "line",
    [
        b"GET /desktop/socket/default\0 HTTP/1.1",
        b"GET /desktop/socket/default HTTP/1.1 HTTP/1.1",
        b"GET /desktop/socket/def\xe9ult HTTP/1.1",
        b"GET  HTTP/1.1",
        b"GET http://evil.example/desktop/socket/default HTTP/1.1",
        b"GET /desktop/socket/default HTTP/9",
        b"POST /desktop/socket/default HTTP/1.1",
        b"CONNECT /desktop/socket/default HTTP/1.1",
    ],
)
def test_a_request_line_that_is_refused(server: JupyterServer, line: bytes) -> None:
    before = accepted(server)
    with Wire(clients.dial(server.url)) as wire:
        wire.socket.sendall(request(server, {}, line))
        assert status(wire) in (400, 403, 404, 405, None)
    assert accepted(server) == before


HARMLESS: dict[str, dict[bytes, Sequence[bytes]]] = {
    "as it should be": {},
    "two connections": {CONNECTION: [CONNECTION + b": keep-alive", CONNECTION + b": Upgrade"]},
    "a protocol in each of two lines": {P: [P + b": desktop.v1", P + b": {}"]},
    "extensions": {b"X": [b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]},
    "an answer's headers": {b"X": [b"Sec-WebSocket-Accept: forged", b"Set-Cookie: a=b"]},
    "a body": {b"X": [b"Content-Length: 0"]},
}


@pytest.mark.parametrize("changed", HARMLESS.values(), ids=HARMLESS)
def test_it_is_answered_and_nothing_of_it_comes_back(
    server: JupyterServer, changed: Mapping[bytes, Sequence[bytes]]
) -> None:
    with Wire(clients.dial(server.url)) as wire:
        wire.socket.sendall(request(server, changed))
        status, *lines = wire.head().splitlines()
        answered = dict(line.split(": ", 1) for line in lines)
        assert status == "HTTP/1.1 101 Switching Protocols"
        assert len(lines) == len(answered)
        assert answered == {
            "Server": "jupyter-desktop ",
            "Date": answered["Date"],
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": base64.b64encode(hashlib.sha1(KEY + GUID).digest()).decode(),
            "Sec-WebSocket-Protocol": "desktop.v1",
        }
        assert wire.message() == b"RFB 003.008\n"


def test_what_follows_a_request_is_neither_a_request_nor_a_frame(server: JupyterServer) -> None:
    """A second request in the same packet, and one disguised as the body of the first."""
    hidden = b"GET /desktop/api/sessions?hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
    length = f"Content-Length: {len(hidden)}".encode()
    for changed in ({}, {b"X": [length]}):
        log = len(server.log)
        with Wire(clients.dial(server.url)) as wire:
            wire.socket.sendall(request(server, changed) + hidden)
            assert status(wire) == 101
            assert wire.message() == b"RFB 003.008\n"
            wire.send(b"")
            assert wire.message() == b""
        servers.until(lambda: not server.session()["viewers"], "no viewer")
        assert "hidden" not in server.log[log:]
