"""What Xpra and the X server below it are told, by version and setting."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop.backends import DisplaySettings, Runtime, XpraSettings, backend
from desktop.backends.xpra import GUARD, InstalledXpra, _interpreter
from desktop.errors import DisplayServerMissing, DisplayServerUnsuitable

FOLDER = Path("/run/user/1000/jd-abcdefgh")
WHERE = Runtime(FOLDER, ":7")

# What `xpra --help` lists, of the options that matter: 3.1 as run, the others as documented.
COMMON = frozenset(
    """use-display daemon bind auth socket-dir clipboard clipboard-direction speaker webcam printing
    mdns sharing html start-new-commands packet-encoders opengl tcp-encryption
    tcp-encryption-keyfile session-name notifications dbus-proxy pulseaudio""".split()  # noqa: SIM905
)
OPTIONS = {
    (3, 1, 3): COMMON,
    (4, 4, 6): COMMON | {"splash", "sessions-dir"},
    (5, 0, 10): COMMON | {"splash", "sessions-dir", "audio"},
    (6, 2): (COMMON | {"splash", "sessions-dir", "audio", "control", "dbus"}) - {"dbus-proxy"},
}


def program(version: tuple[int, ...] = (3, 1, 3), clipboard: str = "both", **own: object):
    installed = InstalledXpra(
        "/usr/bin/xpra", "Xpra", version, "/usr/bin/python3", OPTIONS[version]
    )
    settings = DisplaySettings(clipboard=clipboard, title="Mine", xpra=XpraSettings(**own))
    return backend("xpra").viewer_server(installed, WHERE, settings)


def options(**values: object) -> dict[str, str]:
    pairs = (word.split("=", 1) for word in program(**values).command if word.startswith("--"))
    return {name[2:]: value for name, value in pairs}


@pytest.mark.parametrize("version", OPTIONS)
def test_only_options_that_there_are(version):
    assert set(options(version=version)) <= OPTIONS[version]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (
            (3, 1, 3),
            {
                "bind": f"{FOLDER}/display.sock",
                "tcp-encryption": "AES",
                "tcp-encryption-keyfile": f"{FOLDER}/key",
                "packet-encoders": "rencode,bencode",
            },
        ),
        (
            (4, 4, 6),
            {
                "bind": f"{FOLDER}/display.sock,encryption=AES,keyfile={FOLDER}/key",
                "packet-encoders": "rencodeplus",
            },
        ),
        ((5, 0, 10), {"bind": f"{FOLDER}/display.sock,encryption=AES,keyfile={FOLDER}/key"}),
        (
            (6, 2),
            {
                "bind": f"{FOLDER}/display.sock,encryption=AES-CBC,keyfile={FOLDER}/key",
                "control": "no",
                "dbus": "no",
            },
        ),
    ],
)
def test_the_door_by_version(version, expected):
    given = options(version=version)
    assert {name: given[name] for name in expected} == expected
    assert given["auth"] == f"file:filename={FOLDER}/password"
    assert ("tcp-encryption" in given) == (version < (4, 1))


@pytest.mark.parametrize("version", OPTIONS)
def test_no_encryption(version):
    given = options(version=version, encryption="off")
    assert given["bind"] == f"{FOLDER}/display.sock"
    assert "tcp-encryption" not in given
    assert "auth" in given


def test_control_commands_are_taken_away_where_no_option_does():
    start = ["/usr/bin/python3", "-I", str(GUARD), "/usr/bin/xpra", "start-desktop", ":7"]
    assert program().command[:6] == start
    assert program((6, 2)).command[:3] == ["/usr/bin/xpra", "start-desktop", ":7"]


@pytest.mark.parametrize(("mode", "word"), [("desktop", "start-desktop"), ("seamless", "start")])
def test_modes(mode, word):
    assert program((6, 2), mode=mode).command[1] == word


@pytest.mark.parametrize(
    ("clipboard", "on", "direction"),
    [
        ("both", "yes", "both"),
        ("in", "yes", "to-server"),
        ("out", "yes", "to-client"),
        ("off", "no", "disabled"),
    ],
)
def test_clipboard(clipboard, on, direction):
    given = options(clipboard=clipboard)
    assert (given["clipboard"], given["clipboard-direction"]) == (on, direction)


@pytest.mark.parametrize(
    ("setting", "option", "off", "on"),
    [
        ("sound", "speaker", "disabled", "on"),
        ("printing", "printing", "no", "yes"),
        ("webcam", "webcam", "no", "auto"),
        ("notifications", "notifications", "no", "yes"),
        ("mdns", "mdns", "no", "yes"),
    ],
)
def test_services_are_off_unless_wanted(setting, option, off, on):
    assert options()[option] == off
    assert options(**{setting: True})[option] == on


def test_arguments_of_the_settings_come_last():
    assert program(arguments=("--speed=100", "--video=no")).command[-2:] == (
        ["--speed=100", "--video=no"]
    )


def test_the_environment():
    environment = program().environment
    assert environment["DISPLAY"] == ":7"
    assert environment["XPRA_ENCRYPTED_SOCKET_TYPES"] == "tcp,ws,unix-domain"
    # Nothing of it comes from /etc or the home, and nothing goes there.
    assert all(
        value.startswith(str(FOLDER))
        for name, value in environment.items()
        if name.endswith(("_DIRS", "_DIR"))
    )


def test_no_secret_is_in_the_command_line():
    files = backend("xpra").files(WHERE, DisplaySettings(), "the-key")
    assert files[FOLDER / "key"] == b"the-key"
    told = " ".join([*program().command, *program().environment.values()])
    assert "the-key" not in told


def test_passwords():
    one, other = (backend("xpra").new_password() for _ in range(2))
    assert len(one) == 32
    assert one != other
    assert backend("xpra").password_file(one) == one.encode()


@pytest.mark.parametrize(
    ("line", "python"),
    [
        ("#! /usr/bin/python3\n", "/usr/bin/python3"),
        ("#!/usr/bin/python3 -s\n", "/usr/bin/python3"),
        ("#!/usr/bin/env python3\n", shutil.which("python3")),
        ("#!/nowhere/bin/python3.12\n", ""),
        ("#!/bin/sh\n", ""),
        ("\x7fELF", ""),
    ],
)
def test_the_python_that_xpra_runs_in(tmp_path, line, python):
    script = tmp_path / "xpra"
    script.write_text(line)
    assert _interpreter(script) == python


def fake(folder: Path, version: str) -> DisplaySettings:
    script = folder / "xpra"
    script.write_text(f"#!/bin/sh\necho {version}\n")
    script.chmod(0o755)
    return DisplaySettings(xpra=XpraSettings(executable=str(script)))


@pytest.mark.parametrize("version", ["xpra v2.5.3", "0.17.6", "nothing"])
def test_what_is_too_old(tmp_path, version):
    with pytest.raises(DisplayServerUnsuitable, match=r"version 3\.1 or newer"):
        backend("xpra").find(fake(tmp_path, version))


@pytest.mark.parametrize("version", ["4.3", "5.0.10", "6.2"])
def test_what_is_too_new(tmp_path, version):
    with pytest.raises(DisplayServerUnsuitable, match=rf"Xpra {version}"):
        backend("xpra").find(fake(tmp_path, version))


def test_what_lists_no_options_is_not_run_without_them(tmp_path):
    with pytest.raises(DisplayServerUnsuitable, match="does not list auth, bind, clipboard"):
        backend("xpra").find(fake(tmp_path, "3.1.3"))


def test_what_cannot_be_guarded_is_not_run(tmp_path):
    settings = fake(tmp_path, "3.1.3; /usr/bin/xpra --help")
    with pytest.raises(DisplayServerUnsuitable, match="control commands"):
        backend("xpra").find(settings)


def test_what_does_not_work(tmp_path):
    with pytest.raises(DisplayServerUnsuitable, match="does not work"):
        backend("xpra").find(fake(tmp_path, "3.1.3; exit 1"))


def test_what_is_missing(tmp_path):
    settings = DisplaySettings(xpra=XpraSettings(executable=str(tmp_path / "xpra")))
    with pytest.raises(DisplayServerMissing) as missing:
        backend("xpra").find(settings)
    assert missing.value.command


def test_the_installed_one():
    found = backend("xpra").find(DisplaySettings())
    assert found.version >= (3, 1)
    assert {"use-display", "bind", "auth"} <= found.options


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("auto", ["Xorg with the dummy driver", "Xvfb"]),
        ("xorg", ["Xorg with the dummy driver"]),
        ("xvfb", ["Xvfb"]),
    ],
)
def test_x_servers(setting, names):
    settings = DisplaySettings(xpra=XpraSettings(x_server=setting))
    servers = backend("xpra").x_servers(program, WHERE, settings, ready_fd=5)
    assert [server.name for server in servers] == names
    for server in servers:
        command = list(server.command)
        assert command[1:4] == [":7", "-displayfd", "5"]
        assert command[command.index("-auth") + 1] == f"{FOLDER}/Xauthority"
        assert command.count("-nolisten") == 2


def test_no_x_server(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    settings = DisplaySettings(xpra=XpraSettings(x_server="xvfb"))
    with pytest.raises(DisplayServerMissing, match="Xvfb"):
        backend("xpra").x_servers(program, WHERE, settings, ready_fd=5)
