"""The start scripts, on machines where chosen programs are installed: stubs on a private PATH."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

import pytest

XSTARTUP = Path(__file__).parents[2] / "xstartup"
SCRIPTS = sorted(path.name for path in XSTARTUP.iterdir() if path.is_file())
BUS = "dbus-daemon"
TOOLS = [
    "cat",
    "chmod",
    "dirname",
    "env",
    "find",
    "grep",
    "id",
    "mkdir",
    "mkfifo",
    "readlink",
    "rm",
    "sh",
]

# common.sh says which failure each of them causes.
OF_AN_OUTER_DESKTOP = [
    *["SESSION_MANAGER", "DESKTOP_AUTOSTART_ID", "DESKTOP_STARTUP_ID", "WINDOWID"],
    *["DBUS_SESSION_BUS_ADDRESS", "DBUS_SESSION_BUS_PID"],
    *["WAYLAND_DISPLAY", "GDK_BACKEND", "QT_QPA_PLATFORM"],
    *["XDG_SESSION_ID", "XDG_SEAT", "XDG_VTNR", "XDG_MENU_PREFIX"],
    *["GNOME_DESKTOP_SESSION_ID", "GNOME_SETUP_DISPLAY", "KDE_FULL_SESSION"],
    *["XMODIFIERS", "GTK_IM_MODULE", "QT_IM_MODULE", "GTK_MODULES"],
]

_STUBS = {
    BUS: "echo dbus-daemon; echo unix:path=/daemon >&3",
    "dbus-launch": "echo 'export DBUS_SESSION_BUS_ADDRESS=unix:path=/launch'",
    "dconf": 'echo "$1 $3" >"$2"',
    "xset": 'echo "xset $*" >>"$JUPYTER_DESKTOP_RUNTIME/xset"',
}
_DESKTOP = 'echo "${0##*/}"; env -0 >"$JUPYTER_DESKTOP_RUNTIME/environment"'


class Machine:
    """A PATH with the usual tools, the programs installed on it, a home and a runtime folder."""

    def __init__(self, root: Path) -> None:
        self.path, self.home, self.runtime = root / "bin", root / "home", root / "run"
        for folder in (self.path, self.home, self.runtime):
            folder.mkdir(mode=0o700)
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, tool
            (self.path / tool).symlink_to(found)

    def install(self, programs: Iterable[str]) -> None:
        for program in programs:
            stub = self.path / program
            stub.unlink(missing_ok=True)
            stub.write_text(f"#!/bin/sh\n{_STUBS.get(program, _DESKTOP)}\n")
            stub.chmod(0o755)

    def install_stub(self, program: str, script: str) -> None:
        self.install([program])
        (self.path / program).write_text(f"#!/bin/sh\n{script}\n")

    def start(
        self,
        script: str | Path,
        environment: dict[str, str] | None = None,
        arguments: Iterable[str] = (),
    ) -> subprocess.CompletedProcess[str]:
        given = {
            "DISPLAY": ":77",
            "HOME": str(self.home),
            "PATH": str(self.path),
            "LANG": "C.UTF-8",
            "JUPYTER_DESKTOP_RUNTIME": str(self.runtime),
        }
        return subprocess.run(
            ["/bin/sh", str(XSTARTUP / script), *arguments],
            env={**given, **(environment or {})},
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The environment that the desktop got."""
        pairs = (self.runtime / "environment").read_text().split("\0")
        return dict(pair.split("=", 1) for pair in pairs if pair)

    def config_file(self, name: str) -> Path:
        """Return the configuration file ``name`` that a program finds by the rules of XDG."""
        folders = self.environment["XDG_CONFIG_DIRS"].split(":")
        return next(path for folder in folders if (path := Path(folder, name)).exists())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


# -- which desktop


@pytest.mark.parametrize(
    ("installed", "started"),
    [
        ("startxfce4 mate-session openbox-session", "startxfce4"),
        ("xfce4-session openbox", "xfce4-session"),
        ("mate-session startlxqt icewm", "mate-session"),
        ("startlxqt openbox openbox-session", "startlxqt"),
        ("icewm icewm-session openbox openbox-session", "openbox-session"),
        ("openbox icewm-session", "openbox"),
        ("icewm icewm-session", "icewm-session"),
        ("icewm", "icewm"),
    ],
)
def test_default_runs_the_first_desktop_installed(
    machine: Machine, installed: str, started: str
) -> None:
    machine.install([BUS, *installed.split()])
    ran = machine.start("default")
    assert (ran.returncode, ran.stdout.split()) == (0, [BUS, started]), ran.stderr


@pytest.mark.parametrize(
    ("script", "installed", "name"),
    [
        ("xfce", "startxfce4", "XFCE"),
        ("mate", "mate-session", "MATE"),
        ("lxqt", "startlxqt", "LXQt"),
        ("openbox", "openbox-session", "OPENBOX"),
        ("icewm", "icewm-session", "ICEWM"),
    ],
)
def test_each_script_runs_its_desktop_and_names_it(
    machine: Machine, script: str, installed: str, name: str
) -> None:
    machine.install([BUS, "startxfce4", "openbox", installed])
    ran = machine.start(script)
    assert ran.stdout.split() == [BUS, installed]
    assert ran.stderr == ""
    assert machine.environment["XDG_CURRENT_DESKTOP"] == name
    assert machine.environment["XDG_SESSION_TYPE"] == "x11"
    assert machine.environment["DESKTOP_SESSION"] == script


def test_openbox_opens_a_terminal_unless_it_has_an_autostart_file(machine: Machine) -> None:
    machine.install([BUS, "openbox"])
    machine.install_stub("xterm", 'echo xterm >"$JUPYTER_DESKTOP_RUNTIME/terminal"')
    terminal = machine.runtime / "terminal"
    autostart = machine.home / ".config" / "openbox" / "autostart"

    machine.install_stub("openbox", 'until [ -e "$JUPYTER_DESKTOP_RUNTIME/terminal" ]; do :; done')
    assert machine.start("openbox").returncode == 0
    terminal.unlink()
    autostart.parent.mkdir(parents=True)
    autostart.touch()
    machine.install(["openbox"])
    assert machine.start("openbox").returncode == 0
    assert not terminal.exists()


def test_a_link_to_a_script_works(machine: Machine) -> None:
    machine.install([BUS, "startxfce4"])
    link = machine.home / "xstartup"
    link.symlink_to(XSTARTUP / "xfce")
    assert machine.start(link).stdout.split() == [BUS, "startxfce4"]
    assert str(XSTARTUP / "xdg") in machine.environment["XDG_CONFIG_DIRS"].split(":")


# -- what is missing


def test_without_any_desktop_the_error_names_programs_and_packages(
    machine: Machine,
) -> None:
    machine.install(["apt-get"])
    ran = machine.start("default")
    assert ran.returncode == 127
    for program in ["startxfce4", "mate-session", "startlxqt", "openbox-session", "icewm-session"]:
        assert program in ran.stderr
    assert str(machine.path) in ran.stderr
    assert "sudo apt install xfce4 xfce4-terminal dbus-x11" in ran.stderr


def test_without_apt_the_error_names_the_packages(machine: Machine) -> None:
    ran = machine.start("default")
    assert "package manager" in ran.stderr
    assert "xfce4 xfce4-terminal" in ran.stderr
    assert "apt install" not in ran.stderr


@pytest.mark.parametrize("script", ["xfce", "mate", "lxqt", "openbox", "icewm"])
def test_a_desktop_that_is_not_installed_is_named(machine: Machine, script: str) -> None:
    ran = machine.start(script)
    assert ran.returncode == 127
    assert ran.stderr.startswith(f"The desktop cannot start. {script} is not installed: looked for")


@pytest.mark.parametrize("variable", ["DISPLAY", "JUPYTER_DESKTOP_RUNTIME"])
def test_outside_a_session_the_error_names_the_missing_variable(
    machine: Machine, variable: str
) -> None:
    machine.install([BUS, "startxfce4"])
    ran = machine.start("xfce", {variable: ""})
    assert ran.returncode != 0
    assert f"{variable}: " in ran.stderr
    assert "run by a desktop session" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no application to run"),
        (["full-screen"], "no application to run"),
        (["kiosk", "xterm"], "no mode kiosk"),
    ],
)
def test_an_application_without_mode_or_command_is_refused(
    machine: Machine, arguments: list[str], said: str
) -> None:
    ran = machine.start("application", arguments=arguments)
    assert ran.returncode == 1
    assert f"There is {said}" in ran.stderr


def test_only_a_full_screen_application_has_a_window_manager(
    machine: Machine,
) -> None:
    machine.install([BUS, "xterm"])
    machine.install_stub("icewm", 'echo icewm >"$JUPYTER_DESKTOP_RUNTIME/manager"')
    manager = machine.runtime / "manager"
    ran = machine.start("application", arguments=["seamless", "xterm"])
    assert (ran.stdout.split(), manager.exists()) == ([BUS, "xterm"], False)
    machine.install_stub("xterm", 'until [ -e "$JUPYTER_DESKTOP_RUNTIME/manager" ]; do :; done')
    assert machine.start("application", arguments=["full-screen", "xterm"]).returncode == 0


# -- D-Bus


@pytest.mark.parametrize(("launcher", "address"), [(BUS, "daemon"), ("dbus-launch", "launch")])
def test_programs_get_the_address_of_their_dbus(
    machine: Machine, launcher: str, address: str
) -> None:
    machine.install([launcher, "startxfce4"])
    assert machine.start("xfce").returncode == 0
    assert machine.environment["DBUS_SESSION_BUS_ADDRESS"] == f"unix:path=/{address}"


def test_where_dbus_does_not_start_the_desktop_fails(machine: Machine) -> None:
    machine.install(["startxfce4"])
    machine.install_stub(BUS, "echo no socket >&2; exit 1")
    ran = machine.start("xfce")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("no socket\nThe desktop cannot start. D-Bus ended at its start.")


def test_without_dbus_default_runs_a_window_manager(machine: Machine) -> None:
    machine.install(["startxfce4", "mate-session", "icewm-session"])
    assert machine.start("default").stdout.split() == ["icewm-session"]


@pytest.mark.parametrize("script", ["xfce", "default"])
def test_without_dbus_a_desktop_environment_fails_and_names_dbus(
    machine: Machine, script: str
) -> None:
    machine.install(["startxfce4", "apt-get"])
    ran = machine.start(script)
    assert ran.returncode == 127
    assert "xfce needs D-Bus: looked for dbus-daemon and dbus-launch" in ran.stderr
    assert "sudo apt install" in ran.stderr


def test_an_account_without_a_name_gets_only_a_window_manager(machine: Machine) -> None:
    machine.install([BUS, "startxfce4"])
    machine.install_stub("id", '[ "$1" = -u ] && echo 4711')
    ran = machine.start("default")
    # Not 127, which would say that a program is missing.
    assert ran.returncode == 1
    assert "UID 4711" in ran.stderr
    machine.install(["openbox"])
    assert machine.start("default").stdout.split() == ["openbox"]


# -- the environment


def test_variables_of_an_outer_desktop_are_removed(machine: Machine) -> None:
    machine.install([BUS, "startxfce4"])
    machine.start("xfce", dict.fromkeys(OF_AN_OUTER_DESKTOP, "outer"))
    leaked = {name for name, value in machine.environment.items() if value == "outer"}
    assert leaked == set()
    assert machine.environment["DISPLAY"] == ":77"


def test_a_private_runtime_folder_is_kept(machine: Machine, tmp_path: Path) -> None:
    machine.install([BUS, "startxfce4"])
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    machine.start("xfce", {"XDG_RUNTIME_DIR": str(mine)})
    assert machine.environment["XDG_RUNTIME_DIR"] == str(mine)


@pytest.mark.parametrize("given", ["", "missing", "open to all"])
def test_an_unusable_runtime_folder_is_replaced(
    machine: Machine, tmp_path: Path, given: str
) -> None:
    machine.install([BUS, "startxfce4"])
    (tmp_path / "open to all").mkdir(mode=0o755)
    machine.start("xfce", {"XDG_RUNTIME_DIR": str(tmp_path / given) if given else ""})
    folder = Path(machine.environment["XDG_RUNTIME_DIR"])
    assert folder.is_relative_to(machine.runtime)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_runtime_folder_of_another_user_is_replaced(machine: Machine, tmp_path: Path) -> None:
    machine.install([BUS, "startxfce4"])
    machine.install_stub("id", '[ "$1" = -u ] && echo 4711 || echo me')
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    machine.start("xfce", {"XDG_RUNTIME_DIR": str(theirs)})
    assert machine.environment["XDG_RUNTIME_DIR"] != str(theirs)


def test_a_home_that_cannot_be_written_is_replaced_for_the_session(machine: Machine) -> None:
    machine.install([BUS, "startxfce4"])
    ran = machine.start("xfce", {"HOME": "/dev/null"})
    assert "Cannot write to /dev/null/.config: this session's settings are not kept." in ran.stderr
    assert Path(machine.environment["XDG_CONFIG_HOME"]).is_relative_to(machine.runtime)
    assert "/dev/null/.config" in machine.environment["XDG_CONFIG_DIRS"].split(":")


def test_the_home_gets_nothing_but_a_config_folder(machine: Machine) -> None:
    machine.install([BUS, "dconf", "mate-session"])
    machine.start("mate")
    assert [path.name for path in machine.home.rglob("*")] == [".config"]


# -- screen lockers and other programs that do not suit a remote desktop


@pytest.mark.parametrize(
    "entry",
    [
        "xscreensaver",
        "light-locker",
        "xfce4-screensaver",
        "mate-screensaver",
        "gnome-screensaver",
        "lxqt-xscreensaver-autostart",
        "xfce4-power-manager",
        "mate-power-manager",
        "lxqt-powermanagement",
        "polkit-gnome-authentication-agent-1",
        "update-notifier",
    ],
)
def test_autostart_entries_are_hidden(machine: Machine, entry: str) -> None:
    machine.install([BUS, "startxfce4"])
    machine.start("xfce")
    found = configparser.ConfigParser()
    found.read(machine.config_file(f"autostart/{entry}.desktop"))
    assert found["Desktop Entry"]["Exec"] == "true"
    assert found["Desktop Entry"]["OnlyShowIn"] == "none;"


def test_the_screen_is_not_blanked(machine: Machine) -> None:
    machine.install([BUS, "xset", "startxfce4"])
    machine.start("xfce")
    assert (machine.runtime / "xset").read_text().splitlines() == [
        "xset s off s noblank",
        "xset -dpms",
    ]


@pytest.mark.parametrize(
    ("channel", "setting", "value"),
    [
        ("xfwm4", "general/use_compositing", "false"),
        ("xfce4-session", "general/LockCommand", "true"),
        ("xfce4-session", "shutdown/LockScreen", "false"),
        ("xfce4-session", "shutdown/ShowSuspend", "false"),
        ("xfce4-screensaver", "saver/enabled", "false"),
        ("xfce4-screensaver", "lock/enabled", "false"),
        ("xfce4-power-manager", "xfce4-power-manager/dpms-enabled", "false"),
    ],
)
def test_xfce_gets_our_defaults(machine: Machine, channel: str, setting: str, value: str) -> None:
    machine.install([BUS, "startxfce4"])
    machine.start("xfce")
    file = machine.config_file(f"xfce4/xfconf/xfce-perchannel-xml/{channel}.xml")
    found = ET.parse(file).getroot()
    assert found.attrib["name"] == channel
    for name in setting.split("/"):
        (found,) = (child for child in found if child.attrib["name"] == name)
    assert found.attrib["value"] == value


@pytest.mark.parametrize("repeat", ["on", "off"])
def test_key_repeat_of_xfce_is_off_only_where_the_session_turns_it_off(
    machine: Machine, repeat: str
) -> None:
    machine.install([BUS, "startxfce4"])
    machine.start("xfce", {"JUPYTER_DESKTOP_KEY_REPEAT": repeat})
    name = "xfce4/xfconf/xfce-perchannel-xml/keyboards.xml"
    ours = [one for one in machine.environment["XDG_CONFIG_DIRS"].split(":") if one != "/etc/xdg"]
    found = [path.read_text() for one in ours if (path := Path(one, name)).exists()]
    assert len(found) == (repeat == "off")
    assert all('name="KeyRepeat" type="bool" value="false"' in text for text in found)


def test_lxqt_gets_an_installed_window_manager(machine: Machine) -> None:
    machine.install([BUS, "startlxqt", "xfwm4", "marco"])
    machine.start("lxqt")
    settings = configparser.ConfigParser()
    settings.read(machine.config_file("lxqt/session.conf"))
    assert dict(settings["General"]) == {"lock_command": "true", "window_manager": "xfwm4"}
    assert machine.environment["XDG_CONFIG_DIRS"].endswith(":/etc/xdg:/usr/share")


def test_mate_gets_our_defaults_only_where_dconf_is_installed(machine: Machine) -> None:
    machine.install([BUS, "mate-session"])
    machine.start("mate")
    assert "DCONF_PROFILE" not in machine.environment
    machine.install(["dconf"])
    machine.start("mate")
    lines = Path(machine.environment["DCONF_PROFILE"]).read_text().splitlines()
    database = lines[1].removeprefix("file-db:")
    assert lines[0] == "user-db:user"
    assert Path(database).read_text() == f"compile {XSTARTUP}/dconf\n"


CHANNEL = "xfce4/xfconf/xfce-perchannel-xml/xfce4-desktop.xml"


def backdrops(machine: Machine) -> dict[str, dict[str, list[str]]]:
    """Return properties by output, of the first workspace."""
    screen = ET.parse(machine.config_file(CHANNEL)).find("property/property[@name='screen0']")
    assert screen is not None
    return {
        monitor.attrib["name"]: {
            one.attrib["name"]: [one.attrib.get("value", ""), *(v.attrib["value"] for v in one)]
            for one in monitor.findall("property[@name='workspace0']/property")
        }
        for monitor in screen
    }


def test_the_background_of_xfce_has_a_colour_on_every_output(machine: Machine) -> None:
    machine.install(["startxfce4", BUS])
    machine.install_stub(
        "xrandr", "echo 'VNC-0 connected 9x9+0+0'; echo 'X-1 connected'; echo 'Y-1 disconnected'"
    )
    assert machine.start("xfce").returncode == 0
    found = backdrops(machine)
    assert {"monitorVNC-0", "monitorX-1", "monitorscreen"} < set(found)
    assert "monitorY-1" not in found
    for values in found.values():
        assert values == {"color-style": ["0"], "rgba1": ["", "0.17", "0.32", "0.45", "1.0"]}


def test_without_debian_s_background_xfce_gets_another_one(machine: Machine) -> None:
    machine.install(["startxfce4", BUS])
    machine.install_stub("xfdesktop", "# shows /usr/share/images/desktop-base/default")
    assert machine.start("xfce").returncode == 0
    (_, values), *_ = backdrops(machine).items()
    missing = not Path("/usr/share/images/desktop-base/default").exists()
    images = [str(path) for path in Path("/usr/share/backgrounds/xfce").glob("*")]
    if missing and images:
        assert values["last-image"][0] in images
    else:
        assert "last-image" not in values


def test_a_site_s_background_stays(machine: Machine, tmp_path: Path) -> None:
    machine.install(["startxfce4", BUS])
    site = tmp_path / "site" / CHANNEL
    site.parent.mkdir(parents=True)
    site.write_text("the site's")
    environment = {"XDG_CONFIG_DIRS": f"/nowhere:{tmp_path}/site:/etc/xdg"}
    assert machine.start("xfce", environment).returncode == 0
    assert machine.config_file(CHANNEL).read_text() == "the site's"
