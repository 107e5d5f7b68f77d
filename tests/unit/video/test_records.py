"""Records: those of the protocol are understood, any other one is refused."""

from __future__ import annotations

import asyncio
import json
import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_desktop.video import records
from jupyter_desktop.video.records import (
    LONGEST,
    BadRecord,
    FromPage,
    KeyRequest,
    Shown,
    Start,
    Stop,
    ToPage,
)
from jupyter_desktop.video.region import Region
from tests.unit.bridge.test_messages import json_values

START = {"codecs": ["h264", "vp8"], "region": [10, 20, 300, 400]}

sides = st.integers(0, 32767)


def record(kind: int, payload: bytes = b"") -> bytes:
    """Return a record of a page, with its length."""
    return struct.pack(">IB", 1 + len(payload), kind) + payload


def start(**more: Any) -> bytes:
    return bytes([FromPage.START]) + json.dumps({**START, **more}).encode()


async def reader(data: bytes) -> asyncio.StreamReader:
    """Return a stream that ends after ``data``."""
    stream = asyncio.StreamReader()
    stream.feed_data(data)
    stream.feed_eof()
    return stream


def payload(data: bytes, kind: ToPage) -> bytes:
    """Return the payload of a record to a page, whose kind and length are checked."""
    length, found = struct.unpack_from(">IB", data)
    assert (length, found) == (len(data) - 4, kind)
    return data[5:]


@given(st.lists(st.text()), st.tuples(sides, sides, sides, sides))
def test_a_start_has_codecs_and_region(codecs: list[str], region: tuple[int, ...]) -> None:
    assert records.parse(start(codecs=codecs, region=region)) == Start(
        tuple(codecs), Region(*region)
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\2", Stop()),
        (b"\3\0\0\1\2", Shown(258)),
        (b"\3\xff\xff\xff\xff", Shown(0xFFFFFFFF)),
        (b"\4", KeyRequest()),
    ],
)
def test_other_records(data: bytes, expected: records.Request) -> None:
    assert records.parse(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"\5",
        b"\xff",
        b"\1",
        b"\2 ",
        b"\3",
        b"\3\0\0\0",
        b"\3\0\0\0\0\0",
        b"\4\0",
        b"\1null",
        b"\1[]",
        b"\1{}",
        b'\1{"codecs": []}',
        b"\1" + b"[" * (LONGEST - 1),
        b"\1\xff\xfe",
        start(codecs=None),
        start(codecs="h264"),
        start(codecs=["h264", 264]),
        start(region=None),
        start(region={"x": 0}),
        start(region=[0, 0, 16]),
        start(region=[0, 0, 16, 16, 16]),
        start(region=[0, 0, 16, True]),
        start(region=[0, 0, 16, 16.0]),
        start(region=[0, 0, 16, "16"]),
        start(region=[-1, 0, 16, 16]),
        start(region=[0, 0, 16, 32768]),
        start(region=[0, 0, 16, 1 << 70]),
        start(region=[0, 0, 16, float("nan")]),
        b'\1{"codecs": [], "region": [0, 0, 1, ' + b"9" * 900 + b"]}",
    ],
)
def test_a_bad_record_is_refused(data: bytes) -> None:
    with pytest.raises(BadRecord):
        records.parse(data)


@given(st.binary(min_size=1) | json_values.map(lambda value: b"\1" + json.dumps(value).encode()))
def test_any_record_is_understood_or_refused(data: bytes) -> None:
    with suppress(BadRecord):
        records.parse(data)


async def test_records_are_read_one_after_the_other() -> None:
    data = record(FromPage.STOP) + record(FromPage.SHOWN, b"\0\0\0\7") + record(FromPage.KEY)
    stream = await reader(data)
    assert [await records.read(stream) for _ in range(3)] == [Stop(), Shown(7), KeyRequest()]
    with pytest.raises(asyncio.IncompleteReadError):
        await records.read(stream)


async def test_a_record_that_is_cut_off_is_the_end() -> None:
    whole = record(FromPage.SHOWN, b"\0\0\0\7")
    for length in range(len(whole)):
        with pytest.raises(asyncio.IncompleteReadError):
            await records.read(await reader(whole[:length]))


async def test_only_lengths_of_the_protocol_are_read() -> None:
    """A longer record is refused before its bytes have come."""
    longest = b'{"region": [0, 0, 1, 1], "codecs": []}'.ljust(LONGEST - 1)
    assert isinstance(await records.read(await reader(record(FromPage.START, longest))), Start)
    for length in (0, LONGEST + 1, 0xFFFFFFFF):
        with pytest.raises(BadRecord, match=str(length)):
            await records.read(await reader(struct.pack(">I", length)))


def test_records_to_a_page() -> None:
    config = payload(records.config("vp8", Region(1, 2, 30, 40), (32, 48)), ToPage.CONFIG)
    assert json.loads(config) == {"codec": "vp8", "region": [1, 2, 30, 40], "coded": [32, 48]}
    frame = payload(records.frame(0xFFFFFFFF, True, b"data"), ToPage.FRAME)
    assert frame == b"\xff\xff\xff\xff\1data"
    assert payload(records.frame(1, False, b""), ToPage.FRAME) == b"\0\0\0\1\0"
    assert payload(records.rest(1.5), ToPage.REST) == struct.pack(">I", 1500)
    assert payload(records.rest(), ToPage.REST) == bytes(4)
    problem = payload(records.problem("Why", "Do"), ToPage.PROBLEM)
    assert json.loads(problem) == {"message": "Why", "remedy": "Do"}
