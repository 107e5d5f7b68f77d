"""Messages of the bridge: any packet is decoded or refused, and no descriptor leaks."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_desktop.bridge.closing import End
from jupyter_desktop.bridge.messages import (
    LARGEST,
    BadMessage,
    Close,
    Folder,
    Handoff,
    Report,
    Tell,
    decode,
    decode_report,
    receive,
    send_close,
    send_folder,
    send_handoff,
    send_report,
    send_tell,
)
from tests.descriptors import nothing_leaks

HANDOFF = Handoff(7, "default", "page", "GET / HTTP/1.1\r\n\r\n", 34, "video")

handoffs = st.builds(Handoff, st.integers(), *[st.text()] * 3, st.integers(), st.text())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@contextmanager
def control_sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.settimeout(5)
        theirs.settimeout(5)
        yield ours, theirs


def received(bridge: socket.socket) -> tuple[Handoff, int, int]:
    message = receive(bridge)
    assert isinstance(message, tuple)
    return message


@given(handoffs)
def test_a_hand_off_arrives_with_its_sockets(handoff: Handoff) -> None:
    with nothing_leaks(), control_sockets() as (doorman, bridge):
        browser, browser_end = socket.socketpair()
        target, target_end = socket.socketpair()
        with browser, target, browser_end, target_end:
            send_handoff(doorman, handoff, browser.fileno(), target.fileno())
            came, *descriptors = received(bridge)
            assert came == handoff
            for descriptor, end in zip(descriptors, (browser_end, target_end), strict=True):
                assert not os.get_inheritable(descriptor)
                os.write(descriptor, b"x")
                assert end.recv(1) == b"x"
                os.close(descriptor)


@given(st.integers())
def test_a_request_to_close_arrives(identifier: int) -> None:
    with control_sockets() as (doorman, bridge):
        send_close(doorman, identifier)
        assert receive(bridge) == Close(identifier)


@given(st.integers(), st.text(max_size=1000))
def test_a_text_for_a_page_arrives(identifier: int, text: str) -> None:
    with control_sockets() as (doorman, bridge):
        send_tell(doorman, identifier, text)
        assert receive(bridge) == Tell(identifier, text)


@given(st.text(max_size=1000))
def test_the_path_of_the_folder_arrives(path: str) -> None:
    with control_sockets() as (doorman, bridge):
        send_folder(doorman, path)
        assert receive(bridge) == Folder(path)


@given(st.builds(Report, *[st.integers()] * 3, st.none() | st.sampled_from(End)))
def test_a_report_arrives(report: Report) -> None:
    with control_sockets() as (doorman, bridge):
        send_report(bridge, report)
        assert decode_report(doorman.recv(LARGEST)) == report


def test_receive_returns_none_when_the_doorman_is_gone() -> None:
    with control_sockets() as (doorman, bridge):
        doorman.close()
        assert receive(bridge) is None


def packet(**message: object) -> bytes:
    return json.dumps(message).encode()


GOOD_HANDOFF = packet(handoff=vars(HANDOFF))


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 100, 253])
def test_a_wrong_number_of_sockets_is_refused_and_all_are_closed(count: int) -> None:
    with nothing_leaks(), control_sockets() as (doorman, bridge):
        with Path(os.devnull).open() as file:
            socket.send_fds(doorman, [GOOD_HANDOFF], [file.fileno()] * count)
        with pytest.raises(BadMessage):
            receive(bridge)


def test_a_packet_that_is_too_long_is_refused_and_the_next_one_is_read() -> None:
    with nothing_leaks(), control_sockets() as (doorman, bridge):
        doorman.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * LARGEST)
        long = packet(handoff={**vars(HANDOFF), "head": "x" * LARGEST})
        socket.send_fds(doorman, [long], [0, 0])
        doorman.send(b"{}")
        with pytest.raises(BadMessage, match="too long"):
            receive(bridge)
        with pytest.raises(BadMessage, match="neither a hand-off"):
            receive(bridge)


@pytest.mark.parametrize(
    ("data", "descriptors"),
    [
        (b"", 2),
        (b"{", 0),
        (b"[]", 0),
        (b"null", 2),
        (b"\xff\xfe", 0),
        (b"[" * 100_000, 0),
        (b"{}", 0),
        (packet(handoff=vars(HANDOFF), more={}), 2),
        (packet(handoff={**vars(HANDOFF), "more": 1}), 2),
        (packet(handoff={**vars(HANDOFF), "id": "7"}), 2),
        (packet(handoff={**vars(HANDOFF), "id": True}), 2),
        (packet(handoff={**vars(HANDOFF), "id": 7.0}), 2),
        (packet(handoff={**vars(HANDOFF), "session": None}), 2),
        (packet(handoff={**vars(HANDOFF), "stream": None}), 2),
        (packet(handoff={"id": 7}), 2),
        (packet(handoff=[]), 2),
        (packet(close="7"), 0),
        (packet(close=True), 0),
        (packet(close={}), 0),
        (packet(close=7), 1),
        (packet(close=7), 2),
        (packet(tell=7), 0),
        (packet(tell={"id": 7}), 0),
        (packet(tell={"id": "7", "text": "{}"}), 0),
        (packet(tell={"id": 7, "text": {}}), 0),
        (packet(tell={"id": 7, "text": "{}"}), 2),
        (packet(folder=7), 0),
        (packet(folder="/x"), 2),
        (packet(folder="/x", close=7), 0),
        (packet(handoff=vars(HANDOFF)), 0),
        (packet(handoff=vars(HANDOFF)), 1),
        (packet(handoff=vars(HANDOFF)), 3),
    ],
)
def test_an_invalid_message_is_refused(data: bytes, descriptors: int) -> None:
    with pytest.raises(BadMessage):
        decode(data, descriptors)


REPORT = {"id": 1, "sent": 2, "received": 3, "end": None}
WRONG_ENDS: list[object] = ["", "lost", 1, [], {}]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        packet(report=1),
        packet(report={}),
        packet(report={**REPORT, "more": 1}),
        *(packet(report={**REPORT, name: "1"}) for name in REPORT),
        *(packet(report={**REPORT, "end": end}) for end in WRONG_ENDS),
    ],
)
def test_an_invalid_report_is_refused(data: bytes) -> None:
    with pytest.raises(BadMessage):
        decode_report(data)


def readable(data: bytes, descriptors: int) -> None:
    """Assert that ``data`` is decoded to a message or refused."""
    try:
        assert isinstance(decode(data, descriptors), Handoff | Close | Tell | Folder)
    except BadMessage:
        pass


@given(st.binary(max_size=300), st.integers(0, 3))
def test_any_bytes_are_a_message_or_refused(data: bytes, descriptors: int) -> None:
    readable(data, descriptors)


@given(json_values, st.integers(0, 3))
def test_any_json_is_a_message_or_refused(value: object, descriptors: int) -> None:
    readable(json.dumps(value).encode(), descriptors)


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(vars(HANDOFF), json_values)),
    st.sampled_from(["handoff", "close", "tell"]),
)
def test_any_fields_are_a_message_or_refused(fields: dict[str, object], key: str) -> None:
    readable(json.dumps({key: {**vars(HANDOFF), **fields}}).encode(), 2)


@given(st.sampled_from(["handoff", "close", "tell", "folder"]), json_values, st.integers(0, 3))
def test_any_value_is_a_message_or_refused(key: str, value: object, descriptors: int) -> None:
    readable(json.dumps({key: value}).encode(), descriptors)


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=200), st.integers(0, 5)), max_size=8))
def test_invalid_packets_leak_no_descriptors(packets: list[tuple[bytes, int]]) -> None:
    with nothing_leaks(), control_sockets() as (doorman, bridge):
        for data, count in packets:
            socket.send_fds(doorman, [data], [0] * count)
        for _ in packets:
            with pytest.raises(BadMessage):
                receive(bridge)
        send_handoff(doorman, HANDOFF, 0, 1)
        handoff, *descriptors = received(bridge)
        for descriptor in descriptors:
            os.close(descriptor)
        assert handoff == HANDOFF
