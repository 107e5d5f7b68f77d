"""Child processes with a session and a folder of their own."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest

from jupyter_desktop.system import spawn

TELLS = "import json, os; print(os.getcwd(), os.getsid(0) == os.getpid(), os.environ.get('A'))"
COMMAND = [sys.executable, "-c", TELLS]
ENVIRONMENT = {**os.environ, "A": "b"}
TOLD = b"/ True b\n"


@pytest.fixture(autouse=True)
def folder_of_a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('a module of the user')")
    monkeypatch.chdir(tmp_path)


def test_a_child_has_its_own_session_and_the_root_folder() -> None:
    with spawn.start(COMMAND, stdin=DEVNULL, stdout=PIPE, environment=ENVIRONMENT) as process:
        told, _ = process.communicate(timeout=30)
    assert told == TOLD


async def test_a_followed_child_has_its_own_session_and_the_root_folder() -> None:
    process = await spawn.start_followed(
        COMMAND, stdin=DEVNULL, stdout=PIPE, environment=ENVIRONMENT
    )
    told, _ = await asyncio.wait_for(process.communicate(), 30)
    assert told == TOLD


async def test_a_missing_program_raises_file_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        spawn.start(["/nowhere/program"], stdin=DEVNULL, stdout=PIPE)
    with pytest.raises(FileNotFoundError):
        await spawn.start_followed(["/nowhere/program"], stdin=DEVNULL, stdout=PIPE)
