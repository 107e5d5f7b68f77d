"""The VNC server that is found, and its command line."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from jupyter_desktop.backends import (
    NAMES,
    Clipboard,
    DisplaySettings,
    Installed,
    Runtime,
    asking,
    backend,
)
from jupyter_desktop.backends.vnc.backend import VncBackend
from jupyter_desktop.errors import BadRequest, DisplayServerMissing, DisplayServerUnsuitable

WHERE = Runtime(Path("/run/user/1000/jd-abcdefgh"), ":7")
TIGER = Installed("/usr/bin/Xtigervnc", "TigerVNC", (1, 12, 0))
TURBO = Installed("/opt/TurboVNC/bin/Xvnc", "TurboVNC", (3, 1))

COMMON = [
    *(":7", "-displayfd", "5", "-auth", "/run/user/1000/jd-abcdefgh/Xauthority"),
    *("-nolisten", "tcp", "-nolisten", "local", "-noreset"),
    *("-geometry", "1280x800", "-depth", "24", "-desktop", "Mine"),
    *("-rfbunixpath", "/run/user/1000/jd-abcdefgh/display.sock", "-s", "0"),
]
PASSWORD_FILE = "/run/user/1000/jd-abcdefgh/password"
TIGER_CLIPBOARD = {
    "both": ("-AcceptCutText=1", "-SendCutText=1"),
    "in": ("-AcceptCutText=1", "-SendCutText=0"),
    "out": ("-AcceptCutText=0", "-SendCutText=1"),
    "off": ("-AcceptCutText=0", "-SendCutText=0"),
}
TURBO_CLIPBOARD = {
    "both": (),
    "in": ("-noclipboardsend",),
    "out": ("-noclipboardrecv",),
    "off": ("-noclipboardrecv", "-noclipboardsend"),
}


_MAX_CLIENTS = "-maxclients n          set maximum number of clients (power of two)"


def recognised(executable: str, answer_timeout: float = asking.TIMEOUT) -> Installed:
    return VncBackend(answer_timeout).find(DisplaySettings(executable=executable))


def command(installed: Installed, **settings: object) -> list[str]:
    values: dict[str, Any] = {"geometry": "1280x800", "title": "Mine", **settings}
    (server,) = backend("vnc").x_servers(installed, WHERE, DisplaySettings(**values), ready_fd=5)
    return list(server.command)


def test_maxclients_is_given_only_to_servers_that_take_it(tmp_path: Path) -> None:
    old = "{ echo 'maxclients must be one of 64, 128, 256 or 512'; exit 1; }"
    usages = {"new": f"echo '{_MAX_CLIENTS}'", "old": old, "without": "echo '-maxsize'"}
    for name, usage in usages.items():
        script = f'[ "$1" != -maxclients ] || {usage}; echo Xvnc TigerVNC 1.15.0'
        found = recognised(str(executable(tmp_path / name, script)))
        assert ("-maxclients 2048" in " ".join(command(found))) == (name == "new")


@pytest.mark.parametrize("clipboard", TIGER_CLIPBOARD)
def test_command_of_tigervnc(clipboard: str) -> None:
    assert command(TIGER, clipboard=Clipboard(clipboard)) == [
        "/usr/bin/Xtigervnc",
        *COMMON,
        *("-rfbport", "-1", "-SecurityTypes", "VncAuth", "-PasswordFile", PASSWORD_FILE),
        *("-UseBlacklist=0", "-FrameRate", "240", "-AlwaysShared", "-MaxCutText", "16777216"),
        *TIGER_CLIPBOARD[clipboard],
        *("-SendPrimary=0", "-SetPrimary=0"),
        *("-AllowOverride", "desktop"),
    ]


@pytest.mark.parametrize("clipboard", TURBO_CLIPBOARD)
def test_command_of_turbovnc(clipboard: str) -> None:
    assert command(TURBO, clipboard=Clipboard(clipboard)) == [
        "/opt/TurboVNC/bin/Xvnc",
        *COMMON,
        *("-securitytypes", "VNC", "-rfbauth", PASSWORD_FILE, "-deferupdate", "1"),
        *("-alwaysshared", "-maxclipboard", "16777216", "-noprimarysync"),
        *TURBO_CLIPBOARD[clipboard],
    ]


def test_arguments_of_the_settings_come_last() -> None:
    assert command(TIGER, arguments=("-dpi", "120"))[-2:] == ["-dpi", "120"]


@pytest.mark.parametrize("installed", [TIGER, TURBO])
def test_no_secret_and_no_tcp_port_on_the_command_line(installed: Installed) -> None:
    line = command(installed)
    assert not any("passwd" in word.lower() for word in line)
    assert "tcp" in line[line.index("-nolisten") + 1 :]
    assert not any(
        first == "-rfbport" and second != "-1" for first, second in itertools.pairwise(line)
    )


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


SAYS_TIGER = 'echo "Xvnc TigerVNC 1.12.0 - built" >&2'
SAYS_TURBO = 'echo "TurboVNC Server (Xvnc) 64-bit v3.1 (build 1)" >&2'


# An X server's answer to an option that it does not have (os/utils.c), and its exit status.
REFUSES = 'echo "Unrecognized option: $1" >&2; exit 1'


def x_server(takes: str, version: str = ":", usage: str = ":", nonsense: str = REFUSES) -> str:
    """Return a script that reads options as an X server does, those that match ``takes``."""
    return f"""
        while [ $# -gt 0 ]; do
            case $1 in
                -version) {version}; exit 0 ;;
                -help) {usage}; exit 0 ;;
                -rfbunixpath) case $1 in {takes}) shift ;; *) {REFUSES} ;; esac ;;
                {takes}) ;;
                *) {nonsense} ;;
            esac
            shift
        done"""


TIGERVNC_OPTIONS = "-rfbunixpath|-AcceptCutText=[01]"
TURBOVNC_OPTIONS = "-rfbunixpath|-noclipboardrecv"
BANNER = "echo; echo 'Xvnc TigerVNC {} - built 2026-07-03 16:13'"


@pytest.mark.parametrize(
    ("text", "product", "version"),
    [
        ("\nXvnc TigerVNC 1.12.0 - built 2023-01-09 00:00\nCopyright", "TigerVNC", (1, 12, 0)),
        ("\nXvnc TigerVNC 1.13.1 - built Oct  5 2023\n", "TigerVNC", (1, 13, 1)),
        ("Xvnc TigerVNC 1.9.0 - built 2018", "TigerVNC", (1, 9, 0)),
        ("TurboVNC Server (Xvnc) 64-bit v3.1 (build 20231117)\n", "TurboVNC", (3, 1)),
        ("TurboVNC Server (Xvnc) 64-bit v3.1.2 (build 20240618)\n", "TurboVNC", (3, 1, 2)),
        ("TurboVNC Server (Xvnc) v3.2beta1 (build 1)\n", "TurboVNC", (3, 2)),
    ],
)
@pytest.mark.parametrize("stream", [1, 2])
def test_product_and_version_are_recognised(
    tmp_path: Path,
    text: str,
    product: str,
    version: tuple[int, int, int] | tuple[int, int],
    stream: int,
) -> None:
    server = str(executable(tmp_path / "X", f"[ $1 = -version ] && printf '{text}' >&{stream}"))
    assert recognised(server) == Installed(server, product, version)


@pytest.mark.parametrize(
    ("name", "script", "product", "version"),
    [
        # TigerVNC 1.15.0
        (
            "Xvnc",
            x_server(TIGERVNC_OPTIONS, usage=BANNER.format("1.15.0")),
            "TigerVNC",
            (1, 15, 0),
        ),
        # 1.16.2
        (
            "Xvnc",
            x_server(TIGERVNC_OPTIONS, version=BANNER.format("1.16.2")),
            "TigerVNC",
            (1, 16, 2),
        ),
        ("Xvnc", x_server(TIGERVNC_OPTIONS, version="echo 'Xvnc TigerVNC git'"), "TigerVNC", ()),
        ("Xown", x_server(TIGERVNC_OPTIONS), "TigerVNC", ()),
        ("Xown", x_server(TURBOVNC_OPTIONS), "TurboVNC", ()),
        # These end with status 0 for every option.
        ("Xtigervnc", "exit 0", "TigerVNC", ()),
        ("TurboVNC/bin/Xvnc", "exit 0", "TurboVNC", ()),
        ("Xvnc", "exit 0", "TigerVNC", ()),
    ],
)
def test_a_server_that_prints_no_version_is_accepted(
    tmp_path: Path, name: str, script: str, product: str, version: tuple[int, ...]
) -> None:
    server = str(executable(tmp_path / name, script))
    assert recognised(server) == Installed(server, product, version)


def test_the_target_of_a_link_names_the_product(tmp_path: Path) -> None:
    executable(tmp_path / "TurboVNC/bin/Xvnc", "exit 0")
    link = tmp_path / "Xvnc"
    link.symlink_to(tmp_path / "TurboVNC/bin/Xvnc")
    assert recognised(str(link)).product == "TurboVNC"


def test_a_server_that_does_not_answer_is_recognised_by_its_name(tmp_path: Path) -> None:
    server = str(executable(tmp_path / "Xtigervnc", "exec sleep 1000"))
    assert recognised(server, 0.5) == Installed(server, "TigerVNC")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo Xvnc TigerVNC 1.8.0 - built", "TigerVNC 1.8.0, and TigerVNC 1.9 or newer is needed"),
        ("echo TurboVNC Server 64-bit v3.0.3", "TurboVNC 3.0.3, and TurboVNC 3.1 or newer"),
        (
            x_server("-no-unix", version="echo Xvnc Free Edition 4.1.1"),
            "asked -version, it printed 'Xvnc Free Edition 4.1.1' and ended with status 0",
        ),
        (x_server("-AcceptCutText=1"), "cannot serve viewers at a Unix socket"),
        (x_server(TIGERVNC_OPTIONS, version="echo Xvnc KasmVNC 1.3.3"), "Xvnc KasmVNC 1.3.3"),
        ("echo no screen; exit 3", "it printed 'no screen' and ended with status 3"),
        ("kill -ILL $$", "asked -help, it printed nothing and ended with signal 4"),
    ],
)
def test_an_unsuitable_server_is_refused_with_a_remedy(
    tmp_path: Path, script: str, message: str
) -> None:
    server = str(executable(tmp_path / "Xvnc", script))
    with pytest.raises(DisplayServerUnsuitable) as refused:
        recognised(server)
    assert server in refused.value.message
    assert message in refused.value.message
    assert refused.value.remedy
    # It is installed: the command would change nothing.
    assert not refused.value.command


def test_after_an_unsuitable_server_the_next_one_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(tmp_path / "Xtigervnc", "exit 1")
    fit = executable(tmp_path / "Xvnc", SAYS_TIGER)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert backend("vnc").find(DisplaySettings()).executable == str(fit)


@pytest.mark.parametrize(
    ("there", "setting", "found"),
    [
        (["a/Xvnc", "b/Xtigervnc"], "", "b/Xtigervnc"),
        (["a/Xvnc", "b/Xvnc"], "", "a/Xvnc"),
        (["turbo/Xvnc"], "", "turbo/Xvnc"),
        (["a/Xvnc", "turbo/Xvnc"], "", "a/Xvnc"),
        (["a/Xtigervnc", "b/Xown"], "Xown", "b/Xown"),
        (["a/Xtigervnc", "elsewhere/Xown"], "{}/elsewhere/Xown", "elsewhere/Xown"),
    ],
)
def test_the_first_server_in_the_search_order_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: list[str], setting: str, found: str
) -> None:
    for path in there:
        executable(tmp_path / path, SAYS_TIGER)
    monkeypatch.setenv("PATH", f"{tmp_path}/a:{tmp_path}/b")
    monkeypatch.setattr("jupyter_desktop.backends.vnc.backend.TURBOVNC_FOLDER", f"{tmp_path}/turbo")
    settings = DisplaySettings(executable=setting.format(tmp_path))
    assert backend("vnc").find(settings).executable == str(tmp_path / found)


@pytest.mark.parametrize("setting", ["", "Xown", "/nowhere/Xvnc"])
def test_a_missing_server_is_reported_with_the_install_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("jupyter_desktop.backends.vnc.backend.TURBOVNC_FOLDER", str(tmp_path))
    with pytest.raises(DisplayServerMissing) as missing:
        backend("vnc").find(DisplaySettings(executable=setting))
    assert (setting or "Xtigervnc") in missing.value.message
    assert str(tmp_path) in missing.value.message
    assert "install" in (missing.value.command or "")


@pytest.mark.parametrize(("kind", "program"), [("vnc", "Xtigervnc"), ("xpra", "xpra")])
def test_for_a_server_outside_path_the_remedy_says_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, program: str
) -> None:
    there = tmp_path / program
    there.touch(mode=0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("jupyter_desktop.system.packages._SYSTEM_FOLDERS", str(tmp_path))
    with pytest.raises(DisplayServerMissing) as missing:
        backend(kind).find(DisplaySettings())
    assert f"{there} exists" in (missing.value.remedy or "")


def test_a_server_that_does_not_start_is_unsuitable(tmp_path: Path) -> None:
    broken = tmp_path / "Xvnc"
    broken.write_text("#!/nowhere/sh\n")
    broken.chmod(0o755)
    with pytest.raises(DisplayServerUnsuitable, match="does not start"):
        recognised(str(broken))


def test_an_unknown_version_is_shown_as_unknown() -> None:
    assert str(Installed("/bin/Xvnc", "TigerVNC")) == "TigerVNC of unknown version (/bin/Xvnc)"


def test_the_installed_server_is_recognised() -> None:
    installed = backend("vnc").find(DisplaySettings())
    assert installed.product in ("TigerVNC", "TurboVNC")
    assert installed.version
    assert installed.product in str(installed)


def test_an_unknown_backend_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadRequest) as refused:
        backend("rdp")
    assert all(name in (refused.value.remedy or "") for name in NAMES)
