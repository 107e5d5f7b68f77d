"""The search for a start script, and the command that runs it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from jupyter_desktop.errors import StartScriptMissing
from jupyter_desktop.session.startscript import (
    COMPATIBLE_VARIABLE,
    OURS,
    command,
    find,
    folders_of,
    is_ours,
    ours,
)

HOME = ".vnc/xstartup"


@pytest.mark.parametrize(
    ("there", "setting", "variable", "found"),
    [
        # the setting: a path, or a name in the folders in turn, then ours
        (["mine", "home/.vnc/xstartup"], "{}/mine", "", "mine"),
        (["home/bin/start"], "~/bin/start", "", "home/bin/start"),
        (["user/own", "site/own"], "own", "", "user/own"),
        (["site/own"], "own", "", "site/own"),
        (["site/xfce"], "xfce", "", "site/xfce"),
        ([], "xfce", "", str(OURS / "xfce")),
        # without it: jupyter-remote-desktop-proxy's variable, then the home, then the folders
        (["theirs", "home/.vnc/xstartup", "user/default"], "", "{}/theirs", "theirs"),
        (["home/theirs"], "", "~/theirs", "home/theirs"),
        (["home/.vnc/xstartup", "user/default"], "", "{}/not-there", "home/.vnc/xstartup"),
        (["user/default", "site/default"], "", "", "user/default"),
        (["site/default"], "", "", "site/default"),
        ([], "", "", str(OURS / "default")),
    ],
)
def test_the_first_script_in_the_search_order_is_found(
    tmp_path: Path, there: list[str], setting: str, variable: str, found: str
) -> None:
    for path in there:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("#!/bin/sh\n")
    environment = {"HOME": f"{tmp_path}/home", COMPATIBLE_VARIABLE: variable.format(tmp_path)}
    folders = [f"{tmp_path}/user", f"{tmp_path}/site"]
    assert find(setting.format(tmp_path), folders, environment) == tmp_path / found


@pytest.mark.parametrize(
    ("package", "folder"),
    [
        ("checkout/desktop", "checkout/xstartup"),
        (
            "venv/lib/python3.11/site-packages/jupyter_desktop",
            "venv/share/jupyter/desktop/xstartup",
        ),
        ("target/jupyter_desktop", "target/share/jupyter/desktop/xstartup"),
    ],
)
def test_our_start_scripts_are_found_in_every_kind_of_install(
    tmp_path: Path, package: str, folder: str
) -> None:
    for made in (package, folder):
        (tmp_path / made).mkdir(parents=True)
    (tmp_path / folder / "common.sh").touch()
    assert folders_of(tmp_path / package)[0] == tmp_path / folder


def test_an_editable_install_finds_our_start_scripts_by_its_link(tmp_path: Path) -> None:
    (tmp_path / "checkout/desktop").mkdir(parents=True)
    (tmp_path / "checkout/xstartup").mkdir()
    (tmp_path / "checkout/xstartup/common.sh").touch()
    (tmp_path / "jupyter_desktop").symlink_to("checkout/desktop")
    assert folders_of(tmp_path / "jupyter_desktop")[0] == tmp_path / "checkout/xstartup"


def test_an_editable_install_runs_the_start_scripts_of_the_checkout() -> None:
    """pip copies them to the environment's prefix as well, which is on Jupyter's path."""
    installed = Path(sys.prefix, "share/jupyter/desktop/xstartup")
    assert (installed / "default").is_file()
    assert find("", [str(installed)], {}) == OURS / "default"
    assert is_ours(installed / "xfce")


def test_a_script_of_a_site_is_preferred_to_ours_on_the_same_path(tmp_path: Path) -> None:
    """A wheel's are below the environment's prefix, which Jupyter's path names before /usr."""
    (tmp_path / "default").touch()
    assert find("default", [str(OURS), str(tmp_path)], {}) == tmp_path / "default"


def test_without_a_home_our_default_is_found() -> None:
    assert find("", [], {}) == OURS / "default"


def test_a_folder_is_not_taken_for_a_script(tmp_path: Path) -> None:
    (tmp_path / "default").mkdir()
    assert find("", [str(tmp_path)], {}) == OURS / "default"


@pytest.mark.parametrize("setting", ["{}/gone", "gone", "~/gone", "../gone", "."])
def test_a_missing_script_is_reported_with_the_folders_searched(
    tmp_path: Path, setting: str
) -> None:
    with pytest.raises(StartScriptMissing) as missing:
        find(setting.format(tmp_path), [f"{tmp_path}/site"], {"HOME": str(tmp_path)})
    assert str(tmp_path) in missing.value.message or "../gone" in missing.value.message
    assert all(name in (missing.value.remedy or "") for name in ("default", "xfce", "openbox"))


def test_ours_lists_start_scripts_only() -> None:
    assert "default" in ours()
    assert not any("." in name for name in ours())


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"#!/bin/bash\necho", ["/bin/bash"]),
        (b"#! /bin/bash \necho", ["/bin/bash"]),
        (b"#!/bin/bash -l\n", ["/bin/bash", "-l"]),
        # one argument, however many words (execve(2))
        (b"#!/usr/bin/env -S python3 -u\n", ["/usr/bin/env", "-S python3 -u"]),
        (b"#!/bin/sh\r\n", ["/bin/sh"]),
        (b"#!/bin/dash", ["/bin/dash"]),
        (b"exec xfce4-session\n", ["/bin/sh"]),
        (b"", ["/bin/sh"]),
        (b"\xff\xfe\x00", ["/bin/sh"]),
        (b"#!\necho", ["/bin/sh"]),
        (b"#! \t \necho", ["/bin/sh"]),
        (b"#!/bin/sh\0-x\n", ["/bin/sh"]),
        (b"\x7fELF\x02", []),
    ],
)
def test_a_script_is_run_by_the_interpreter_of_its_first_line(
    tmp_path: Path, start: bytes, expected: list[str]
) -> None:
    script = tmp_path / "xstartup"
    script.write_bytes(start)
    assert command(script) == [*expected, str(script)]


def test_an_elf_file_is_run_directly() -> None:
    program = Path(shutil.which("true") or "/bin/true")
    assert command(program) == [str(program)]
