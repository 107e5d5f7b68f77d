"""Checks of the encoder and the colour conversion for video."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from ..backends import AUTO, backend
from ..system import spawn
from ..system.packages import install_command
from .encoding import SIZE
from .finding import Finding, note, ok
from .subject import Subject

_TOPIC = "video"
# The codecs that pages know, the preferred one first (static/src/video/records.ts).
_CODECS = ("h264", "vp8", "vp9", "av1")
_COMMAND = (sys.executable, "-m", "jupyter_desktop.doctor.encoding", *_CODECS)
_LIBYUV = ("libyuv.so.0", "libyuv.so")  # the names that video/colours.py tries
_TIMEOUT = 30.0  # seconds
_ELSE = "Without video, pages show coarser pictures while much of the screen moves."


def encoder(subject: Subject) -> Iterator[Finding]:
    """The encoder that would be chosen for pages that decode all codecs, and its speed."""
    if off := _reason_for_none(subject):
        yield ok(_TOPIC, off, encoder=None)
        return
    result = _result()
    if "missing" in result:
        yield _without_pyav(result)
    elif not result.get("encoder"):
        text = result.get("error") or f"no encoder of PyAV {result['pyav']} works here"
        yield note(
            _TOPIC,
            f"{text}. {_ELSE}",
            "Install another version of PyAV for this Python:",
            f"{sys.executable} -m pip install --force-reinstall av",
            encoder=None,
        )
    else:
        width, height = SIZE
        yield ok(
            _TOPIC,
            f"{result['encoder']} ({result['codec']}) of PyAV {result['pyav']}: "
            f"{result['milliseconds']:g} ms of CPU for a frame of {width}x{height}",
            **result,
        )


def conversion(subject: Subject) -> Iterator[Finding]:
    """Whether libyuv converts the colours of frames."""
    if _reason_for_none(subject):
        return
    if library := next(filter(_can_be_loaded, _LIBYUV), None):
        yield ok("libyuv", f"{library}: converts the colours of video", library=library)
    else:
        yield note(
            "libyuv",
            "not installed; PyAV converts the colours of video, which takes more CPU.",
            "Install it:",
            install_command("libyuv"),
            library=None,
        )


def _can_be_loaded(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _reason_for_none(subject: Subject) -> str:
    """Return the reason if pages get no video whatever is installed; else ""."""
    specification = subject.specification
    if not specification.video:
        return "off (DesktopApp.video)"
    if specification.backend != AUTO and backend(specification.backend).sends_video:
        return f"not needed: {specification.backend} encodes moving parts of the screen itself"
    return ""


def _without_pyav(result: dict[str, Any]) -> Finding:
    if result["missing"] == "av":
        return note(
            _TOPIC,
            f"PyAV, which encodes it, is not installed for this Python. {_ELSE}",
            "Install it, and start Jupyter again:",
            f"{sys.executable} -m pip install 'jupyter-desktop[video]'",
            encoder=None,
        )
    return note(
        _TOPIC,
        f"PyAV, which encodes it, cannot be loaded: {result['error']}. {_ELSE}",
        "Reinstall it for this Python:",
        f"{sys.executable} -m pip install --force-reinstall av",
        encoder=None,
    )


def _result() -> dict[str, Any]:
    """Return the values that ``encoding`` prints, or the error."""
    with spawn.start(
        _COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            printed, _ = process.communicate(timeout=_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            return {"error": f"the encoders have not been tried within {_TIMEOUT:g} seconds"}
    if process.returncode:
        return {"error": f"the trial of the encoders failed with status {process.returncode}"}
    result: dict[str, Any] = json.loads(printed)
    return result
