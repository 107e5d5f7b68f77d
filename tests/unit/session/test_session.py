"""A session reports how it ended, whatever the reason."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from jupyter_desktop.backends import Backend, Installed, Runtime
from jupyter_desktop.errors import NotReady, UnknownStream
from jupyter_desktop.session.control import Control
from jupyter_desktop.session.search import Search
from jupyter_desktop.session.session import Session
from jupyter_desktop.session.specification import Specification
from jupyter_desktop.system.access import Access
from jupyter_desktop.system.session_messages import Event, encode
from jupyter_desktop.system.streams import DESKTOP

ROOT = Path(__file__).parents[3]


class Broken:
    """A search that fails with an unexpected error."""

    async def result(self) -> tuple[Backend, Installed]:
        raise UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed")


class Printed:
    """Prints the events that are sent."""

    def send(self, event: Event) -> None:
        os.write(1, encode(event))


async def run(folder: Path) -> None:
    search, control = cast(Search, Broken()), cast(Control, Printed())
    await Session(Specification(), Runtime(folder, ":7"), search, control).run()


def test_an_unexpected_error_is_reported_with_a_remedy(tmp_path: Path) -> None:
    # In a process of its own: a session ends every descendant.
    command = [sys.executable, "-m", "tests.unit.session.test_session", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    last = json.loads(ran.stdout.splitlines()[-1])
    assert last["state"] == "failed"
    assert "UnicodeEncodeError" in last["error"]["message"]
    assert last["error"]["remedy"]
    assert "Traceback" in ran.stderr


async def test_an_unknown_stream_is_refused(tmp_path: Path) -> None:
    search, control = cast(Search, Broken()), cast(Control, Printed())
    session = Session(Specification(), Runtime(tmp_path, ":7"), search, control)
    with pytest.raises(UnknownStream, match="no stream called 'audio'"):
        await session.admit(None, Access.FULL, "audio")
    with pytest.raises(NotReady):  # it has not been started
        await session.admit(None, Access.FULL, DESKTOP)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
