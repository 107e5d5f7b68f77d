"""Commands that install missing programs, for the distribution of this machine."""

from __future__ import annotations

import os
import platform
import shutil

_COMMANDS = {
    "debian": "sudo apt install {}",
    "fedora": "sudo dnf install {}",
    "rhel": "sudo dnf install {}",
    "suse": "sudo zypper install {}",
    "arch": "sudo pacman -S {}",
    "alpine": "sudo apk add {}",
}

_PACKAGES = {
    "tigervnc": {
        "debian": "tigervnc-standalone-server",
        "fedora": "tigervnc-server",
        "rhel": "tigervnc-server",
        "suse": "xorg-x11-Xvnc",
    },
    # Debian's Xpra only recommends these, but shows nothing without Pillow, does not encrypt
    # without cryptography, and is slow without lz4.
    "xpra": {"debian": "xpra xvfb python3-pil python3-cryptography python3-lz4 libjs-jquery"},
    "PIL": {
        "debian": "python3-pil",
        "fedora": "python3-pillow",
        "rhel": "python3-pillow",
        "suse": "python3-Pillow",
        "arch": "python-pillow",
        "alpine": "py3-pillow",
    },
    "cryptography": {
        "debian": "python3-cryptography",
        "fedora": "python3-cryptography",
        "rhel": "python3-cryptography",
        "suse": "python3-cryptography",
        "arch": "python-cryptography",
        "alpine": "py3-cryptography",
    },
    "xvfb": {
        "debian": "xvfb",
        "fedora": "xorg-x11-server-Xvfb",
        "rhel": "xorg-x11-server-Xvfb",
        "suse": "xorg-x11-server-Xvfb",
        "arch": "xorg-server-xvfb",
    },
    "xorg": {
        "debian": "xserver-xorg-core xserver-xorg-video-dummy",
        "fedora": "xorg-x11-server-Xorg xorg-x11-drv-dummy",
        "rhel": "xorg-x11-server-Xorg xorg-x11-drv-dummy",
        "suse": "xorg-x11-server xf86-video-dummy",
        "arch": "xorg-server xf86-video-dummy",
        "alpine": "xorg-server xf86-video-dummy",
    },
    "slurm": {"debian": "slurm-client"},
    "xfce": {
        "debian": "xfce4 xfce4-terminal dbus-x11",
        "fedora": "@xfce-desktop",
        "rhel": "@xfce-desktop",
        "suse": "patterns-xfce-xfce",
        "arch": "xfce4",
        "alpine": "xfce4 xfce4-terminal dbus-x11",
    },
    "dbus": {"suse": "dbus-1-x11"}
    | dict.fromkeys(("debian", "fedora", "rhel", "alpine"), "dbus-x11"),
    "libyuv": {"debian": "libyuv0", "suse": "libyuv0"},
    # for glxinfo
    "mesa-utils": {"suse": "Mesa-demo-x"} | dict.fromkeys(("fedora", "rhel"), "glx-utils"),
}

_SYSTEM_FOLDERS = "/usr/local/bin:/usr/bin:/bin"


def install_command(thing: str, release: dict[str, str] | None = None) -> str:
    """Return the command that installs ``thing`` ("tigervnc", "xpra", "xfce", …).

    ``release`` has the keys ID and ID_LIKE of os-release(5), by default this machine's. For an
    unknown distribution the command is Debian's.
    """
    family = _family(_os_release() if release is None else release)
    return _COMMANDS[family].format(_PACKAGES[thing].get(family, thing))


def off_path(*programs: str) -> str:
    """Return a remedy if one of ``programs`` is in a system folder that PATH lacks, else ""."""
    for program in programs:
        if found := shutil.which(program, path=_SYSTEM_FOLDERS):
            folder = os.path.dirname(found)  # noqa: PTH120
            return (
                f"{found} exists, but {folder} is not on the PATH that Jupyter was started with: "
                "add it there. Otherwise: "
            )
    return ""


def _family(release: dict[str, str]) -> str:
    names = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    return next((name.split("-")[0] for name in names if name.split("-")[0] in _COMMANDS), "debian")


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}
