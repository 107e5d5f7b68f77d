"""The start scripts of XFCE and Openbox on Xtigervnc."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.servers import JupyterServer, named, running, until


def run_in(process: psutil.Process, *command: str) -> str:
    """Run a command like a program of the same desktop; return its output."""
    done = subprocess.run(
        command, env=process.environ(), capture_output=True, text=True, timeout=20, check=True
    )
    return done.stdout.strip()


def xfce_logs_out(environment: Mapping[str, str], **options: Any) -> None:
    """Ask the session manager to log out; it refuses while it still starts programs."""
    manager = ["--dest=org.xfce.SessionManager", "/org/xfce/SessionManager"]
    call = ["org.xfce.Session.Manager.Logout", "boolean:false", "boolean:false"]
    command = ["dbus-send", "--session", "--print-reply", *manager, *call]

    def is_taken() -> bool:
        ran = subprocess.run(command, env=environment, capture_output=True, check=False, **options)
        return ran.returncode == 0

    until(is_taken, "Xfce to log out", 30)


def autostart(folder: Path, name: str, command: str) -> None:
    """Add an autostart entry, as a package of the distribution does."""
    folder.mkdir(parents=True, exist_ok=True)
    entry = f"[Desktop Entry]\nType=Application\nName={name}\nExec={command}\n"
    (folder / f"{name}.desktop").write_text(entry)


_TRUST = 'gio set "$1" metadata::xfce-exe-checksum "$(sha256sum "$1" | cut -d" " -f1)"'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the site's settings: a locker, another program, and a keyring's service."""
    folder = tmp_path_factory.mktemp("site")
    autostart(folder / "autostart", "light-locker", f"touch {folder}/locker-started")
    autostart(folder / "autostart", "welcome", f"touch {folder}/welcome-started")
    services = folder / "share" / "dbus-1" / "services"
    services.mkdir(parents=True)
    (services / "org.freedesktop.secrets.service").write_text(
        "[D-BUS Service]\nName=org.freedesktop.secrets\n"
        # With status 0 D-Bus would wait for a service in the background.
        f'Exec=/bin/sh -c "touch {folder}/keyring-started; exit 1"\n'
    )
    return folder


@pytest.fixture(scope="module")
def xfce(site: Path) -> Iterator[psutil.Process]:
    """The window manager of an XFCE."""
    environment = {
        "XDG_CONFIG_DIRS": f"{site}:/etc/xdg",
        "XDG_DATA_DIRS": f"{site}/share:/usr/local/share:/usr/share",
    }
    with running(start_script="xfce", environment=environment) as server:
        yield window_manager(server, "xfwm4")


def window_manager(server: JupyterServer, name: str) -> psutil.Process:
    """Start the desktop and return its window manager's process."""
    server.start_desktop()  # "running" is a window manager on the root window
    (process,) = named(server.processes(), name)
    return process


def test_xfce_starts_no_locker(xfce: psutil.Process, site: Path) -> None:
    until((site / "welcome-started").exists, "the other program to start")
    assert not (site / "locker-started").exists()


def test_xfce_has_no_lock_command_and_no_compositing(xfce: psutil.Process) -> None:
    assert (
        run_in(xfce, "xfconf-query", "-c", "xfce4-session", "-p", "/general/LockCommand") == "true"
    )
    assert run_in(xfce, "xfconf-query", "-c", "xfwm4", "-p", "/general/use_compositing") == "false"
    # The system's own defaults are still there behind ours.
    assert run_in(xfce, "xfconf-query", "-c", "xfce4-session", "-p", "/sessions/Failsafe/Count")


def call(process: psutil.Process, name: str, *method: str) -> subprocess.CompletedProcess[str]:
    """Call a D-Bus method like a program of the same desktop, with D-Bus's usual timeout."""
    return subprocess.run(
        ["gdbus", "call", "--session", "--timeout", "25", "--dest", name, "--object-path", *method],
        env=process.environ(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


_SECRETS = ("org.freedesktop.secrets", "/org/freedesktop/secrets", "--method")


def test_no_first_keyring_is_offered(xfce: psutil.Process, site: Path) -> None:
    """Its password dialog would block Chromium's first window."""
    assert call(xfce, *_SECRETS, "org.freedesktop.DBus.Peer.Ping").returncode != 0
    assert not (site / "keyring-started").exists()


def test_an_existing_keyring_stays_in_use(site: Path) -> None:
    def with_keyring(server: JupyterServer) -> None:
        folder = server.home / ".local" / "share" / "keyrings"
        folder.mkdir(parents=True)
        (folder / "login.keyring").touch()

    services = {"XDG_DATA_DIRS": f"{site}/share:/usr/share"}
    with running(start_script="openbox", environment=services, prepare=with_keyring) as server:
        manager = window_manager(server, "openbox")
        call(manager, *_SECRETS, "org.freedesktop.DBus.Peer.Ping")
        assert (site / "keyring-started").exists()
        (site / "keyring-started").unlink()


def test_programs_do_not_wait_for_a_portal(xfce: psutil.Process) -> None:
    """GTK 4 requests settings from it before the first window, with D-Bus's timeout."""
    settings = "org.freedesktop.portal.Settings.ReadAll"
    asked = ("/org/freedesktop/portal/desktop", "--method", settings, "@as []")
    ran = call(xfce, "org.freedesktop.portal.Desktop", *asked)
    assert "Timeout" not in ran.stderr
    assert ran.returncode == 0 or "GDBus.Error" in ran.stderr, ran.stderr


def test_a_trusted_launcher_starts_without_a_question(xfce: psutil.Process, site: Path) -> None:
    launcher = Path(xfce.environ()["HOME"], "Desktop", "mine.desktop")
    launcher.parent.mkdir(exist_ok=True)
    entry = f"[Desktop Entry]\nType=Application\nName=mine\nExec=touch {site}/launched\n"
    launcher.write_text(entry)
    launcher.chmod(0o755)
    # As documented; fails without gvfs, where it is not needed.
    subprocess.run(
        ["sh", "-c", _TRUST, "sh", str(launcher)],
        env=xfce.environ(),
        capture_output=True,
        timeout=30,
        check=False,
    )
    # The call of xfdesktop at a double click.
    method = ("--method", "org.xfce.FileManager.Execute", str(launcher.parent), launcher.as_uri())
    display = xfce.environ()["DISPLAY"]
    manager = ("org.xfce.FileManager", "/org/xfce/FileManager")
    ran = call(xfce, *manager, *method, "[]", display, "")
    assert ran.returncode == 0, ran.stderr
    until((site / "launched").exists, "the launcher's program")


def test_a_second_xfce_starts_from_a_terminal_of_the_first(xfce: psutil.Process) -> None:
    inherited = xfce.environ()
    outer = {
        name: inherited[name] for name in ["DBUS_SESSION_BUS_ADDRESS", "SESSION_MANAGER", "DISPLAY"]
    }
    with running(start_script="xfce", environment=outer) as server:
        second = window_manager(server, "xfwm4")
        for name, value in outer.items():
            assert second.environ()[name] != value
    assert xfce.is_running()


def test_xfce_starts_with_a_read_only_home() -> None:
    unwritable = {"XDG_CONFIG_HOME": "/dev/null/config", "XDG_CACHE_HOME": "/dev/null/cache"}
    with running(start_script="xfce", environment=unwritable) as server:
        assert window_manager(server, "xfwm4").is_running()


NO_IMAGE = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-desktop" version="1.0">
  <property name="backdrop" type="empty"><property name="screen0" type="empty">
    <property name="monitorVNC-0" type="empty"><property name="workspace0" type="empty">
      <property name="last-image" type="string" value="/nowhere/image.svg"/>
    </property></property>
  </property></property>
</channel>
"""
# The desktop's colour in the middle of the screen.
COLOUR = """
import xcffib, xcffib.xproto as x
connection = xcffib.connect()
root = connection.get_setup().roots[0].root
pixels = connection.core.GetImage(x.ImageFormat.ZPixmap, root, 960, 540, 1, 1, 0xffffffff)
print(pixels.reply().data.buf()[:3][::-1].hex())
"""


def test_xfce_shows_a_colour_if_its_image_cannot_be_loaded() -> None:
    def prepare(server: JupyterServer) -> None:
        file = server.home / ".config/xfce4/xfconf/xfce-perchannel-xml/xfce4-desktop.xml"
        file.parent.mkdir(parents=True)
        file.write_text(NO_IMAGE)

    with running(start_script="xfce", prepare=prepare) as server:
        process = window_manager(server, "xfwm4")
        blue = "2b5173"  # 0.17, 0.32, 0.45 of 255
        until(lambda: run_in(process, sys.executable, "-c", COLOUR) == blue, "the colour", 60)


def test_openbox_starts_with_and_without_dbus(tmp_path: Path) -> None:
    with running(start_script="openbox") as server:
        assert "DBUS_SESSION_BUS_ADDRESS" in window_manager(server, "openbox").environ()
    path = path_without("dbus-daemon", "dbus-launch", folder=tmp_path / "bin")
    with running(start_script="default", environment={"PATH": str(path)}) as server:
        assert "DBUS_SESSION_BUS_ADDRESS" not in window_manager(server, "openbox").environ()


def path_without(*missing: str, folder: Path) -> Path:
    """Return a folder with links to all programs of the system except the ``missing`` ones."""
    folder.mkdir()
    for program in [*Path("/bin").iterdir(), *Path("/usr/bin").iterdir()]:
        link = folder / program.name
        if program.name not in missing and not link.is_symlink():
            link.symlink_to(program)
    return folder
