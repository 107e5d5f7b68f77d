"""Command lines of Xpra and of the X server below it, by version and setting."""

from __future__ import annotations

import shutil
import venv
from pathlib import Path
from typing import Any

import pytest

from jupyter_desktop.backends import (
    Clipboard,
    DisplaySettings,
    Runtime,
    XpraSettings,
    backend,
    x_dummy,
)
from jupyter_desktop.backends.base import Installed, ServerProgram
from jupyter_desktop.backends.xpra.backend import GUARD, InstalledXpra, _interpreter
from jupyter_desktop.errors import DisplayServerMissing, DisplayServerUnsuitable
from jupyter_desktop.system.access import Access

SYSTEM = Path("/usr/lib/python3/dist-packages")  # where Debian's Xpra lies
FOLDER = Path("/run/user/1000/jd-abcdefgh")
WHERE = Runtime(FOLDER, ":7")

# Those of our options that `xpra --help` lists in every version …
COMMON = frozenset(
    """use-display daemon systemd-run start-via-proxy attach exit-with-children terminate-children
    exit-with-client start start-new-commands socket-dir socket-dirs log-dir socket-permissions html
    ssl ssh ssh-upgrade rfb-upgrade mdns packet-encoders compressors sharing lock session-name
    dbus-launch dbus-control mmap remote-logging xsettings input-method idle-timeout
    server-idle-timeout opengl cursors bell system-tray file-transfer open-files open-url
    forward-xdg-open speaker microphone pulseaudio av-sync printing webcam notifications clipboard
    clipboard-direction bind auth global-menus dbus-proxy fake-xinerama""".split()  # noqa: SIM905
)
# … and in the versions from the first of two up to, but without, the second.
ONLY = {
    "splash": ((4, 1), (4, 3)),
}
# All versions have it for TCP; it is used where Unix sockets have no option of their own.
TCP_ENCRYPTION = frozenset(("tcp-encryption", "tcp-encryption-keyfile"))


def listed(version: tuple[int, ...]) -> frozenset[str]:
    return COMMON.union(name for name, (first, end) in ONLY.items() if first <= version < end)


# 3.1.3 is run in every test run; the others are as documented.
VERSIONS = [(3, 1, 3), (4, 0, 6), (4, 1, 3), (4, 2, 3)]


def installed(version: tuple[int, ...] = (3, 1, 3)) -> InstalledXpra:
    options = listed(version) | TCP_ENCRYPTION
    return InstalledXpra("/usr/bin/xpra", "Xpra", version, "/usr/bin/python3", options)


def program(
    version: tuple[int, ...] = (3, 1, 3), clipboard: Clipboard = Clipboard.BOTH, **own: Any
) -> ServerProgram:
    settings = DisplaySettings(clipboard=clipboard, title="Mine", xpra=XpraSettings(**own))
    server = backend("xpra").viewer_server(installed(version), WHERE, settings)
    assert server
    return server


def viewer_server(found: Installed) -> ServerProgram:
    server = backend("xpra").viewer_server(found, WHERE, DisplaySettings())
    assert server
    return server


def options(**values: Any) -> dict[str, str]:
    pairs = (word.split("=", 1) for word in program(**values).command if word.startswith("--"))
    return {name[2:]: value for name, value in pairs}


@pytest.mark.parametrize("version", VERSIONS)
def test_exactly_the_options_of_the_version_are_given(version: tuple[int, ...]) -> None:
    old = TCP_ENCRYPTION if version < (4, 1) else frozenset()
    assert set(options(version=version)) == listed(version) | old


@pytest.mark.parametrize("version", VERSIONS)
def test_packets_are_never_encoded_as_yaml(version: tuple[int, ...]) -> None:
    assert options(version=version)["packet-encoders"] == "rencode,bencode"


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (
            (3, 1, 3),
            {
                "bind": f"{FOLDER}/display.sock",
                "tcp-encryption": "AES",
                "tcp-encryption-keyfile": f"{FOLDER}/key",
            },
        ),
        ((4, 2, 3), {"bind": f"{FOLDER}/display.sock,encryption=AES,keyfile={FOLDER}/key"}),
    ],
)
def test_the_socket_has_a_password_and_the_encryption_of_the_version(
    version: tuple[int, int, int], expected: dict[str, str]
) -> None:
    given = options(version=version)
    assert {name: given[name] for name in expected} == expected
    assert given["auth"] == f"file:filename={FOLDER}/password"
    assert ("tcp-encryption" in given) == (version < (4, 1))


@pytest.mark.parametrize("version", VERSIONS)
def test_with_encryption_off_the_socket_has_only_a_password(version: tuple[int, ...]) -> None:
    given = options(version=version, encryption="off")
    assert given["bind"] == f"{FOLDER}/display.sock"
    assert "tcp-encryption" not in given
    assert "auth" in given


def test_xpra_is_run_by_the_guard() -> None:
    start = ["/usr/bin/python3", "-I", str(GUARD), "/usr/bin/xpra", "start-desktop", ":7"]
    assert program().command[:6] == start


@pytest.mark.parametrize(("mode", "word"), [("desktop", "start-desktop"), ("seamless", "start")])
def test_each_mode_has_its_subcommand(mode: str, word: str) -> None:
    assert program(mode=mode).command[4] == word


@pytest.mark.parametrize(
    ("clipboard", "on", "direction"),
    [
        ("both", "yes", "both"),
        ("in", "yes", "to-server"),
        ("out", "yes", "to-client"),
        ("off", "no", "disabled"),
    ],
)
def test_the_clipboard_has_the_direction_of_the_setting(
    clipboard: str, on: str, direction: str
) -> None:
    given = options(clipboard=Clipboard(clipboard))
    assert (given["clipboard"], given["clipboard-direction"]) == (on, direction)


def test_mdns_is_off_unless_set() -> None:
    assert options()["mdns"] == "no"
    assert options(mdns=True)["mdns"] == "yes"


def test_arguments_of_the_settings_come_last() -> None:
    assert program(arguments=("--speed=100", "--video=no")).command[-2:] == (
        ["--speed=100", "--video=no"]
    )


def test_the_view_only_server_gets_no_arguments_of_the_settings() -> None:
    def view_only(*arguments: str) -> ServerProgram | None:
        settings = DisplaySettings(xpra=XpraSettings(arguments=arguments))
        return backend("xpra").view_only_server(installed(), WHERE, settings)

    assert view_only("--bind-tcp=0.0.0.0:10000", "--readonly=no") == view_only()


@pytest.mark.parametrize("version", VERSIONS)
def test_all_folders_of_the_environment_are_in_the_runtime_folder(version: tuple[int, ...]) -> None:
    environment = program(version).environment
    assert environment["DISPLAY"] == ":7"
    assert environment["XPRA_ENCRYPTED_SOCKET_TYPES"] == "tcp,ws,unix-domain"
    # Xpra reads nothing from /etc or the home, and writes nothing there.
    assert all(
        value.startswith(str(FOLDER))
        for name, value in environment.items()
        if name.endswith(("_DIRS", "_DIR"))
    )


def test_no_secret_is_in_the_command_line_or_the_environment() -> None:
    files = backend("xpra").files(WHERE, DisplaySettings(), "the-key")
    assert files[FOLDER / "key"] == b"the-key"
    assert len(files[FOLDER / "view-key"]) == 64
    told = " ".join([*program().command, *program().environment.values()])
    assert "the-key" not in told


def test_each_access_has_its_own_password_file() -> None:
    one, other = (backend("xpra").new_password() for _ in range(2))
    assert len(one) == 32
    assert one != other
    passwords = {Access.FULL: one, Access.VIEW: other}
    assert backend("xpra").password_files(WHERE, passwords) == {
        FOLDER / "password": one.encode(),
        FOLDER / "view-password": other.encode(),
    }


@pytest.mark.parametrize(
    ("line", "python"),
    [
        ("#! /usr/bin/python3\n", "/usr/bin/python3"),
        ("#!/usr/bin/python3 -s\n", "/usr/bin/python3"),
        ("#!/usr/bin/env python3\n", shutil.which("python3")),
        ("#!/usr/bin/env -S python3 -s\n", shutil.which("python3")),
        # pip's, and conda's, where that path is too long for one line
        ('#!/bin/sh\n\'\'\'exec\' "/usr/bin/python3" "$0" "$@"\n', "/usr/bin/python3"),
        ("#!/bin/sh\n'''exec' /usr/bin/python3 \"$0\" \"$@\"\n", "/usr/bin/python3"),
        ("#!/nowhere/bin/python3.12\n", ""),
        ("#!/bin/sh\n", ""),
        ("\x7fELF", ""),
    ],
)
def test_the_interpreter_is_read_from_the_script(tmp_path: Path, line: str, python: str) -> None:
    script = tmp_path / "xpra"
    script.write_text(line)
    assert _interpreter(script) == python


def fake(folder: Path, version: str) -> DisplaySettings:
    script = folder / "xpra"
    script.write_text(f"#!/bin/sh\necho {version}\n")
    script.chmod(0o755)
    return DisplaySettings(xpra=XpraSettings(executable=str(script)))


@pytest.mark.parametrize("version", ["xpra v2.5.3", "0.17.6"])
def test_a_version_that_is_too_old_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(DisplayServerUnsuitable, match=r"version 3\.1 or newer") as refused:
        backend("xpra").find(fake(tmp_path, version))
    assert not refused.value.command  # it is installed


@pytest.mark.needs("xpra")
@pytest.mark.parametrize("said", ["echo", "exit 3", "kill -9 $$"])
def test_an_xpra_of_unknown_version_is_accepted(tmp_path: Path, said: str) -> None:
    """It prints none for --version, and its Python has no module xpra."""
    venv.create(tmp_path / "python")
    (site,) = (tmp_path / "python").glob("lib/python*/site-packages")
    for module in ("PIL", "cryptography"):
        (site / module).mkdir()
    executable = tmp_path / "xpra"
    executable.write_text(
        f"#!/bin/sh\n'''exec' \"{tmp_path}/python/bin/python3\" \"$0\" \"$@\"\n'''\n"
        "import os, sys\n"
        f"os.execv('/bin/sh', ['sh', '-c', '{said}']) if '--version' in sys.argv else None\n"
        "os.execv('/usr/bin/xpra', ['xpra', *sys.argv[1:]])\n"
    )
    executable.chmod(0o755)
    settings = DisplaySettings(xpra=XpraSettings(executable=str(executable)))
    found = backend("xpra").find(settings)
    assert found.version == ()
    assert str(found) == f"Xpra of unknown version ({executable})"
    # It gets the options of the oldest version.
    (line,) = (
        word for word in viewer_server(found).command if word.startswith("--packet-encoders")
    )
    assert line == "--packet-encoders=rencode,bencode"


@pytest.mark.needs("xpra")
def test_the_version_is_read_from_the_python_module(tmp_path: Path) -> None:
    """--version prints nothing here; the Python is that of the installed Xpra."""
    executable = tmp_path / "xpra"
    executable.write_text(
        "#!/usr/bin/python3\nimport os, sys\n"
        "'--version' in sys.argv or os.execv('/usr/bin/xpra', ['xpra', *sys.argv[1:]])\n"
    )
    executable.chmod(0o755)
    settings = DisplaySettings(xpra=XpraSettings(executable=str(executable)))
    installed = backend("xpra").find(DisplaySettings())
    assert backend("xpra").find(settings).version == installed.version


@pytest.mark.needs("xpra")
def test_an_unknown_version_with_the_option_control_is_too_new(tmp_path: Path) -> None:
    settings = fake(tmp_path, "; [ $1 != --help ] || /usr/bin/xpra --help; echo --control=yes")
    with pytest.raises(DisplayServerUnsuitable, match=r"6\.3 or newer, which this package"):
        backend("xpra").find(settings)


def test_a_program_that_is_not_recognised_as_xpra_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DisplayServerUnsuitable, match="is installed, but not recog") as refused:
        backend("xpra").find(fake(tmp_path, "nothing"))
    assert "it printed 'nothing' and ended with status 0" in refused.value.message
    assert not refused.value.command


@pytest.mark.parametrize("version", ["4.3", "4.4.6", "5.0.10", "6.0", "6.2", "6.5.5"])
def test_a_version_that_is_too_new_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(DisplayServerUnsuitable, match=rf"Xpra {version}"):
        backend("xpra").find(fake(tmp_path, version))


def test_an_xpra_that_does_not_list_our_options_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DisplayServerUnsuitable, match="does not list auth, bind, clipboard"):
        backend("xpra").find(fake(tmp_path, "3.1.3 --other"))


@pytest.mark.needs("xpra")
def test_an_xpra_that_the_guard_cannot_run_is_refused(tmp_path: Path) -> None:
    settings = fake(tmp_path, "3.1.3; /usr/bin/xpra --help")
    with pytest.raises(DisplayServerUnsuitable, match="control commands"):
        backend("xpra").find(settings)


@pytest.mark.parametrize(
    ("there", "encryption", "problem"),
    [
        ([], "required", "lacks the Python library PIL"),
        (["PIL"], "required", "lacks the Python library cryptography"),
        (["PIL"], "off", "not recognised as Xpra"),
    ],
)
def test_an_xpra_without_its_python_libraries_is_refused(
    tmp_path: Path, there: list[str], encryption: str, problem: str
) -> None:
    venv.create(tmp_path / "python")
    (site,) = (tmp_path / "python").glob("lib/python*/site-packages")
    for module in there:
        (site / module).mkdir()
    executable = tmp_path / "xpra"
    executable.write_text(f"#!{tmp_path}/python/bin/python3\nprint('xpra v3.1.3')\n")
    executable.chmod(0o755)
    settings = DisplaySettings(xpra=XpraSettings(executable=str(executable), encryption=encryption))
    with pytest.raises(DisplayServerUnsuitable, match=problem):
        backend("xpra").find(settings)


@pytest.mark.needs("xpra")
def test_an_xpra_that_cannot_encrypt_is_accepted_only_with_encryption_off(tmp_path: Path) -> None:
    """The module cryptography is not the one that Xpra expects; the venv has the system's Xpra."""
    venv.create(tmp_path / "python", system_site_packages=True)
    (site,) = (tmp_path / "python").glob("lib/python*/site-packages")
    (site / "cryptography").mkdir()
    (site / "cryptography" / "__init__.py").touch()
    (site / "sitecustomize.py").write_text(f"import sys; sys.path.append({str(SYSTEM)!r})")
    executable = tmp_path / "xpra"
    executable.write_text(
        f"#!{tmp_path}/python/bin/python3\nimport os, sys\n"
        "os.execv('/usr/bin/xpra', ['xpra', *sys.argv[1:]])\n"
    )
    executable.chmod(0o755)
    settings = DisplaySettings(xpra=XpraSettings(executable=str(executable)))
    with pytest.raises(DisplayServerUnsuitable, match="cannot encrypt with the Python") as refused:
        backend("xpra").find(settings)
    assert "No module named 'cryptography.hazmat'" in refused.value.message
    assert "Xpra.encryption" in (refused.value.remedy or "")
    settings = DisplaySettings(xpra=XpraSettings(executable=str(executable), encryption="off"))
    found = backend("xpra").find(settings)
    assert isinstance(found, InstalledXpra)
    assert found.python


def test_an_xpra_that_does_not_start_is_refused(tmp_path: Path) -> None:
    settings = fake(tmp_path, "")
    Path(settings.xpra.executable).write_text("#!/nowhere/sh\n")
    with pytest.raises(DisplayServerUnsuitable, match="does not start"):
        backend("xpra").find(settings)


def test_a_missing_xpra_is_reported_with_the_install_command(tmp_path: Path) -> None:
    settings = DisplaySettings(xpra=XpraSettings(executable=str(tmp_path / "xpra")))
    with pytest.raises(DisplayServerMissing) as missing:
        backend("xpra").find(settings)
    assert missing.value.command


@pytest.mark.needs("xpra")
def test_the_installed_xpra_lists_the_options_of_its_version() -> None:
    found = backend("xpra").find(DisplaySettings())
    assert isinstance(found, InstalledXpra)
    assert found.options & COMMON.union(ONLY) == listed(found.version)


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("auto", ["Xorg with the dummy driver", "Xvfb"]),
        ("xorg", ["Xorg with the dummy driver"]),
        ("xvfb", ["Xvfb"]),
    ],
)
def test_the_setting_chooses_the_x_servers(setting: str, names: list[str]) -> None:
    settings = DisplaySettings(xpra=XpraSettings(x_server=setting))
    servers = backend("xpra").x_servers(installed(), WHERE, settings, ready_fd=5)
    assert [(server.name, server.problem) for server in servers] == [(name, "") for name in names]
    for server in servers:
        command = list(server.command)
        assert command[1:4] == [":7", "-displayfd", "5"]
        assert command[command.index("-auth") + 1] == f"{FOLDER}/Xauthority"
        assert command.count("-nolisten") == 2


@pytest.mark.parametrize(
    ("absent", "problem"),
    [
        ("_XORG", "Xorg is not installed (looked for /nowhere)"),
        (
            "_MODULES",
            "the dummy video driver of Xorg is not installed (looked for drivers/dummy_drv.so in "
            "/nowhere)",
        ),
    ],
)
def test_the_part_that_xorg_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch, absent: str, problem: str
) -> None:
    monkeypatch.setattr(x_dummy, absent, ("/nowhere",))
    servers = backend("xpra").x_servers(installed(), WHERE, DisplaySettings(), ready_fd=5)
    assert [server.problem for server in servers] == [problem, ""]
    settings = DisplaySettings(xpra=XpraSettings(x_server="xorg"))
    with pytest.raises(DisplayServerMissing) as missing:
        backend("xpra").x_servers(installed(), WHERE, settings, ready_fd=5)
    assert problem in missing.value.message


def test_without_any_x_server_the_missing_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    settings = DisplaySettings(xpra=XpraSettings(x_server="xvfb"))
    with pytest.raises(DisplayServerMissing, match="Xvfb"):
        backend("xpra").x_servers(installed(), WHERE, settings, ready_fd=5)
