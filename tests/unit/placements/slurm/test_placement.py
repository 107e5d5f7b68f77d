"""Connections to a session in a job, with a script in the place of srun."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from jupyter_desktop.errors import NotReady, SessionEnded
from jupyter_desktop.placements import SlurmPlacement
from jupyter_desktop.placements.slurm.commands import CommandFailed
from jupyter_desktop.placements.slurm.link import Link
from jupyter_desktop.placements.slurm.request import Request
from jupyter_desktop.placements.slurm.stdio import READY
from jupyter_desktop.system.session_messages import Input, Log, Stop

_READY = "printf '\\0" + READY[1:].decode().replace("\n", "\\n") + "'"


Srun: TypeAlias = Callable[[str], None]


@pytest.fixture
def srun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Srun:
    """A function that puts a script in the place of srun."""

    def put(script: str) -> None:
        path = tmp_path / "srun"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return put


async def test_output_of_a_prolog_is_not_read_as_events() -> None:
    log = '{"event": "log", "lines": ["x"]}'
    answer = '[ "$line" = \'{"command": "stop"}\' ] && echo \'{"event": "input", "active": true}\''
    said = f"echo hello; {_READY}; echo '{log}'; echo goodbye; read line; {answer}"
    link = await Link.open(["sh", "-c", said], "@x", 20)
    link.send(Stop())
    events = link.events()
    assert [await anext(events), await anext(events)] == [Log(("x",)), Input(True)]
    await link.close(20)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo hello; echo no >&2", "^no$"),
        ("echo hello; exec sleep 60", "not connected"),
    ],
)
async def test_a_lifeline_that_does_not_connect_is_an_error(script: str, words: str) -> None:
    with pytest.raises(CommandFailed, match=words):
        await Link.open(["sh", "-c", script], "@x", 0.5)


async def test_a_lifeline_whose_command_is_missing_is_an_error() -> None:
    with pytest.raises(CommandFailed, match="No such file"):
        await Link.open(["/nowhere/srun"], "@x", 20)


async def test_output_of_a_prolog_does_not_reach_a_viewer(srun: Srun) -> None:
    srun(f"echo 'hello \\0jupyter-desk'; {_READY}; printf 'RFB 003.008'")
    stream = await SlurmPlacement(Request()).connect("7:/path")
    with stream:
        stream.setblocking(True)
        assert stream.recv(100, socket.MSG_WAITALL) == b"RFB 003.008"


async def test_where_the_job_is_over_a_connection_fails_with_session_ended(srun: Srun) -> None:
    srun("echo hello; echo 'srun: error: Invalid job id specified' >&2")
    with pytest.raises(SessionEnded):
        await SlurmPlacement(Request()).connect("7:/path")


async def test_without_srun_a_connection_fails_and_no_descriptor_leaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(NotReady, match="srun cannot be run"):
        await SlurmPlacement(Request()).connect("7:/path")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


async def test_a_step_whose_child_keeps_the_output_open_is_not_waited_for(
    srun: Srun, tmp_path: Path
) -> None:
    """Its output stays open until the fifo is opened."""
    os.mkfifo(fifo := tmp_path / "fifo")
    srun(f"cat {fifo} > /dev/null & echo no >&2; exec sleep 60")
    here = SlurmPlacement(Request(), timeouts=(0.2,))
    try:
        with pytest.raises(NotReady, match="srun does not answer"):
            await asyncio.wait_for(here.connect("7:/path"), 10)
    finally:
        fifo.write_text("")
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()}, timeout=10)
