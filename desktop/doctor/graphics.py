"""Graphics cards, and VirtualGL, which gives programs on a desktop the use of one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from .finding import Finding, note, ok
from .programs import said, there
from .subject import Subject

_DEVICES = Path("/dev/dri")
_VIRTUALGL = "/opt/VirtualGL/bin"  # where its packages put it, besides /usr/bin


def devices(subject: Subject) -> Iterator[Finding]:
    """Graphics cards that this user may use."""
    nodes = sorted(_DEVICES.glob("renderD*")) if _DEVICES.is_dir() else []
    usable = [str(node) for node in nodes if os.access(node, os.R_OK | os.W_OK)]
    barred = [str(node) for node in nodes if str(node) not in usable]
    if usable:
        yield ok("GPU", ", ".join(usable), devices=usable)
    if barred:
        yield note(
            "GPU",
            f"{', '.join(barred)} may not be used by this user.",
            "Ask the administrator to add you to the group that owns it (often `render`).",
            devices=barred,
        )
    if there("nvidia-smi"):
        query = "--query-gpu=name,driver_version"
        lines = said("nvidia-smi", query, "--format=csv,noheader").strip().splitlines()
        yield ok("NVIDIA", "; ".join(lines) or "nvidia-smi names none", gpus=lines)
    elif not nodes:
        yield ok("GPU", "none here; the processor computes what OpenGL draws", devices=[])


def virtualgl(subject: Subject) -> Iterator[Finding]:
    """VirtualGL's `vglrun`."""
    path = vglrun()
    text = f"{path}: start programs with `vglrun PROGRAM`" if path else "not installed"
    yield ok("VirtualGL", text, path=path)


def vglrun() -> str | None:
    """Return the path of VirtualGL's `vglrun`."""
    return shutil.which("vglrun") or shutil.which("vglrun", path=_VIRTUALGL)
