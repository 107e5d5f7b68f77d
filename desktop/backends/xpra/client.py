"""Xpra's HTML5 client: found where the system has it, never part of this package."""

from __future__ import annotations

import functools
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import ClientMissing, DesktopError
from ...system.packages import install_command
from .backend import resources

FOLDERS = (
    "/usr/share/xpra/www",
    "/usr/local/share/xpra/www",
    f"{sys.prefix}/share/xpra/www",
)

# In the order in which the client's own page loads them; what our page has no use for is left out.
SCRIPTS = (
    "js/lib/jquery.js",
    "js/lib/jquery.ba-throttle-debounce.js",
    "js/lib/bencode.js",
    "js/lib/zlib.js",
    "js/lib/lz4.js",
    "js/lib/forge.js",
    "js/Keycodes.js",
    "js/Protocol.js",
    "js/Window.js",
    "js/Utilities.js",
    "js/MediaSourceUtil.js",
    "js/Client.js",
)

_SUPPORTED = "3.1"  # its classes are adapted one by one, so others need more than luck


@dataclass(frozen=True)
class XpraClient:
    """The client in ``folder``; ``version`` is as it says itself ("3.1.3"), or empty."""

    folder: Path
    version: str


def find(setting: str, executable: str = "", folders: Sequence[str] = FOLDERS) -> XpraClient:
    """Return the client in the folder ``setting``; where that is empty, the first of some folders.

    ``executable`` is that of Xpra, its path or name, empty for "xpra". Raises ``ClientMissing``.
    """
    looked = []
    for folder in [Path(setting)] if setting else _folders(executable or "xpra", folders):
        if (folder / "js" / "Client.js").is_file():
            return _checked(XpraClient(folder, _version(folder)))
        looked.append(str(folder))
    raise ClientMissing(
        "Xpra's HTML5 client is not installed on the machine where Jupyter runs (looked in "
        f"{', '.join(dict.fromkeys(looked))}).",
        remedy="Set Xpra.client_folder to where it is, or install it and leave that setting out:"
        if setting
        else "Install it, or ask the administrator of this machine to:",
        command=install_command("xpra"),
    )


def problem(
    setting: str, executable: str = "", folders: Sequence[str] = FOLDERS
) -> DesktopError | None:
    """Return what is wrong with the client there, None if nothing is."""
    try:
        find(setting, executable, folders)
    except ClientMissing as error:
        return error
    return None


def file(setting: str, name: str, executable: str = "") -> Path | None:
    """Return one of the client's scripts; None for anything else that may lie there."""
    # Its own pages are not served: they take passwords from the address.
    return find(setting, executable).folder / name if name in SCRIPTS else None


def _folders(executable: str, usual: Sequence[str]) -> Iterator[Path]:
    """Yield where the client may lie: beside this Xpra, the usual folders, and what it says."""
    found = shutil.which(executable)
    if found:
        yield Path(found).resolve().parent.parent / "share/xpra/www"
    yield from map(Path, usual)
    if found:
        # A wrapper, of a module system for example, has nothing beside it. Asked last, since it is
        # a program, and the Jupyter server waits for it.
        yield from _told_by(found)


@functools.cache  # it takes a tenth of a second, at best
def _told_by(executable: str) -> tuple[Path, ...]:
    folder = resources(executable)
    return (folder / "www",) if folder else ()


def _checked(client: XpraClient) -> XpraClient:
    # Where it does not say its version, the files that are there tell it from others.
    if client.version and not client.version.startswith(f"{_SUPPORTED}."):
        raise ClientMissing(
            f"Xpra's HTML5 client in {client.folder} has version {client.version}, "
            f"and this page can work with version {_SUPPORTED} only.",
            remedy=f"Set Xpra.client_folder to the folder of a client of version {_SUPPORTED}, or "
            'use DesktopApp.backend = "vnc".',
        )
    # Some are links into other packages.
    missing = [name for name in SCRIPTS if not (client.folder / name).is_file()]
    if missing:
        raise ClientMissing(
            f"Xpra's HTML5 client in {client.folder} lacks {', '.join(missing)}.",
            remedy="Reinstall it, or ask the administrator of this machine to:",
            command=install_command("xpra"),
        )
    return client


def _version(folder: Path) -> str:
    try:
        text = (folder / "js" / "Utilities.js").read_text(errors="replace")
    except OSError:
        return ""
    match = re.search(r"VERSION\s*:\s*[\"']([0-9.]+)", text)
    return match[1] if match else ""
