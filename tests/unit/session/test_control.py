"""The lifeline of a session."""

from __future__ import annotations

import asyncio
import time

from jupyter_desktop.session.control import Control
from jupyter_desktop.system.session_messages import Command, Here, Stop, encode


async def commands(reader: asyncio.StreamReader, silence: float) -> list[Command]:
    control = Control(reader, None)  # type: ignore[arg-type]  nothing is told
    return [command async for command in control.commands(silence)]


async def test_a_lifeline_that_falls_silent_is_over():
    reader = asyncio.StreamReader()
    reader.feed_data(encode(Here()))
    assert await asyncio.wait_for(commands(reader, 0.05), 5) == [Here()]


async def test_a_lifeline_need_not_say_anything():
    reader = asyncio.StreamReader()
    task = asyncio.ensure_future(commands(reader, 0))
    await asyncio.wait([task], timeout=0.1)
    assert not task.done()
    reader.feed_eof()
    assert await task == []


async def test_who_was_stopped_meanwhile_reads_what_was_sent():
    reader = asyncio.StreamReader()
    task = asyncio.ensure_future(commands(reader, 0.1))
    await asyncio.sleep(0)
    # Both at once, as for a process that is continued: the time is over, and there is something.
    time.sleep(0.2)
    reader.feed_data(encode(Here()))
    reader.feed_eof()
    assert await task == [Here()]


async def test_a_line_that_is_no_command_is_passed_over(capfd):
    reader = asyncio.StreamReader()
    odd = b'{"command": "admit", "password": "secret"}\n{"command": "dance"}\nnonsense\n'
    reader.feed_data(odd + encode(Stop()))
    reader.feed_eof()
    assert await asyncio.wait_for(commands(reader, 0), 15) == [Stop()]
    said = capfd.readouterr().err
    assert said.count("was not recognised") == 3
    assert "secret" not in said
