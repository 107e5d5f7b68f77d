"""The search for a display server, as the process that it is."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from desktop.backends import DisplaySettings, XpraSettings, backend
from desktop.errors import DisplayServerUnsuitable, StartFailed
from desktop.session.search import Search
from tests.descriptors import nothing_leaks


def program(folder: Path, text: str) -> DisplaySettings:
    """Return settings with a display server that does what the shell script ``text`` says."""
    path = folder / "server"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return DisplaySettings(executable=str(path), xpra=XpraSettings(executable=str(path)))


def found(settings: DisplaySettings):
    with nothing_leaks():
        return asyncio.run(Search("vnc", settings).result())


def test_what_is_found(tmp_path):
    kind, installed = found(program(tmp_path, "echo Xvnc TigerVNC 1.12.0"))
    assert kind.name == "vnc"
    assert installed == kind.find(program(tmp_path, "echo Xvnc TigerVNC 1.12.0"))


def test_what_is_wrong_is_told_whole(tmp_path):
    with pytest.raises(DisplayServerUnsuitable, match=r"TigerVNC 1\.8\.0") as error:
        found(program(tmp_path, "echo Xvnc TigerVNC 1.8.0"))
    assert error.value.remedy


def test_a_search_that_is_killed(tmp_path):
    with pytest.raises(StartFailed, match="without a word") as error:
        found(program(tmp_path, "kill -9 $PPID"))
    assert error.value.remedy


@pytest.mark.parametrize("name", ["vnc", "xpra"])
def test_a_program_that_reads_its_input_does_not_get_ours(tmp_path, name):
    """It may be a wrapper; ours may be a lifeline."""
    settings = program(tmp_path, "read line; echo $line nothing that is known")
    reading, writing = os.pipe()
    ours = os.dup(0)
    os.dup2(reading, 0)
    try:
        os.write(writing, b"command\n")
        with pytest.raises(DisplayServerUnsuitable):
            backend(name).find(settings)
        os.set_blocking(reading, False)
        assert os.read(reading, 100) == b"command\n"
    finally:
        os.dup2(ours, 0)
        for descriptor in (reading, writing, ours):
            os.close(descriptor)
