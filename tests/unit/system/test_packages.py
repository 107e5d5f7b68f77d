"""The command that installs a missing program, for each distribution."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jupyter_desktop.system.packages import install_command, off_path

DEBIAN = {"ID": "debian"}
UBUNTU = {"ID": "ubuntu", "ID_LIKE": "debian"}
MINT = {"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}
FEDORA = {"ID": "fedora"}
ROCKY = {"ID": "rocky", "ID_LIKE": "rhel centos fedora"}
CENTOS = {"ID": "centos", "ID_LIKE": "rhel fedora"}
LEAP = {"ID": "opensuse-leap", "ID_LIKE": "suse opensuse"}
SLES = {"ID": "sles", "ID_LIKE": "suse"}
ARCH = {"ID": "arch"}
MANJARO = {"ID": "manjaro", "ID_LIKE": "arch"}
ALPINE = {"ID": "alpine"}
UNKNOWN = {"ID": "plan9"}
NOTHING: dict[str, str] = {}


@pytest.mark.parametrize(
    ("release", "thing", "command"),
    [
        (DEBIAN, "tigervnc", "sudo apt install tigervnc-standalone-server"),
        (UBUNTU, "tigervnc", "sudo apt install tigervnc-standalone-server"),
        (MINT, "tigervnc", "sudo apt install tigervnc-standalone-server"),
        (FEDORA, "tigervnc", "sudo dnf install tigervnc-server"),
        (ROCKY, "tigervnc", "sudo dnf install tigervnc-server"),
        (CENTOS, "tigervnc", "sudo dnf install tigervnc-server"),
        (LEAP, "tigervnc", "sudo zypper install xorg-x11-Xvnc"),
        (SLES, "tigervnc", "sudo zypper install xorg-x11-Xvnc"),
        (ARCH, "tigervnc", "sudo pacman -S tigervnc"),
        (MANJARO, "tigervnc", "sudo pacman -S tigervnc"),
        (ALPINE, "tigervnc", "sudo apk add tigervnc"),
        (UNKNOWN, "tigervnc", "sudo apt install tigervnc-standalone-server"),
        (NOTHING, "tigervnc", "sudo apt install tigervnc-standalone-server"),
        (UBUNTU, "xfce", "sudo apt install xfce4 xfce4-terminal dbus-x11"),
        (FEDORA, "xfce", "sudo dnf install @xfce-desktop"),
        (ROCKY, "xfce", "sudo dnf install @xfce-desktop"),
        (SLES, "xfce", "sudo zypper install patterns-xfce-xfce"),
        (ARCH, "xfce", "sudo pacman -S xfce4"),
        (ALPINE, "xfce", "sudo apk add xfce4 xfce4-terminal dbus-x11"),
        (DEBIAN, "dbus", "sudo apt install dbus-x11"),
        (LEAP, "dbus", "sudo zypper install dbus-1-x11"),
        (ARCH, "dbus", "sudo pacman -S dbus"),
        (DEBIAN, "mesa-utils", "sudo apt install mesa-utils"),
        (ROCKY, "mesa-utils", "sudo dnf install glx-utils"),
    ],
)
def test_the_command_is_that_of_the_distribution(
    release: dict[str, str], thing: str, command: str
) -> None:
    assert install_command(thing, release) == command


def test_without_a_release_this_machine_s_is_used() -> None:
    assert "install" in install_command("tigervnc") or "-S" in install_command("tigervnc")


def test_a_program_in_a_folder_that_path_lacks_is_reported() -> None:
    where = shutil.which("sh", path="/usr/local/bin:/usr/bin:/bin")
    assert where
    told = off_path("no-such-program", "sh")
    assert told.startswith(f"{where} exists, but {Path(where).parent} is not on the PATH")
    assert off_path("no-such-program") == ""
