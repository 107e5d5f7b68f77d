"""The lifeline of a session."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from desktop.session.control import Control


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
