"""Headless X servers: Xorg with the dummy driver, and Xvfb."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Set
from pathlib import Path

from ..errors import DisplayServerMissing
from ..system.packages import install_command
from . import x_options
from .base import Runtime, ServerProgram

_XORG = ("/usr/lib/xorg/Xorg", "/usr/libexec/Xorg", "/usr/lib/Xorg", "/usr/bin/Xorg")
_MODULES = ("/usr/lib/xorg/modules", "/usr/lib64/xorg/modules")
_DRIVER = "drivers/dummy_drv.so"

LARGEST = (8192, 4096)  # pixels, for both; Xvfb allocates a framebuffer of that size at the start

# Modes of other sizes are created on request (session/x11/screen.py).
_CONFIGURATION = """\
Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoEnableDevices" "false"
  Option "AutoAddGPU" "false"
  Option "DontVTSwitch" "true"
  Option "BlankTime" "0"
  Option "StandbyTime" "0"
  Option "SuspendTime" "0"
  Option "OffTime" "0"
EndSection
Section "Device"
  Identifier "dummy"
  Driver "dummy"
  VideoRam 262144
EndSection
Section "Monitor"
  Identifier "dummy"
  HorizSync 1.0 - 20000.0
  VertRefresh 1.0 - 300.0
  Modeline "1920x1080" 23.53 1920 1952 2040 2072 1080 1106 1108 1135
EndSection
Section "Screen"
  Identifier "dummy"
  Device "dummy"
  Monitor "dummy"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "1920x1080"
    Virtual {width} {height}
  EndSubSection
EndSection
"""


def files(where: Runtime) -> Mapping[Path, bytes]:
    """Return the files that the servers read."""
    width, height = LARGEST
    return {_configuration(where): _CONFIGURATION.format(width=width, height=height).encode()}


def with_many_clients() -> frozenset[str]:
    """Return the paths of the installed servers that accept ``x_options.MANY_CLIENTS``."""
    there = filter(None, (_xorg_path(), _xvfb_path()))
    return frozenset(filter(x_options.takes_many_clients, there))


def servers(
    setting: str, where: Runtime, ready_fd: int, many_clients: Set[str] = frozenset()
) -> list[ServerProgram]:
    """Return the candidates: all servers for "auto", otherwise the one that is set.

    ``many_clients`` is the result of ``with_many_clients``. Raises ``DisplayServerMissing`` if none
    is installed.
    """
    known = {
        "xorg": _xorg(where, ready_fd, many_clients),
        "xvfb": _xvfb(where, ready_fd, many_clients),
    }
    wanted = list(known.values()) if setting == "auto" else [known[setting]]
    if all(server.problem for server in wanted):
        raise DisplayServerMissing(
            "Xpra needs an X server, and none is installed: "
            f"{'; '.join(server.problem for server in wanted)}.",
            remedy="Install one, or ask the administrator of this machine to:",
            command=install_command("xvfb" if setting == "auto" else setting),
        )
    return wanted


def _xorg_path() -> str:
    # Not on PATH: Xorg there may be a wrapper that requires a console, or root.
    return next((path for path in _XORG if os.access(path, os.X_OK)), "")


def _xvfb_path() -> str:
    return shutil.which("Xvfb") or ""


def _xorg(where: Runtime, ready_fd: int, many_clients: Set[str]) -> ServerProgram:
    executable = _xorg_path()
    problem = ""
    if not executable:
        problem = f"Xorg is not installed (looked for {', '.join(_XORG)})"
    elif not any(Path(folder, _DRIVER).exists() for folder in _MODULES):
        problem = (
            "the dummy video driver of Xorg is not installed (looked for "
            f"{_DRIVER} in {' and '.join(_MODULES)})"
        )
    command = [
        executable,
        *_common(where, ready_fd),
        *(x_options.MANY_CLIENTS if executable in many_clients else ()),
        *("-config", str(_configuration(where))),
        # An empty folder: the system's configuration describes a real screen.
        *("-configdir", str(where.folder / "xorg-config")),
        *("-logfile", str(where.folder / "xorg.log")),
        *("-novtswitch", "-sharevts"),
    ]
    return ServerProgram("Xorg with the dummy driver", command, problem=problem)


def _xvfb(where: Runtime, ready_fd: int, many_clients: Set[str]) -> ServerProgram:
    executable = _xvfb_path()
    width, height = LARGEST
    command = [
        executable,
        *_common(where, ready_fd),
        *(x_options.MANY_CLIENTS if executable in many_clients else ()),
        *("-screen", "0", f"{width}x{height}x24"),
        *("+extension", "GLX", "+extension", "RANDR"),
        *("+extension", "RENDER", "+extension", "Composite"),
    ]
    return ServerProgram("Xvfb", command, problem="" if executable else "Xvfb is not on PATH")


def _common(where: Runtime, ready_fd: int) -> list[str]:
    return [
        where.display,
        *("-displayfd", str(ready_fd)),
        *("-auth", str(where.xauthority)),
        *where.listening,
        "-noreset",
        *("-s", "0"),
        # The page repeats keys: on a slow connection a key's release may come late here.
        "-r",
        *("-dpi", "96"),
    ]


def _configuration(where: Runtime) -> Path:
    return where.folder / "xorg.conf"
