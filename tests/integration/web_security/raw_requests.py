"""Tables of upgrade requests that Jupyter and the bridge could parse differently."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from tests.servers import JupyterServer

KEY = base64.b64encode(b"sixteen bytes...")
GOOD = b"GET /desktop/socket/default HTTP/1.1"


def request(
    server: JupyterServer,
    changed: Mapping[bytes, Sequence[bytes]],
    line: bytes = GOOD,
) -> bytes:
    """Return a valid request with ``changed`` header lines."""
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


UPGRADE, CONNECTION, HOST = b"Upgrade", b"Connection", b"Host"
K, P, V = (b"Sec-WebSocket-" + name for name in (b"Key", b"Protocol", b"Version"))

BAD = (400,)
# None: the connection may be closed before the whole request is read.
TOO_LARGE = (400, 431, None)

# The request line; replaced or additional headers ({} is the valid value); and the allowed answers:
# RFC 9112, sections 2.2, 3 to 6 and 11.2; RFC 6455, section 4.2.1.
REFUSED: dict[str, tuple[bytes, dict[bytes, Sequence[bytes]], Sequence[int | None]]] = {
    "CR in the key": (GOOD, {K: [K + b": {}\rX-Injected: yes"]}, BAD),
    "CR before the key": (GOOD, {K: [K + b": \r{}"]}, BAD),
    "NUL in the key": (GOOD, {K: [K + b": {}\0"]}, BAD),
    "NUL in a name": (GOOD, {b"X": [b"X\0: yes"]}, BAD),
    "NUL in the protocols": (GOOD, {P: [P + b": {}, x\0y"]}, BAD),
    "a key in two lines": (GOOD, {K: [K + b": c2l4dGVlbi", b" BieXRlcy4uLg=="]}, BAD),
    "a folded header": (GOOD, {b"X": [b"X: a", b"\tUpgrade: websocket"]}, BAD),
    "a fold at the very beginning": (GOOD, {HOST: [b" X: a", HOST + b": {}"]}, BAD),
    "two keys": (GOOD, {K: [K + b": {}", K + b": {}"]}, BAD),
    "two keys in one": (GOOD, {K: [K + b": {}, {}"]}, BAD),
    "a key of the wrong length": (GOOD, {K: [K + b": {}AAAA"]}, BAD),
    "a key that is not Latin": (GOOD, {K: [K + b": \xc3\xa9\xe2\x82\xac{}"]}, BAD),
    "a key with a space in it": (GOOD, {K: [K + b": c2l4dGVlbi BieXRlcy4uLg=="]}, BAD),
    "two versions": (GOOD, {V: [V + b": 13", V + b": 8"]}, BAD),
    "the same version twice": (GOOD, {V: [V + b": 13", V + b": 13"]}, BAD),
    "two upgrades": (GOOD, {UPGRADE: [UPGRADE + b": websocket", UPGRADE + b": websocket"]}, BAD),
    "an upgrade to something else as well": (GOOD, {UPGRADE: [UPGRADE + b": h2c, websocket"]}, BAD),
    "an upgrade that no connection is for": (
        GOOD,
        {CONNECTION: [CONNECTION + b": keep-alive, close"]},
        BAD,
    ),
    "a space before the colon": (GOOD, {UPGRADE: [UPGRADE + b" : websocket"]}, BAD),
    "no colon": (GOOD, {b"X": [b"X"]}, BAD),
    "no name": (GOOD, {b"X": [b": x"]}, BAD),
    "a name that is not Latin": (GOOD, {b"X": ["Ünï: x".encode()]}, BAD),
    "a header of 70,000 bytes": (GOOD, {b"X": [b"X: " + b"x" * 70_000]}, TOO_LARGE),
    "protocols of 70,000 bytes": (GOOD, {P: [P + b": " + b"x," * 35_000 + b"{}"]}, TOO_LARGE),
    "9,000 headers": (GOOD, {b"X": [b"X: yyyy"] * 9_000}, TOO_LARGE),
    "two lengths": (GOOD, {b"X": [b"Content-Length: 0", b"Content-Length: 5"]}, BAD),
    "a length and chunks": (
        GOOD,
        {b"X": [b"Content-Length: 5", b"Transfer-Encoding: chunked"]},
        BAD,
    ),
    "chunks that are not": (GOOD, {b"X": [b"Transfer-Encoding: xchunked"]}, BAD),
    "a negative length": (GOOD, {b"X": [b"Content-Length: -5"]}, BAD),
    "two hosts": (GOOD, {HOST: [HOST + b": {}", HOST + b": evil.example"]}, BAD),
    # The request line: RFC 9112, section 3
    "NUL in the address": (b"GET /desktop/socket/default\0 HTTP/1.1", {}, BAD),
    "HTTP/1.1 twice": (b"GET /desktop/socket/default HTTP/1.1 HTTP/1.1", {}, BAD),
    "an address that is not ASCII": (b"GET /desktop/socket/def\xe9ult HTTP/1.1", {}, (404,)),
    "no address": (b"GET  HTTP/1.1", {}, BAD),
    "an address of another host": (
        b"GET http://evil.example/desktop/socket/default HTTP/1.1",
        {},
        (404,),
    ),
    "HTTP/9": (b"GET /desktop/socket/default HTTP/9", {}, BAD),
    "POST": (b"POST /desktop/socket/default HTTP/1.1", {}, (405,)),
    "CONNECT": (b"CONNECT /desktop/socket/default HTTP/1.1", {}, (405,)),
}

HARMLESS: dict[str, dict[bytes, Sequence[bytes]]] = {
    "as it should be": {},
    "two connections": {CONNECTION: [CONNECTION + b": keep-alive", CONNECTION + b": Upgrade"]},
    "a protocol in each of two lines": {P: [P + b": desktop.v1", P + b": {}"]},
    "extensions": {b"X": [b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]},
    "an answer's headers": {b"X": [b"Sec-WebSocket-Accept: forged", b"Set-Cookie: a=b"]},
    "a body": {b"X": [b"Content-Length: 0"]},
}
