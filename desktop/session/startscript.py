"""Which start script (xstartup) runs the desktop, and how it is run."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import StartScriptMissing

_INSTALLED = Path("share", "jupyter", "desktop", "xstartup")
_PART = "common.sh"  # all start scripts of ours source it


def folders_of(package: Path) -> list[Path]:
    """Return the folders that have our start scripts, given the folder of this package.

    A checkout has them beside the package. A wheel has them below the prefix that it is installed
    to: the package is in ``lib/python3.x/site-packages`` there, or at the top (``pip --target``).
    An editable install has both: the first runs, the second is as old as the last ``pip install``.
    """
    above = package.absolute().parents
    folders = (
        package.resolve().parent / "xstartup",
        *(prefix / _INSTALLED for prefix in (*above[3:4], *above[:1], Path(sys.prefix))),
    )
    # dict: each once, in order
    return list(dict.fromkeys(folder for folder in folders if (folder / _PART).is_file())) or [
        folders[-1]
    ]


OURS, *_COPIES = folders_of(Path(__file__).parents[1])

APPLICATION = "application"  # runs a single application, and not without one

# jupyter-remote-desktop-proxy's, so that those who come from it change nothing.
COMPATIBLE_VARIABLE = "JUPYTER_REMOTE_DESKTOP_PROXY_XSTARTUP"


def find(setting: str, folders: Sequence[str], environment: Mapping[str, str]) -> Path:
    """Return the first start script that exists.

    ``setting`` is a path or a name; with it, nothing else is looked for. Without it: the variable
    of jupyter-remote-desktop-proxy, ``~/.vnc/xstartup``, then "default" in ``folders`` and in
    ours. Raises ``StartScriptMissing`` with what was looked for.
    """
    candidates = _named(setting, folders, environment) if setting else _usual(folders, environment)
    for candidate in candidates:
        # Not Path.is_file(), which raises where a folder on the way cannot be entered.
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
    """Return the names of the desktops' start scripts beside those of this package."""
    if not OURS.is_dir():
        return []
    desktops = (path for path in OURS.iterdir() if path.is_file() and not path.suffix)
    return sorted(path.name for path in desktops if path.name != APPLICATION)


def is_ours(script: Path) -> bool:
    """Whether it comes with this package, be it by way of a link."""
    return script.resolve().parent in _resolved(OURS, *_COPIES)


def command(script: Path) -> list[str]:
    """Return the command line that runs ``script`` through its interpreter.

    Homes may be mounted noexec, and a package's files need not be executable: so the "#!" line is
    obeyed here rather than by the kernel (execve(2)). A script without one is for sh; a binary is
    run as it is.
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
    """Return the folders to look in: the site's first, wherever ours is among them."""
    ours = _resolved(OURS, *_COPIES)
    sites = (Path(folder) for folder in folders if Path(folder).resolve() not in ours)
    return [*sites, OURS, *_COPIES]


def _resolved(*folders: Path) -> set[Path]:
    return {folder.resolve() for folder in folders}


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
