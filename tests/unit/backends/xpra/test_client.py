"""The search for Xpra's HTML5 client, and the files of it that are served."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jupyter_desktop.backends.xpra import client as xpra_client
from jupyter_desktop.backends.xpra.backend import resources
from jupyter_desktop.errors import ClientMissing


def client(folder: Path, version: str = "3.1.3") -> Path:
    for name in xpra_client.SCRIPTS:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'var Utilities = {{ VERSION : "{version}" }};')
    (folder / "index.html").write_text("takes passwords from its address")
    return folder


def test_the_client_is_found_in_the_folder_of_the_setting(tmp_path: Path) -> None:
    found = xpra_client.find(str(client(tmp_path)))
    assert (found.folder, found.version) == (tmp_path, "3.1.3")


def test_the_client_is_found_in_the_first_usual_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    folders = (str(tmp_path / "none"), str(client(tmp_path)))
    assert xpra_client.find("", folders=folders).folder == tmp_path
    assert xpra_client.problem("", folders=folders) is None


def test_the_client_is_found_beside_the_xpra_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (executable := tmp_path / "bin" / "xpra").parent.mkdir()
    executable.touch(0o755)
    monkeypatch.setenv("PATH", str(executable.parent))
    folder = client(tmp_path / "share/xpra/www")
    assert xpra_client.find("").folder == folder


def test_the_client_is_found_beside_the_xpra_of_the_setting(tmp_path: Path) -> None:
    (executable := tmp_path / "bin" / "xpra").parent.mkdir()
    executable.touch(0o755)
    folder = client(tmp_path / "share/xpra/www")
    assert xpra_client.find("", str(executable)).folder == folder
    assert xpra_client.file("", "js/Client.js", str(executable)) == folder / "js/Client.js"


def wrapper(folder: Path, text: str) -> str:
    script = folder / "wrapper"
    script.write_text(f"#!/bin/sh\n{text}\n")
    script.chmod(0o755)
    return str(script)


def test_the_client_is_found_by_xpra_s_path_info_which_is_run_once(tmp_path: Path) -> None:
    folder = client(tmp_path / "elsewhere" / "www")
    asked = tmp_path / "asked"
    told = f"* app\n  - dir : /nowhere\n* resources     : {folder.parent}\n* home : /"
    executable = wrapper(tmp_path, f"echo $1 >>{asked}; echo '{told}'")
    for _ in range(3):
        assert xpra_client.find("", executable, folders=()).folder == folder
    assert asked.read_text() == "path-info\n", "each page would ask for a dozen files"


@pytest.mark.parametrize("answer", ["exit 1", "echo '* resources : None'", "echo hello"])
def test_where_xpra_does_not_name_the_folder_the_client_is_missing(
    tmp_path: Path, answer: str
) -> None:
    with pytest.raises(ClientMissing):
        xpra_client.find("", wrapper(tmp_path, answer), folders=())


@pytest.mark.needs("xpra")
def test_the_installed_xpra_names_the_folder_of_its_client() -> None:
    executable = shutil.which("xpra")
    assert executable
    folder = resources(executable)
    assert folder
    assert (folder / "www" / "js" / "Client.js").is_file()


def test_a_missing_client_is_reported_with_folder_and_package(tmp_path: Path) -> None:
    with pytest.raises(ClientMissing) as missing:
        xpra_client.find(str(tmp_path))
    assert str(tmp_path) in missing.value.message
    assert "xpra" in (missing.value.command or "")


@pytest.mark.parametrize("version", ["2.4", "4.5.2", "17.1"])
def test_an_untested_version_is_a_problem(tmp_path: Path, version: str) -> None:
    error = xpra_client.problem(str(client(tmp_path, version)))
    assert error
    assert "3.1" in error.message


def test_a_client_without_a_version_is_accepted_by_its_files(tmp_path: Path) -> None:
    assert xpra_client.problem(str(client(tmp_path, ""))) is None
    (tmp_path / "js/lib/forge.js").unlink()
    assert "js/lib/forge.js" in str(xpra_client.problem(str(tmp_path)))


def test_a_broken_link_in_the_client_is_a_problem(tmp_path: Path) -> None:
    client(tmp_path)
    (tmp_path / "js/lib/jquery.js").unlink()
    (tmp_path / "js/lib/jquery.js").symlink_to("/nowhere/jquery.js")
    error = xpra_client.problem(str(tmp_path))
    assert error
    assert "js/lib/jquery.js" in error.message


@pytest.mark.parametrize("name", ["index.html", "connect.html", "../secret", "js", "/etc/passwd"])
def test_nothing_but_scripts_is_served(tmp_path: Path, name: str) -> None:
    client(tmp_path)
    assert xpra_client.file(str(tmp_path), name) is None


def test_scripts_are_served(tmp_path: Path) -> None:
    assert xpra_client.file(str(client(tmp_path)), "js/Client.js") == tmp_path / "js/Client.js"
