"""The lifeline of a session."""

from __future__ import annotations

import asyncio
import time

import pytest

from jupyter_desktop.session.control import Control
from jupyter_desktop.system.session_messages import Command, Here, Stop, encode


async def commands(reader: asyncio.StreamReader, silence: float) -> list[Command]:
    control = Control(reader, None)  # type: ignore[arg-type]  # it sends nothing here
    return [command async for command in control.commands(silence)]


async def test_a_silent_lifeline_ends_after_the_limit() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(encode(Here()))
    assert await asyncio.wait_for(commands(reader, 0.05), 5) == [Here()]


async def test_without_a_limit_a_silent_lifeline_stays_open() -> None:
    reader = asyncio.StreamReader()
    task = asyncio.ensure_future(commands(reader, 0))
    await asyncio.wait([task], timeout=0.1)
    assert not task.done()
    reader.feed_eof()
    assert await task == []


async def test_commands_that_arrive_during_a_suspension_are_read() -> None:
    reader = asyncio.StreamReader()
    task = asyncio.ensure_future(commands(reader, 0.1))
    await asyncio.sleep(0)
    # As after SIGCONT: the time is over and input is there, both at once.
    time.sleep(0.2)
    reader.feed_data(encode(Here()))
    reader.feed_eof()
    assert await task == [Here()]


async def test_an_invalid_line_is_skipped_and_kept_out_of_the_log(
    capfd: pytest.CaptureFixture[str],
) -> None:
    reader = asyncio.StreamReader()
    odd = b'{"command": "admit", "password": "secret"}\n{"command": "dance"}\nnonsense\n'
    reader.feed_data(odd + encode(Stop()))
    reader.feed_eof()
    assert await asyncio.wait_for(commands(reader, 0), 15) == [Stop()]
    said = capfd.readouterr().err
    assert said.count("was not recognised") == 3
    assert "secret" not in said
