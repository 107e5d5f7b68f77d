"""The start script (xstartup) that runs the desktop: its search, and its command line."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import StartScriptMissing

_INSTALLED = Path("share", "jupyter", "desktop", "xstartup")
_PART = "common.sh"  # sourced by all our start scripts


def folders_of(package: Path) -> list[Path]:
    """Return the folders with our start scripts, given the folder of this package.

    In a checkout they are beside the package. A wheel installs them below its prefix, which has the
    package in ``lib/python3.x/site-packages``, or at the top (``pip --target``). An editable
    install has both folders: the first is used, the second dates from the last ``pip install``.
    """
    above = package.absolute().parents
    folders = (
        package.resolve().parent / "xstartup",
        *(prefix / _INSTALLED for prefix in (*above[3:4], *above[:1], Path(sys.prefix))),
    )
    # dict.fromkeys: no duplicates, same order
    return list(dict.fromkeys(folder for folder in folders if (folder / _PART).is_file())) or [
        folders[-1]
    ]


_FOLDERS = folders_of(Path(__file__).parents[1])
OURS = _FOLDERS[0]

APPLICATION = "application"  # runs a single application

# The variable of jupyter-remote-desktop-proxy, for setups that were made for it.
COMPATIBLE_VARIABLE = "JUPYTER_REMOTE_DESKTOP_PROXY_XSTARTUP"


def find(setting: str, folders: Sequence[str], environment: Mapping[str, str]) -> Path:
    """Return the first start script that exists.

    ``setting`` is a path or a name, and then the only candidate. If it is empty, the candidates
    are the variable of jupyter-remote-desktop-proxy, ``~/.vnc/xstartup``, then "default" in
    ``folders`` and in ours. Raises ``StartScriptMissing``, which lists the candidates.
    """
    candidates = _named(setting, folders, environment) if setting else _usual(folders, environment)
    for candidate in candidates:
        # Not Path.is_file(), which raises PermissionError for a folder that cannot be entered.
        if os.path.isfile(candidate):  # noqa: PTH113
            return candidate
    raise StartScriptMissing(
        f"No start script was found; looked for {', '.join(map(str, candidates))}.",
        remedy="Set DesktopApp.start_script to the path of a script, or to one of: "
        f"{', '.join(ours())}."
        if ours()
        else f"Install jupyter-desktop again: its own start scripts are not in {OURS}.",
    )


def ours() -> list[str]:
    """Return the names of this package's start scripts that run a desktop."""
    if not OURS.is_dir():
        return []
    desktops = (path for path in OURS.iterdir() if path.is_file() and not path.suffix)
    return sorted(path.name for path in desktops if path.name != APPLICATION)


def is_ours(script: Path) -> bool:
    """Whether it is one of this package's, or a link to one."""
    return _is_our_folder(script.resolve().parent)


def command(script: Path) -> list[str]:
    """Return the command line that runs ``script`` through its interpreter.

    Homes may be mounted noexec, and a package's files need not be executable, so the "#!" line is
    parsed here instead of by the kernel (execve(2)). A script without one is run by sh; a binary
    is run directly.
    """
    with script.open("rb") as file:
        start = file.read(256)
    if start.startswith(b"\x7fELF"):
        return [str(script)]
    named = re.match(rb"#!([^\n\0]*)", start)
    line = os.fsdecode(named[1]).strip() if named else ""
    return [*(line.split(None, 1) or ["/bin/sh"]), str(script)]


def _named(setting: str, folders: Sequence[str], environment: Mapping[str, str]) -> list[Path]:
    if "/" in setting or setting.startswith("~"):
        return [_expanded(setting, environment)]
    return [folder / setting for folder in _folders(folders)]


def _folders(folders: Sequence[str]) -> list[Path]:
    """Return the folders to search: the site's, then ours, even if ours come earlier."""
    sites = (Path(folder) for folder in folders if not _is_our_folder(Path(folder)))
    return [*sites, OURS]


def _is_our_folder(folder: Path) -> bool:
    return folder.resolve() in {ours.resolve() for ours in _FOLDERS}


def _usual(folders: Sequence[str], environment: Mapping[str, str]) -> list[Path]:
    theirs = environment.get(COMPATIBLE_VARIABLE)
    paths = [*([theirs] if theirs else []), "~/.vnc/xstartup"]
    return [
        *(_expanded(path, environment) for path in paths),
        *(folder / "default" for folder in _folders(folders)),
    ]


def _expanded(path: str, environment: Mapping[str, str]) -> Path:
    if path.startswith("~/"):
        return Path(environment.get("HOME", "/"), path[2:])
    return Path(path)
