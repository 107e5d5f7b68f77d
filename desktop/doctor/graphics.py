"""Checks of graphics cards, of VirtualGL, which lets programs use one, and of images."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .finding import Finding, note, ok
from .programs import said, there
from .subject import Subject

_DEVICES = Path("/dev/dri")
_LOADER = "glycin-thumbnailer"
_IMAGE = """<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">
<rect width="9" height="9"/></svg>
"""
_VIRTUALGL = "/opt/VirtualGL/bin"  # of its packages, besides /usr/bin


def devices(subject: Subject, folder: Path = _DEVICES) -> Iterator[Finding]:
    """Graphics cards that this user may use."""
    nodes = sorted(folder.glob("renderD*")) if folder.is_dir() else []
    usable = [str(node) for node in nodes if os.access(node, os.R_OK | os.W_OK)]
    barred = [str(node) for node in nodes if str(node) not in usable]
    if usable:
        yield ok("GPU", ", ".join(usable), devices=usable)
    if barred:
        yield note(
            "GPU",
            f"this user has no permission for {', '.join(barred)}.",
            "Ask the administrator to add you to the group that owns it (often `render`).",
            devices=barred,
        )
    if there("nvidia-smi"):
        query = "--query-gpu=name,driver_version"
        lines = said("nvidia-smi", query, "--format=csv,noheader").strip().splitlines()
        yield ok("NVIDIA", "; ".join(lines) or "nvidia-smi names none", gpus=lines)
    elif not nodes:
        yield ok("GPU", "none here; OpenGL is rendered in software", devices=[])


def images(subject: Subject) -> Iterator[Finding]:
    """Whether images can be loaded, if each is loaded by a process in a sandbox (glycin)."""
    if not there(_LOADER):
        return  # images are loaded without a sandbox
    with tempfile.TemporaryDirectory() as folder:
        shown = Path(folder, "image.svg")
        shown.write_text(_IMAGE)
        made = Path(folder, "image.png")
        words = said(_LOADER, "-i", shown.as_uri(), "-o", str(made), "-s", "16").strip()
        loaded = made.is_file() and made.stat().st_size > 0
    if loaded:
        yield ok("images", f"programs on a desktop can load them ({_LOADER})", loaded=True)
        return
    blocked = said("bwrap", "--unshare-all", "--ro-bind", "/", "/", "true").strip()
    yield note(
        "images",
        f"programs on a desktop cannot load them: {_LOADER}: {words or '(no output)'}"
        f"{f'; bwrap: {blocked}' if blocked else ''}. "
        "The background of Xfce is a plain colour, and icons may be missing.",
        "Their loaders run in a sandbox (bubblewrap), which needs user namespaces: ask the "
        "administrator of this machine, or of the container, to allow them.",
        loaded=False,
    )


def virtualgl(subject: Subject) -> Iterator[Finding]:
    """VirtualGL's `vglrun`."""
    path = vglrun()
    text = f"{path}: start programs with `vglrun PROGRAM`" if path else "not installed"
    yield ok("VirtualGL", text, path=path)


def vglrun() -> str | None:
    """Return the path of VirtualGL's `vglrun`."""
    return shutil.which("vglrun") or shutil.which("vglrun", path=_VIRTUALGL)
