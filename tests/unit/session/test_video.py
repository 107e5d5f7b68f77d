"""The video companion is started on demand; if there is no video, viewers get the reason."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, cast

import pytest

from jupyter_desktop.backends import Runtime
from jupyter_desktop.errors import VideoUnavailable
from jupyter_desktop.session.processes.children import Children
from jupyter_desktop.session.processes.stopping import Stopped, Stopping
from jupyter_desktop.session.specification import Specification
from jupyter_desktop.session.video import VideoCompanion
from jupyter_desktop.system.processes import descendants

ROOT = Path(__file__).parents[3]
NO_DISPLAY = ":99999"
PATIENCE = 0.5  # seconds before a session that waits is stopped


async def run(folder: Path, stop: bool) -> None:
    """Admit a viewer to the video of a display that does not exist; print the error."""
    children, stopping = Children(), Stopping()
    where = Runtime(folder, NO_DISPLAY)
    allowed = Specification(video=True, video_cores=1)
    companion = VideoCompanion(children, where, dict(os.environ), allowed, stopping)
    if stop:
        asyncio.get_running_loop().call_later(PATIENCE, stopping.stop, "enough")
    try:
        await companion.admit()
    except (VideoUnavailable, Stopped) as error:
        fields = {name: getattr(error, name, None) for name in ("message", "remedy", "command")}
        print(json.dumps({"error": type(error).__name__, **fields}))
    print(len(descendants()))
    await companion.end()
    await children.kill_all()


def admitted(folder: Path, av: str = "", *, stop: bool = False) -> dict[str, Any]:
    """Return the error of an attempt in a separate process; no process is left.

    ``av`` is the source of a module instead of PyAV.
    """
    environment = dict(os.environ)
    if av:
        (folder / "av.py").write_text(textwrap.dedent(av))
        paths = [str(folder), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    command = [sys.executable, "-m", "tests.unit.session.test_video", str(folder)]
    ran = subprocess.run(
        [*command, "stop" if stop else ""],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    error, left = map(json.loads, ran.stdout.splitlines())
    assert left == 0
    shown: dict[str, Any] = error
    return shown


def test_a_display_that_cannot_be_captured(tmp_path: Path) -> None:
    pytest.importorskip("av")
    error = admitted(tmp_path)
    assert error["error"] == "VideoUnavailable"
    assert error["message"].startswith("The screen cannot be captured: ")


def test_without_pyav_the_remedy_is_to_install_it(tmp_path: Path) -> None:
    error = admitted(tmp_path, "raise ModuleNotFoundError('no av', name='av')")
    assert "PyAV" in error["message"]
    assert "is not installed" in error["message"]
    assert error["command"] == "pip install 'jupyter-desktop[video]'"


def test_a_pyav_that_cannot_be_loaded(tmp_path: Path) -> None:
    error = admitted(tmp_path, "raise ImportError('libfoo.so: no such file')")
    assert "cannot be loaded: libfoo.so: no such file" in error["message"]
    assert "--force-reinstall" in error["remedy"]


def test_a_companion_that_ends_early_is_an_error_with_its_last_line(tmp_path: Path) -> None:
    error = admitted(
        tmp_path,
        """
        import os
        os.write(2, b"something broke\\n")
        os._exit(3)
        """,
    )
    assert "status 3" in error["message"]
    assert "something broke" in error["message"]
    assert "jupyter desktop doctor" in error["remedy"]


def test_a_session_that_stops_waits_for_no_companion(tmp_path: Path) -> None:
    error = admitted(tmp_path, "import time; time.sleep(1000)", stop=True)
    assert error["error"] == "Stopped"


async def test_video_that_is_switched_off_is_refused(tmp_path: Path) -> None:
    no_children = cast(Children, None)
    where = Runtime(tmp_path, NO_DISPLAY)
    companion = VideoCompanion(no_children, where, {}, Specification(), Stopping())
    with pytest.raises(VideoUnavailable, match="switched off") as caught:
        await companion.admit()
    assert "DesktopApp.video" in (caught.value.remedy or "")
    await companion.end()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), stop=sys.argv[2] == "stop"))
