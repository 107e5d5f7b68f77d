"""The bridge's connections, on real socket pairs: from the request head to the last byte."""

from __future__ import annotations

import itertools
import logging
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_desktop.bridge import relay
from jupyter_desktop.bridge.closing import NOT_AUTHORISED, SESSION_ENDED, SILENT, TAKEN_OVER, End
from jupyter_desktop.bridge.connection import Connection
from jupyter_desktop.bridge.messages import Handoff
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

    def __init__(self, head: str, greeting: int) -> None:
        browser, self.browser = socket.socketpair()
        target, self.target = socket.socketpair()
        self.browser.settimeout(10)
        self.target.settimeout(10)
        self.wire = Wire(self.browser)
        self.connection = Connection(Handoff(1, "default", "", head, greeting), browser, target)
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
        """Close what is open, and see the connection end as it should."""
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
    """Do ``action`` at the same time."""
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    yield
    thread.join(10)
    assert not thread.is_alive()


def send_while_open(connection: socket.socket, *pieces: bytes, end: bool = False) -> None:
    """Send ``pieces``, and nothing more to who has closed; then close this direction if ``end``."""
    try:
        for piece in pieces:
            connection.sendall(piece)
        if end:
            connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@contextmanager
def connection(greeting: int = 0, protocol: str = "desktop.v1") -> Iterator[Ends]:
    """Give a connection whose handshake is done."""
    with nothing_leaks():
        offered = [protocol] if protocol else []
        ends = Ends(upgrade("http://localhost/", offered).decode(), greeting)
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
# A message in fragments, and control frames that may stand between any two of them.
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
def test_frames_in_any_pieces_arrive_byte_for_byte(messages, key, cuts):
    expected = b"".join(payload for message in messages for payload, _ in message) + b"end"
    wire = b"".join(encoded(message, key) for message in messages) + frame(b"end")
    with (
        connection() as ends,
        meanwhile(lambda: [ends.browser.sendall(piece) for piece in in_pieces(wire, cuts)]),
    ):
        assert ends.received(len(expected)) == expected


@settings(max_examples=50)
@given(st.lists(payloads.filter(bool), min_size=1, max_size=6))
def test_what_the_display_server_sends_arrives_byte_for_byte(chunks):
    expected = b"".join(chunks)
    with (
        connection() as ends,
        meanwhile(lambda: [ends.target.sendall(chunk) for chunk in chunks]),
    ):
        assert ends.shown(len(expected)) == expected


def test_both_ways_at_once():
    """32 MiB each way, read by neither side faster than the other sends."""
    blob = bytes(range(256)) * 4096
    with connection() as ends:
        came = bytearray()
        with (
            meanwhile(lambda: [ends.wire.send(blob) for _ in range(32)]),
            meanwhile(lambda: [ends.target.sendall(blob) for _ in range(32)]),
            meanwhile(lambda: came.extend(ends.received(32 * len(blob)))),
        ):
            shown = ends.shown(32 * len(blob))
        assert shown == came == blob * 32


def test_a_ping_is_answered_by_its_pong():
    with connection() as ends:
        ends.wire.send(b"are you there?", PING)
        assert ends.wire.frame() == Frame(PONG, b"are you there?")


def test_an_empty_message_is_answered_by_an_empty_one():
    with connection() as ends:
        for _ in range(3):
            ends.wire.send(b"")
            assert ends.wire.message() == b""


def test_data_before_a_sign_of_life_is_not_lost():
    with connection() as ends:
        ends.browser.sendall(frame(b"one") + frame(b"") + frame(b"two"))
        assert ends.received(6) == b"onetwo"
        assert ends.wire.message() == b""


# -- the end


def test_the_browser_s_close_is_answered_and_the_display_server_sees_the_end():
    with connection() as ends:
        ends.wire.send(b"\x03\xe8bye", CLOSE)
        answer = ends.wire.frame()
        assert (answer.opcode, answer.code) == (CLOSE, 1000)
        assert ends.target.recv(1) == b""
        assert ends.wire.closing().code is None


def test_what_comes_together_with_the_browser_s_close_arrives():
    with connection() as ends:
        ends.browser.sendall(frame(b"last") + frame(b" words") + frame(b"\x03\xe8", CLOSE))
        assert ends.received(100) == b"last words"
        assert ends.wire.closing().code == 1000


def test_a_browser_that_is_gone_ends_the_connection():
    with connection() as ends:
        ends.browser.close()
        assert ends.target.recv(1) == b""


def test_the_display_server_s_end_reaches_the_browser_after_its_last_bytes():
    with connection() as ends:
        ends.target.sendall(b"last words")
        ends.target.close()
        assert ends.wire.message() == b"last words"
        closed = ends.wire.closing()
        assert (closed.code, closed.reason) == SESSION_ENDED[:2]


def test_a_connection_that_is_closed_tells_the_browser_why():
    with connection() as ends:
        ends.connection.close(TAKEN_OVER)
        closed = ends.wire.closing()
        assert (closed.code, closed.reason) == TAKEN_OVER[:2]


def test_a_connection_may_be_closed_twice_and_after_its_end():
    with connection() as ends:
        ends.connection.close(TAKEN_OVER)
        ends.connection.close(SESSION_ENDED)
        assert ends.wire.closing().code == TAKEN_OVER.code
        ends.thread.join(10)
        ends.connection.close(SESSION_ENDED)


def test_a_page_is_told_a_text_and_the_connection_goes_on():
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
def test_who_is_no_page_of_ours_is_told_no_text(protocol):
    with connection(protocol=protocol) as ends:
        ends.connection.tell("news")
        ends.wire.send(b"")
        assert ends.wire.frame() == Frame(BINARY, b"")


def test_a_text_for_a_slow_browser_waits_for_the_end_of_a_frame_and_is_the_newest():
    with connection() as ends:
        taken = stalls(ends.target, b"x" * 65536)
        for number in range(100):
            ends.connection.tell(f"text {number}")
        frames = []
        while not frames or frames[-1].opcode != TEXT:
            frames.append(ends.wire.frame())
        *shown, told = frames
        assert told.payload == b"text 99"
        shown += [Frame(BINARY, ends.shown(taken - sum(len(one.payload) for one in shown)))]
        assert b"".join(one.payload for one in shown) == b"x" * taken


def test_a_text_that_comes_with_the_end_arrives_before_it():
    with connection() as ends:
        ends.connection.tell("news")
        ends.target.close()
        # The end of the bytes is an empty frame, too.
        assert Frame(TEXT, b"news") in (ends.wire.frame(), ends.wire.frame())
        assert ends.wire.closing().code == SESSION_ENDED.code


def test_a_browser_that_goes_on_talking_does_not_put_off_the_end():
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


# -- what breaks the protocol


@pytest.mark.parametrize(("sent", "code"), BROKEN.values(), ids=BROKEN)
def test_what_breaks_the_protocol_is_closed_with_its_code(sent, code):
    with connection() as ends:
        send_while_open(ends.browser, sent)
        assert ends.wire.closing().code == code


def test_nothing_of_a_broken_frame_reaches_the_display_server():
    with connection() as ends:
        ends.browser.sendall(frame(b"ls\n", TEXT) + frame(b"unmasked", key=None))
        ends.wire.closing()
        assert ends.target.recv(10) == b""


@settings(max_examples=200)
@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=3))
def test_any_bytes_end_in_good_order(data, cuts):
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
def test_any_frame_headers_end_in_good_order(frames, payload):
    with connection() as ends:
        send_while_open(ends.browser, frame(payload) + b"".join(frames), end=True)
        ends.wire.closing()


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_any_request_head_is_answered_or_dropped(head):
    """The side entrance passes heads on unread."""
    with nothing_leaks():
        ends = Ends("", 0)
        send_while_open(ends.browser, head, end=True)
        ends.wire.rest()
        ends.finish()


# -- time and space


def stalls(connection: socket.socket, chunk: bytes) -> int:
    """Send until nothing is taken for half a second; return how much was."""
    connection.setblocking(False)
    taken = 0
    while select.select([], [connection], [], 0.5)[1]:
        taken += connection.send(chunk)
        assert taken < 64 * MIB, "nobody holds the sender back"
    connection.settimeout(10)
    return taken


def test_a_display_server_is_paused_while_the_browser_does_not_read():
    with connection() as ends:
        taken = stalls(ends.target, b"x" * 65536)
        assert taken < 2 * MIB
        assert len(ends.shown(taken)) == taken


def test_a_browser_is_paused_while_the_display_server_does_not_read():
    with connection() as ends:
        taken = stalls(ends.browser, frame(b"x" * 65536))
        assert taken < 4 * MIB


def test_pings_without_an_end_are_answered_by_some_pongs_and_held_nowhere():
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
def test_waiting_for_a_slow_browser_costs_no_time(closed):
    """Neither what the display server still has nor its end wakes the bridge up meanwhile."""
    with connection() as ends:
        stalls(ends.target, b"x" * 65536)
        if closed:
            ends.target.close()
        before = time.process_time()
        select.select([], [], [], 0.5)
        assert time.process_time() - before < 0.2


def test_a_message_in_endless_fragments_is_held_nowhere():
    blob = b"x" * 65536
    with connection() as ends:
        ends.browser.sendall(frame(blob, BINARY, final=False))
        rest = frame(blob, CONTINUATION, final=False)
        with meanwhile(lambda: [ends.browser.sendall(rest) for _ in range(256)]):
            # It arrives although the message never ends, so nobody waits for that.
            assert ends.received(257 * len(blob)) == blob * 257


def test_who_gives_no_password_in_time_is_shut_out(monkeypatch):
    monkeypatch.setattr(relay, "LOGIN", 0.2)
    with connection(greeting=34) as ends:
        ends.target.sendall(b"RFB 003.008\n")
        assert ends.wire.message() == b"RFB 003.008\n"
        closed = ends.wire.closing()
        assert (closed.code, closed.reason) == NOT_AUTHORISED[:2]
    assert ends.end is End.NOT_AUTHORISED


def test_who_has_given_a_password_stays(monkeypatch):
    monkeypatch.setattr(relay, "LOGIN", 0.2)
    with connection(greeting=34) as ends:
        ends.target.sendall(b"x" * 34)
        assert len(ends.wire.message()) == 34
        ends.browser.settimeout(2.5)
        with pytest.raises(TimeoutError):
            ends.wire.frame()


def test_a_silent_browser_is_pinged_and_given_up_in_the_end(monkeypatch):
    monkeypatch.setattr(relay, "PING_EVERY", 0.1)
    monkeypatch.setattr(relay, "SILENCE", 1.5)
    with connection() as ends:
        assert ends.wire.frame().opcode == PING
        while (came := ends.wire.frame()).opcode == PING:
            pass
        assert (came.opcode, came.code) == (CLOSE, SILENT.code)
    assert ends.end is End.SILENT


def test_pongs_keep_a_connection(monkeypatch):
    monkeypatch.setattr(relay, "PING_EVERY", 0.1)
    monkeypatch.setattr(relay, "SILENCE", 1.5)
    with connection() as ends:
        for _ in range(3):
            assert ends.wire.frame().opcode == PING
            ends.wire.send(b"", PONG)


def test_who_sends_no_request_is_dropped(monkeypatch):
    monkeypatch.setattr("jupyter_desktop.bridge.connection._HANDSHAKE_TIMEOUT", 0.2)
    with nothing_leaks():
        ends = Ends("", 0)
        ends.browser.sendall(b"GET / HTTP/1.1\r\nHost:")
        with pytest.raises(Closed):
            ends.wire._take(1000)
        ends.finish()


def test_secrets_are_not_logged(caplog):
    caplog.set_level(logging.DEBUG)
    with connection() as ends:
        ends.wire.send(b"a secret")
        assert ends.received(8) == b"a secret"
    assert "secret" not in caplog.text
