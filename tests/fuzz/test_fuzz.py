"""Random input gets an answer or a close; no crash, no hang, no leaked descriptor."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
import json
import os
import re
import socket
import struct
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders, HTTPInputError

from jupyter_desktop.bridge.messages import BadMessage, receive
from jupyter_desktop.errors import BadRequest, Refused
from jupyter_desktop.video import records
from jupyter_desktop.video.region import Region
from jupyter_desktop.web import handshake
from tests import clients, servers
from tests.clients import BINARY, CLOSE, CONTINUATION, PING, PONG, Closed, Wire, frame
from tests.descriptors import nothing_leaks
from tests.fuzz.fuzz import fuzz, spoiled
from tests.integration.video import viewing
from tests.integration.viewing import folder_of
from tests.servers import JupyterServer
from tests.unit.bridge.test_messages import GOOD_HANDOFF, control_sockets, json_values
from tests.unit.bridge.test_relay import (
    MIB,
    Ends,
    connection,
    in_pieces,
    meanwhile,
    send_while_open,
)

SECRETS = ("a-secret-ticket", "a-secret-cookie")
HEAD = clients.upgrade(
    "http://localhost/desktop/socket/default",
    ["desktop.v1", f"ticket.{SECRETS[0]}"],
    {"Cookie": SECRETS[1], "Connection": "keep-alive, Upgrade"},
)
cuts = st.lists(st.integers(0, 1 << 20), max_size=4)


def test_spoiled_hand_offs_are_refused_without_a_leak() -> None:
    def check(packet: bytes, count: int) -> None:
        with nothing_leaks(), control_sockets() as (doorman, bridge):
            socket.send_fds(doorman, [packet], [0] * count)
            try:
                came = receive(bridge)
            except BadMessage:
                return
            for descriptor in came[1:] if isinstance(came, tuple) else ():
                os.close(descriptor)

    seeds = st.sampled_from([GOOD_HANDOFF, b'{"close": 7}', b'{"folder": "/tmp/x"}'])
    packets = spoiled(seeds).filter(bool)
    fuzz(check, packets, st.integers(0, 4), examples=300)


def test_spoiled_upgrade_requests_are_refused_or_rewritten() -> None:
    """A rewritten request has five or six headers, and no other ones of the browser."""

    def check(block: bytes) -> None:
        try:
            headers = HTTPHeaders.parse(block.decode("latin-1"))
            head = handshake.request_head(headers)
        except (HTTPInputError, BadRequest):
            return
        with contextlib.suppress(Refused):
            handshake.ticket(headers)
        assert not any(secret in head for secret in SECRETS)
        line, rest = head.encode("ascii").split(b"\r\n", 1)
        assert line == b"GET / HTTP/1.1"
        # Parsed like http.server.
        read = http.client.parse_headers(io.BytesIO(rest))
        protocol = read.get_all("Sec-WebSocket-Protocol", [])
        assert protocol in ([], ["desktop.v1"], ["binary"])
        assert len(read) == 5 + len(protocol)
        assert read["Sec-WebSocket-Version"] == "13"
        _is_answered(head)

    block = HEAD.split(b"\r\n", 1)[1][:-2]
    fuzz(check, spoiled(st.just(block)), examples=200)


def _is_answered(head: str) -> None:
    with nothing_leaks():
        ends = Ends(head, 0)
        assert ends.wire.head().startswith("HTTP/1.1 101 ")
        ends.finish()


def test_spoiled_request_heads_end_the_connection_without_a_leak() -> None:
    """These are requests of the side entrance."""

    def check(head: bytes, places: list[int]) -> None:
        with nothing_leaks():
            ends = Ends("", 0)
            send_while_open(ends.browser, *in_pieces(head, places), end=True)
            ends.wire.rest()
            ends.finish()

    fuzz(check, spoiled(st.just(HEAD)), cuts, examples=100)


# -- frames

good_frames = st.builds(
    frame,
    st.binary(max_size=300) | st.integers(0, 70_000).map(bytes),
    st.sampled_from([BINARY] * 4 + [CONTINUATION, PING, PONG, CLOSE]),
    final=st.booleans(),
    key=st.binary(min_size=4, max_size=4),
)
odd_frames = st.builds(
    frame,
    st.binary(max_size=130),
    st.integers(0, 15),
    final=st.booleans(),
    key=st.none() | st.binary(min_size=4, max_size=4),
    reserved=st.integers(0, 7),
)
streams = st.lists(good_frames | good_frames | odd_frames, max_size=6).map(b"".join)


def understood(data: bytes) -> tuple[bytes, int | None]:
    """Return the payload of ``data`` for the display server, and the close code (RFC 6455).

    The code is None without a close, and 0 if the browser closes.
    """
    came, inside, code = b"", False, None
    while code is None and len(data) >= 2:
        first, second = data[:2]
        opcode, final, length = first & 15, first >> 7, second & 127
        extra = {126: 2, 127: 8}.get(length, 0)
        start = 2 + extra
        if extra and len(data) >= start:
            length = int.from_bytes(data[2:start], "big")
        if first & 0x70 or not second & 0x80 or (opcode > 7 and (second & 127 > 125 or not final)):
            code = 1002
        elif length > MIB:
            code = 1009
        elif len(data) < start + 4 + length:
            break
        elif opcode == CLOSE:
            code = 0
        elif opcode < 8 and inside != (opcode == CONTINUATION):
            code = 1002
        elif opcode not in (CONTINUATION, BINARY, PING, PONG):
            code = 1003
        elif opcode < 8:
            came += clients.masked(data[start + 4 : start + 4 + length], data[start : start + 4])
            inside = not final
        data = data[start + 4 + length :]
    return came, code


def test_random_frames_are_relayed_or_refused_by_the_standard() -> None:
    """Payload and close agree with a second implementation of the standard."""

    def check(data: bytes, places: list[int]) -> None:
        expected, code = understood(data)
        came = bytearray()
        with connection() as ends:
            with meanwhile(lambda: came.extend(ends.received(len(expected) + 1))):
                send_while_open(ends.browser, *in_pieces(data, places), end=True)
                closed = ends.wire.closing()
            if code is None:
                assert (bytes(came), closed.code) == (expected, None)
            else:
                # Payload in the same read as the error may be dropped.
                assert expected.startswith(came)
                assert code == 0 or closed.code in (code, 1002, 1009)

    fuzz(check, streams | spoiled(streams), cuts, examples=200)


# -- records of the stream "video"

codecs = st.sampled_from(["h264", "vp8", "vp9", "av1"])
sides = st.integers(0, 32767) | st.integers(0, 40)
starts = st.fixed_dictionaries(
    {"codecs": st.lists(codecs, max_size=4) | json_values, "region": st.tuples(*[sides] * 4)}
) | st.fixed_dictionaries({}, optional={"codecs": st.lists(codecs), "region": json_values})
good_records = st.sampled_from([b"\2", b"\3\0\0\0\1", b"\3\xff\xff\xff\xff", b"\4"]) | starts.map(
    lambda value: b"\1" + json.dumps(value).encode()
)
record_streams = st.lists(
    (good_records | good_records | spoiled(good_records)).map(
        lambda record: struct.pack(">I", len(record)) + record
    ),
    max_size=6,
).map(b"".join)


def understood_records(data: bytes) -> tuple[list[records.Request], bool]:
    """Return the requests in ``data`` up to the first bad record, and whether there is one."""
    requests: list[records.Request] = []
    while len(data) >= 4:
        length = int.from_bytes(data[:4], "big")
        if not 1 <= length <= records.LONGEST:
            return requests, True
        record, data = data[4 : 4 + length], data[4 + length :]
        if len(record) < length:
            break
        try:
            requests.append(records.parse(record))
        except records.BadRecord:
            return requests, True
    return requests, False


def test_spoiled_records_of_video_are_understood_or_refused() -> None:
    """The region of one that is understood can be on a screen; the codecs are names."""

    def check(record: bytes) -> None:
        try:
            request = records.parse(record)
        except records.BadRecord:
            return
        if isinstance(request, records.Start):
            assert all(0 <= side <= 32767 for side in request.region)
            assert all(isinstance(one, str) for one in request.codecs)

    fuzz(check, spoiled(good_records).filter(bool), examples=300)


def test_streams_of_video_are_read_alike_in_any_pieces() -> None:
    async def read(data: bytes, places: list[int]) -> tuple[list[records.Request], bool]:
        stream = asyncio.StreamReader(limit=2 * records.LONGEST)
        requests: list[records.Request] = []

        async def feed() -> None:
            for piece in in_pieces(data, places):
                stream.feed_data(piece)
                await asyncio.sleep(0)
            stream.feed_eof()

        feeding = asyncio.ensure_future(feed())
        try:
            while True:
                requests.append(await records.read(stream))
        except asyncio.IncompleteReadError:
            return requests, False
        except records.BadRecord:
            return requests, True
        finally:
            await feeding

    def check(data: bytes, places: list[int]) -> None:
        assert asyncio.run(read(data, places)) == understood_records(data)

    fuzz(check, record_streams | spoiled(record_streams), cuts, examples=100)


# -- a real server


@pytest.fixture(scope="module")
def running(server: JupyterServer) -> JupyterServer:
    server.start_desktop()
    return server


def assert_unharmed(server: JupyterServer) -> None:
    servers.until(lambda: not server.session()["viewers"], "no viewer")
    assert server.session()["state"] == "running"
    assert [one["name"] for one in server.call("GET", API).json["sessions"]] == ["default"]
    log = "".join(record for record in log_records(server.log) if not is_jupyter_s(record))
    for word in ("Traceback", "Uncaught", "Logging error", "never retrieved"):
        assert word not in log


def log_records(log: str) -> list[str]:
    return re.split(r"(?m)^(?=\[[A-Z] \d)", log)


def is_jupyter_s(record: str) -> bool:
    """Whether a record is Jupyter's failure to render its error page.

    It fails so for an unknown method at an address that is not ours.
    """
    return "HTTPError(405)" in record and "desktop/web" not in record


def test_random_records_of_video_harm_no_other_viewer(running: JupyterServer) -> None:
    """The companion closes the connection at a bad record, and runs on."""
    command = "-m jupyter_desktop.video"

    def check(data: bytes, places: list[int]) -> None:
        _, is_bad = understood_records(data)
        with viewing(running) as viewer:
            for piece in in_pieces(data, places):
                try:
                    viewer.wire.send(piece)
                except OSError:
                    assert is_bad
            if is_bad:
                assert viewer.wire.closing().code is not None

    with viewing(running, "other") as other:
        companion = running.process_of(command)
        fuzz(check, record_streams | spoiled(record_streams), cuts, examples=40)
        other.start(0, 0, 64, 64)
        wanted = Region(0, 0, 64, 64)
        assert Region(*other.config()["region"]).within(wanted) == wanted
    assert running.process_of(command) == companion
    assert "Traceback" not in (folder_of(running) / "video.log").read_text()
    assert_unharmed(running)


API = "desktop/api/sessions"
# Only invalid names and the existing desktop's, so that no other desktops start.
names = st.just("default") | st.text(max_size=20).map("-{}".format) | st.just("..")
paths = st.builds(
    "{}/{}{}".format,
    st.just(API),
    names.map(lambda name: quote(name.encode("utf-8", "surrogatepass"), safe="")),
    st.sampled_from(
        ["", "/ticket", "/geometry", "/restart", "/shares", "/shares/x", "/viewers/7", "/nothing"]
    ),
)
bodies = (
    st.binary(max_size=100)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries(
        {"name": names | json_values.filter(lambda value: not isinstance(value, str))},
        optional={
            "geometry": st.sampled_from(["1x1", "99999x99999"]) | json_values,
            "backend": st.text(max_size=200) | json_values,
            "client": st.text(max_size=200) | json_values,
            "access": st.sampled_from(["view", "full"]) | json_values,
            "lifetime": st.floats() | st.integers() | json_values,
            "share": st.text(max_size=50) | json_values,
        },
    ).map(lambda value: json.dumps(value).encode())
)


def test_random_api_requests_get_a_clear_answer(running: JupyterServer) -> None:
    def check(method: str, path: str, body: bytes) -> None:
        if path.endswith("default/restart") or (method == "DELETE" and "default" in path):
            return
        answer = running.call(method, path, body)
        assert answer.status < 500, answer
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if answer.status >= 400 and method != "HEAD" and not path.endswith("nothing"):
            error: dict[str, Any] = answer.json
            assert set(error) == {"message", "reason", "remedy", "command"}
            assert len(answer.body) < 1500

    methods = st.sampled_from(["GET", "POST", "POST", "POST", "PUT", "PUT", "DELETE", "HEAD"])
    fuzz(check, methods, st.just(API) | paths, bodies, examples=200)
    assert_unharmed(running)


def test_spoiled_requests_at_the_door_get_a_clear_answer(running: JupyterServer) -> None:
    """Spoiled upgrade requests with a valid ticket."""
    ticket = b"ticket." + SECRETS[0].encode()
    login = f"Authorization: token {running.token}".encode()
    good = HEAD.replace(b"Cookie: " + SECRETS[1].encode(), login)

    def check(raw: bytes) -> None:
        (shown,) = running.ticket()["protocols"][1:]
        with Wire(clients.dial(running.url)) as wire:
            whole = b"\r\n\r\n" in raw
            send_while_open(wire.socket, raw.replace(ticket, shown.encode()), end=not whole)
            try:
                head = wire.head()
            except Closed:
                return
            assert head.split()[1] in ("101", "400", "403", "404", "405", "431"), head

    fuzz(check, spoiled(st.just(good)), examples=100)
    assert_unharmed(running)
