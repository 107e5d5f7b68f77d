"""Reading pipes without blocking."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def reader(descriptor: int) -> AsyncIterator[asyncio.StreamReader]:
    """Read the pipe ``descriptor``, which is closed at the end."""
    stream = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(descriptor, "rb", buffering=0)
    )
    try:
        yield stream
    finally:
        transport.close()
