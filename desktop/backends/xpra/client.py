"""Xpra's HTML5 client: found on the system, not part of this package."""

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

# In the order of the client's own page, without the scripts that our page does not use.
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

_SUPPORTED = "3.1"  # the page overrides methods of its classes


@dataclass(frozen=True)
class XpraClient:
    """The client in ``folder``; ``version`` is the one in its source ("3.1.3"), or empty."""

    folder: Path
    version: str


def find(setting: str, executable: str = "", folders: Sequence[str] = FOLDERS) -> XpraClient:
    """Return the client in the folder ``setting``, or, if that is empty, in ``folders``.

    ``executable`` is Xpra's path or name, empty for "xpra". Raises ``ClientMissing``.
    """
    looked = []
    for folder in [Path(setting)] if setting else _folders(executable or "xpra", folders):
        if (folder / "js" / "Client.js").is_file():
            return _checked(XpraClient(folder, _version(folder)))
        looked.append(str(folder))
    raise ClientMissing(
        "Xpra's HTML5 client is not installed on the machine where Jupyter runs (looked in "
        f"{', '.join(dict.fromkeys(looked))}).",
        remedy="Set Xpra.client_folder to its folder, or remove that setting and install it:"
        if setting
        else "Install it, or ask the administrator of this machine to:",
        command=install_command("xpra"),
    )


def problem(
    setting: str, executable: str = "", folders: Sequence[str] = FOLDERS
) -> DesktopError | None:
    """Return the error for the client there; None if it is usable."""
    try:
        find(setting, executable, folders)
    except ClientMissing as error:
        return error
    return None


def file(setting: str, name: str, executable: str = "") -> Path | None:
    """Return the path of one of the client's scripts; None for any other file."""
    # The client's own pages are not served: they read passwords from the URL.
    return find(setting, executable).folder / name if name in SCRIPTS else None


def _folders(executable: str, usual: Sequence[str]) -> Iterator[Path]:
    """Yield the candidates: beside this Xpra, the usual folders, and the one that it prints."""
    found = shutil.which(executable)
    if found:
        yield Path(found).resolve().parent.parent / "share/xpra/www"
    yield from map(Path, usual)
    if found:
        # A wrapper, for example of a module system, has no such folder. Xpra is run last, because
        # the Jupyter server blocks meanwhile.
        yield from _told_by(found)


@functools.cache  # it takes a tenth of a second, at best
def _told_by(executable: str) -> tuple[Path, ...]:
    folder = resources(executable)
    return (folder / "www",) if folder else ()


def _checked(client: XpraClient) -> XpraClient:
    # Without a version, the list of files below identifies the client.
    if client.version and not client.version.startswith(f"{_SUPPORTED}."):
        raise ClientMissing(
            f"Xpra's HTML5 client in {client.folder} has version {client.version}, "
            f"and this page supports version {_SUPPORTED} only.",
            remedy=f"Set Xpra.client_folder to the folder of a client of version {_SUPPORTED}, or "
            'use DesktopApp.backend = "vnc".',
        )
    # Some are links to files of other packages, which may be missing.
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
