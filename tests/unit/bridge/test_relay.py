"""The bridge's connections, on real socket pairs: from the request head to the last byte."""

from __future__ import annotations

import itertools
import logging
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_desktop.bridge.closing import NOT_AUTHORISED, SESSION_ENDED, SILENT, TAKEN_OVER, End
from jupyter_desktop.bridge.connection import Connection
from jupyter_desktop.bridge.messages import Handoff
from jupyter_desktop.bridge.timeouts import TIMEOUTS, Timeouts
from tests.broken_frames import BROKEN
from tests.clients import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Closed,
    Frame,
    Wire,
    frame,
    upgrade,
)
from tests.descriptors import nothing_leaks

MIB = 1024 * 1024


class Ends:
    """The two ends that a test holds of a connection, and the connection itself."""

    def __init__(self, head: str, greeting: int, timeouts: Timeouts = TIMEOUTS) -> None:
        browser, self.browser = socket.socketpair()
        target, self.target = socket.socketpair()
        self.browser.settimeout(10)
        self.target.settimeout(10)
        self.wire = Wire(self.browser)
        handoff = Handoff(1, "default", "", head, greeting)
        self.connection = Connection(handoff, browser, target, timeouts)
        self.failure: BaseException | None = None
        self.end: End | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.end = self.connection.run()
        except BaseException as failure:
            self.failure = failure

    def finish(self) -> None:
        """Close both ends, and assert that the connection ends without a failure."""
        self.browser.close()
        self.target.close()
        self.thread.join(10)
        assert not self.thread.is_alive(), "the connection hangs"
        assert self.failure is None, repr(self.failure)

    def received(self, count: int) -> bytes:
        """Return ``count`` bytes that reached the display server, or fewer at its end."""
        data = bytearray()
        while len(data) < count and (chunk := self.target.recv(count - len(data))):
            data += chunk
        return bytes(data)

    def shown(self, count: int) -> bytes:
        """Return ``count`` bytes that reached the browser."""
        data = bytearray()
        while len(data) < count:
            data += self.wire.message()
        return bytes(data)


@contextmanager
def meanwhile(action: Callable[[], object]) -> Iterator[None]:
    """Run ``action`` in a thread."""
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    yield
    thread.join(10)
    assert not thread.is_alive()


def send_all(connection: socket.socket, pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        connection.sendall(piece)


def send_while_open(connection: socket.socket, *pieces: bytes, end: bool = False) -> None:
    """Send ``pieces`` until the other side closes; then close this direction if ``end``."""
    try:
        for piece in pieces:
            connection.sendall(piece)
        if end:
            connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@contextmanager
def connection(
    greeting: int = 0, protocol: str = "desktop.v1", timeouts: Timeouts = TIMEOUTS
) -> Iterator[Ends]:
    """Yield a connection after its handshake."""
    with nothing_leaks():
        offered = [protocol] if protocol else []
        ends = Ends(upgrade("http://localhost/", offered).decode(), greeting, timeouts)
        try:
            head = ends.wire.head()
            assert head.startswith("HTTP/1.1 101 "), head
            assert ("Sec-WebSocket-Protocol:" in head) == bool(protocol)
            assert protocol in head
            yield ends
        finally:
            ends.finish()


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


# -- valid traffic

payloads = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda byte, size: byte * size, st.binary(min_size=1, max_size=3), st.integers(0, 70_000)
    ),
)
keys = st.binary(min_size=4, max_size=4)
controls = st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125))
# A message in fragments; a control frame may follow each of them.
fragmented = st.lists(st.tuples(payloads, st.none() | controls), min_size=1, max_size=4)


def encoded(message: list[tuple[bytes, tuple[int, bytes] | None]], key: bytes) -> bytes:
    data = b""
    for index, (payload, control) in enumerate(message):
        final = index == len(message) - 1
        data += frame(payload, CONTINUATION if index else BINARY, final=final, key=key)
        if control:
            data += frame(control[1], control[0], key=key)
    return data


@given(st.lists(fragmented, max_size=4), keys, st.lists(st.integers(0, 1 << 20), max_size=8))
def test_frames_split_anywhere_arrive_byte_for_byte(
    messages: list[list[tuple[bytes, tuple[int, bytes] | None]]], key: bytes, cuts: list[int]
) -> None:
    expected = b"".join(payload for message in messages for payload, _ in message) + b"end"
    wire = b"".join(encoded(message, key) for message in messages) + frame(b"end")
    with (
        connection() as ends,
        meanwhile(lambda: send_all(ends.browser, in_pieces(wire, cuts))),
    ):
        assert ends.received(len(expected)) == expected


@settings(max_examples=50)
@given(st.lists(payloads.filter(bool), min_size=1, max_size=6))
def test_the_display_server_s_bytes_arrive_byte_for_byte(chunks: list[bytes]) -> None:
    expected = b"".join(chunks)
    with (
        connection() as ends,
        meanwhile(lambda: send_all(ends.target, chunks)),
    ):
        assert ends.shown(len(expected)) == expected


def test_data_flows_both_ways_at_once() -> None:
    """32 MiB each way, read by neither side faster than the other sends."""
    blob = bytes(range(256)) * 4096
    with connection() as ends:
        came = bytearray()
        with (
            meanwhile(lambda: send_all(ends.browser, [frame(blob)] * 32)),
            meanwhile(lambda: send_all(ends.target, [blob] * 32)),
            meanwhile(lambda: came.extend(ends.received(32 * len(blob)))),
        ):
            shown = ends.shown(32 * len(blob))
        assert shown == came == blob * 32


def test_a_ping_is_answered_by_a_pong_with_the_same_payload() -> None:
    with connection() as ends:
        ends.wire.send(b"are you there?", PING)
        assert ends.wire.frame() == Frame(PONG, b"are you there?")


def test_an_empty_message_is_answered_by_an_empty_one() -> None:
    with connection() as ends:
        for _ in range(3):
            ends.wire.send(b"")
            assert ends.wire.message() == b""


def test_data_around_an_empty_message_is_not_lost() -> None:
    with connection() as ends:
        ends.browser.sendall(frame(b"one") + frame(b"") + frame(b"two"))
        assert ends.received(6) == b"onetwo"
        assert ends.wire.message() == b""


# -- the end


def test_a_close_frame_is_answered_and_closes_the_display_server_s_socket() -> None:
    with connection() as ends:
        ends.wire.send(b"\x03\xe8bye", CLOSE)
        answer = ends.wire.frame()
        assert (answer.opcode, answer.code) == (CLOSE, 1000)
        assert ends.target.recv(1) == b""
        assert ends.wire.closing().code is None


def test_data_just_before_a_close_frame_arrives() -> None:
    with connection() as ends:
        ends.browser.sendall(frame(b"last") + frame(b" words") + frame(b"\x03\xe8", CLOSE))
        assert ends.received(100) == b"last words"
        assert ends.wire.closing().code == 1000


def test_a_browser_that_is_gone_ends_the_connection() -> None:
    with connection() as ends:
        ends.browser.close()
        assert ends.target.recv(1) == b""


def test_the_display_server_s_last_bytes_arrive_before_the_close_frame() -> None:
    with connection() as ends:
        ends.target.sendall(b"last words")
        ends.target.close()
        assert ends.wire.message() == b"last words"
        closed = ends.wire.closing()
        assert (closed.code, closed.reason) == SESSION_ENDED[:2]


def test_a_closed_connection_sends_its_code_and_reason_to_the_browser() -> None:
    with connection() as ends:
        ends.connection.close(TAKEN_OVER)
        closed = ends.wire.closing()
        assert (closed.code, closed.reason) == TAKEN_OVER[:2]


def test_a_second_close_and_one_after_the_end_do_nothing() -> None:
    with connection() as ends:
        ends.connection.close(TAKEN_OVER)
        ends.connection.close(SESSION_ENDED)
        assert ends.wire.closing().code == TAKEN_OVER.code
        ends.thread.join(10)
        ends.connection.close(SESSION_ENDED)


def test_a_page_receives_texts_and_the_connection_continues() -> None:
    with connection() as ends:
        for text in ("one", "another"):
            ends.connection.tell(text)
            assert ends.wire.frame() == Frame(TEXT, text.encode())
        ends.target.sendall(b"picture")
        assert ends.wire.frame() == Frame(BINARY, b"picture")
        before = time.process_time()
        select.select([], [], [], 0.5)
        assert time.process_time() - before < 0.2


@pytest.mark.parametrize("protocol", ["binary", ""])
def test_a_client_other_than_the_page_receives_no_texts(protocol: str) -> None:
    with connection(protocol=protocol) as ends:
        ends.connection.tell("news")
        ends.wire.send(b"")
        assert ends.wire.frame() == Frame(BINARY, b"")


def test_a_slow_browser_receives_only_the_newest_text_and_between_frames() -> None:
    with connection() as ends:
        taken = stalls(ends.target, b"x" * 65536)
        for number in range(100):
            ends.connection.tell(f"text {number}")
        frames: list[Frame] = []
        while not frames or frames[-1].opcode != TEXT:
            frames.append(ends.wire.frame())
        *shown, told = frames
        assert told.payload == b"text 99"
        shown += [Frame(BINARY, ends.shown(taken - sum(len(one.payload) for one in shown)))]
        assert b"".join(one.payload for one in shown) == b"x" * taken


def test_a_text_just_before_the_end_arrives_before_the_close_frame() -> None:
    with connection() as ends:
        ends.connection.tell("news")
        ends.target.close()
        # The bridge sends an empty frame at the end of the display server's bytes, too.
        assert Frame(TEXT, b"news") in (ends.wire.frame(), ends.wire.frame())
        assert ends.wire.closing().code == SESSION_ENDED.code


def test_a_browser_that_keeps_sending_does_not_delay_the_end() -> None:
    with connection() as ends:
        ends.connection.close(TAKEN_OVER)
        ends.browser.settimeout(0.2)
        deadline = time.monotonic() + 8
        while ends.thread.is_alive() and time.monotonic() < deadline:
            try:
                ends.browser.sendall(frame(b"never mind" * 50))
            except OSError:
                break
        ends.thread.join(1)
        assert not ends.thread.is_alive()


# -- protocol errors


@pytest.mark.parametrize(("sent", "code"), BROKEN.values(), ids=BROKEN)
def test_a_protocol_error_closes_the_connection_with_its_code(sent: bytes, code: int) -> None:
    with connection() as ends:
        send_while_open(ends.browser, sent)
        assert ends.wire.closing().code == code


def test_broken_frames_do_not_reach_the_display_server() -> None:
    with connection() as ends:
        ends.browser.sendall(frame(b"ls\n", TEXT) + frame(b"unmasked", key=None))
        ends.wire.closing()
        assert ends.target.recv(10) == b""


@settings(max_examples=200)
@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=3))
def test_any_bytes_end_the_connection_cleanly(data: bytes, cuts: list[int]) -> None:
    """No hang, no failure, no descriptor left (see ``Ends.finish``)."""
    with connection() as ends:
        send_while_open(ends.browser, *in_pieces(data, cuts), end=True)
        ends.wire.closing()


headers = st.builds(
    lambda first, second, rest: bytes([first, second]) + rest,
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(max_size=140),
)


@settings(max_examples=200)
@given(st.lists(headers, min_size=1, max_size=3), payloads)
def test_any_frame_headers_end_the_connection_cleanly(frames: list[bytes], payload: bytes) -> None:
    with connection() as ends:
        send_while_open(ends.browser, frame(payload) + b"".join(frames), end=True)
        ends.wire.closing()


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_any_request_head_is_answered_or_dropped(head: bytes) -> None:
    """The side entrance passes request heads on without reading them."""
    with nothing_leaks():
        ends = Ends("", 0)
        send_while_open(ends.browser, head, end=True)
        ends.wire.rest()
        ends.finish()


# -- time and space


def stalls(connection: socket.socket, chunk: bytes) -> int:
    """Send bytes until the socket takes none for half a second; return their number."""
    connection.setblocking(False)
    taken = 0
    while select.select([], [connection], [], 0.5)[1]:
        taken += connection.send(chunk)
        assert taken < 64 * MIB, "the sender is not paused"
    connection.settimeout(10)
    return taken


def test_a_display_server_is_paused_while_the_browser_does_not_read() -> None:
    with connection() as ends:
        taken = stalls(ends.target, b"x" * 65536)
        assert taken < 2 * MIB
        assert len(ends.shown(taken)) == taken


def test_a_browser_is_paused_while_the_display_server_does_not_read() -> None:
    with connection() as ends:
        taken = stalls(ends.browser, frame(b"x" * 65536))
        assert taken < 4 * MIB


def test_a_flood_of_pings_is_answered_in_part_and_not_buffered() -> None:
    with connection() as ends:
        stalls_or_sent = 0
        ends.browser.setblocking(False)
        while stalls_or_sent < 8 * MIB and select.select([], [ends.browser], [], 0.5)[1]:
            stalls_or_sent += ends.browser.send(frame(b"x" * 125, PING) * 100)
        ends.target.sendall(b"still here")
        ends.browser.settimeout(10)
        while (came := ends.wire.frame()).opcode == PONG:
            pass
        assert came.payload == b"still here"


@pytest.mark.parametrize("closed", [False, True])
def test_waiting_for_a_slow_browser_uses_no_cpu_time(closed: bool) -> None:
    """Neither pending bytes of the display server nor its end wake the bridge up."""
    with connection() as ends:
        stalls(ends.target, b"x" * 65536)
        if closed:
            ends.target.close()
        before = time.process_time()
        select.select([], [], [], 0.5)
        assert time.process_time() - before < 0.2


def test_an_endless_message_in_fragments_is_not_buffered() -> None:
    blob = b"x" * 65536
    with connection() as ends:
        ends.browser.sendall(frame(blob, BINARY, final=False))
        rest = frame(blob, CONTINUATION, final=False)
        with meanwhile(lambda: send_all(ends.browser, [rest] * 256)):
            # Fragments arrive although the message never ends, so the bridge does not collect them.
            assert ends.received(257 * len(blob)) == blob * 257


def test_a_viewer_without_a_password_in_time_is_disconnected() -> None:
    with connection(greeting=34, timeouts=Timeouts(login=0.2)) as ends:
        ends.target.sendall(b"RFB 003.008\n")
        assert ends.wire.message() == b"RFB 003.008\n"
        closed = ends.wire.closing()
        assert (closed.code, closed.reason) == NOT_AUTHORISED[:2]
    assert ends.end is End.NOT_AUTHORISED


def test_a_viewer_that_has_given_its_password_stays_connected() -> None:
    with connection(greeting=34, timeouts=Timeouts(login=0.2)) as ends:
        ends.target.sendall(b"x" * 34)
        assert len(ends.wire.message()) == 34
        ends.browser.settimeout(2.5)
        with pytest.raises(TimeoutError):
            ends.wire.frame()


def test_a_silent_browser_is_pinged_and_then_disconnected() -> None:
    with connection(timeouts=Timeouts(ping_every=0.1, silence=1.5)) as ends:
        assert ends.wire.frame().opcode == PING
        while (came := ends.wire.frame()).opcode == PING:
            pass
        assert (came.opcode, came.code) == (CLOSE, SILENT.code)
    assert ends.end is End.SILENT


def test_a_browser_that_answers_pings_stays_connected() -> None:
    with connection(timeouts=Timeouts(ping_every=0.1, silence=1.5)) as ends:
        for _ in range(3):
            assert ends.wire.frame().opcode == PING
            ends.wire.send(b"", PONG)


def test_a_browser_without_a_whole_request_in_time_is_dropped() -> None:
    with nothing_leaks():
        ends = Ends("", 0, Timeouts(handshake=0.2))
        ends.browser.sendall(b"GET / HTTP/1.1\r\nHost:")
        with pytest.raises(Closed):
            ends.wire._take(1000)
        ends.finish()


def test_secrets_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with connection() as ends:
        ends.wire.send(b"a secret")
        assert ends.received(8) == b"a secret"
    assert "secret" not in caplog.text
