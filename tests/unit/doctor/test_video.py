"""The doctor's findings about video: never a problem, since a desktop starts without it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from jupyter_desktop.doctor import video
from jupyter_desktop.doctor.finding import Severity

from .asking import found, told


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that Python finds first."""
    folder = tmp_path / "modules"
    folder.mkdir()
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    return folder


def test_the_encoder_and_its_speed_are_named() -> None:
    finding = told(video.encoder)
    assert finding.state is Severity.OK
    facts = finding.facts
    assert facts["codec"] in ("h264", "vp8", "vp9", "av1")
    assert 0.1 < facts["milliseconds"] < 1000
    assert f"{facts['encoder']} ({facts['codec']}) of PyAV {facts['pyav']}: " in finding.found
    assert finding.found.endswith(" ms of CPU for a frame of 1920x1080")


def test_without_pyav_there_is_the_command_that_installs_it(modules: Path) -> None:
    (modules / "av.py").write_text("raise ModuleNotFoundError('no av', name='av')")
    finding = told(video.encoder)
    assert finding.state is Severity.NOTE
    assert "not installed" in finding.found
    assert finding.command == f"{sys.executable} -m pip install 'jupyter-desktop[video]'"


@pytest.mark.parametrize(
    ("av", "said"),
    [
        ("raise ImportError('libfoo.so: no such file')", "libfoo.so: no such file"),
        ("import os; os._exit(7)", "failed with status 7"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "failed with status -11"),
    ],
)
def test_a_broken_pyav_is_a_note(modules: Path, av: str, said: str) -> None:
    (modules / "av.py").write_text(av)
    finding = told(video.encoder)
    assert finding.state is Severity.NOTE
    assert said in finding.found
    assert "--force-reinstall av" in (finding.command or "")


def test_a_pyav_without_a_usable_encoder_is_a_note(modules: Path) -> None:
    (modules / "sitecustomize.py").write_text("import av\nav.codecs_available.clear()\n")
    finding = told(video.encoder)
    assert finding.state is Severity.NOTE
    assert "no encoder of PyAV" in finding.found
    assert finding.facts == {"encoder": None}


def test_encoders_that_take_too_long_are_not_waited_for(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (modules / "av.py").write_text("import time; time.sleep(1000)")
    monkeypatch.setattr(video, "_TIMEOUT", 0.2)
    assert "within 0.2 seconds" in told(video.encoder).found


@pytest.mark.parametrize(
    ("argument", "said"),
    [("--DesktopApp.video=off", "DesktopApp.video"), ("--DesktopApp.backend=xpra", "xpra")],
)
def test_where_there_is_none_nothing_is_checked(modules: Path, argument: str, said: str) -> None:
    (modules / "av.py").write_text("raise ImportError")
    finding = told(video.encoder, argument)
    assert finding.state is Severity.OK
    assert said in finding.found
    assert not found(video.conversion, argument)


def test_libyuv_is_named_or_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    # In place of libyuv the C library, which every system has.
    monkeypatch.setattr(video, "_LIBYUV", ("libnonesuch.so", "libc.so.6"))
    finding = told(video.conversion)
    assert (finding.state, finding.facts) == (Severity.OK, {"library": "libc.so.6"})
    monkeypatch.setattr(video, "_LIBYUV", ("libnonesuch.so",))
    finding = told(video.conversion)
    assert (finding.state, finding.facts) == (Severity.NOTE, {"library": None})
    assert "libyuv" in (finding.command or "")
