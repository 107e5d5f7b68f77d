"""The session's log keeps the last lines, and its size is bounded."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from jupyter_desktop.session.processes import log as session_log
from jupyter_desktop.session.processes.log import SessionLog


@asynccontextmanager
async def a_log(folder: Path) -> AsyncIterator[tuple[SessionLog, list[str]]]:
    lines: list[str] = []
    log = SessionLog(folder / "session.log", lines.append)
    yield log, lines
    await log.close()


async def test_lines_are_written_and_reported(tmp_path: Path) -> None:
    async with a_log(tmp_path) as (log, lines):
        os.write(log.pipe, b"one\r\ntwo\nnot \xff UTF-8\nno end")
    assert lines == ["one", "two", "not \ufffd UTF-8", "no end"]
    assert list(log.tail) == lines
    assert (tmp_path / "session.log").read_text() == "one\ntwo\nnot \ufffd UTF-8\nno end\n"
    assert (tmp_path / "session.log").stat().st_mode & 0o777 == 0o600


async def test_long_lines_are_cut(tmp_path: Path) -> None:
    async with a_log(tmp_path) as (log, lines):
        await asyncio.to_thread(os.write, log.pipe, b"x" * 5000 + b"\nshort\n")
    assert lines[-1] == "short"
    assert all(len(line) <= session_log._LONGEST_LINE for line in lines)


async def test_output_without_line_ends_does_not_fill_the_memory(tmp_path: Path) -> None:
    def print_on_and_on(pipe: int) -> None:
        for _ in range(64):
            os.write(pipe, b"x" * 65536)

    async with a_log(tmp_path) as (log, lines):
        await asyncio.to_thread(print_on_and_on, log.pipe)
    assert max(len(line) for line in lines) <= session_log._LONGEST_LINE


async def test_the_files_stay_small(tmp_path: Path) -> None:
    async with a_log(tmp_path) as (log, _):
        for number in range(4000):
            log.write(f"{number} " + "x" * 1000)
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert len(sizes) == 2
    assert sum(sizes) < 2.1 * session_log._LIMIT
    assert log.tail[-1].startswith("3999 ")
    assert len(log.tail) == session_log._LINES


async def test_a_removed_log_file_does_not_stop_the_log(tmp_path: Path) -> None:
    async with a_log(tmp_path) as (log, lines):
        (tmp_path / "session.log").unlink()
        for number in range(3000):
            log.write(f"{number} " + "x" * 1000)
    assert len(lines) == 3000
