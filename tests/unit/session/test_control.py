"""The lifeline of a session."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from jupyter_desktop.session.control import Control


async def commands(reader: asyncio.StreamReader, silence: float) -> list[dict[str, Any]]:
    control = Control(reader, None)  # type: ignore[arg-type]  nothing is told
    return [command async for command in control.commands(silence)]


async def test_a_lifeline_that_falls_silent_is_over():
    reader = asyncio.StreamReader()
    reader.feed_data(json.dumps({"command": "here"}).encode() + b"\n")
    assert await asyncio.wait_for(commands(reader, 0.05), 5) == [{"command": "here"}]


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
    reader.feed_data(b'{"command": "here"}\n')
    reader.feed_eof()
    assert await task == [{"command": "here"}]
