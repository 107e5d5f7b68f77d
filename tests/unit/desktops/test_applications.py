"""Single applications: their keys, the files that define them, and errors in those."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from jupyter_desktop.desktops.applications import Application, Applications, parse, read
from jupyter_desktop.errors import ApplicationUnusable, UnknownApplication
from jupyter_desktop.session.specification import Specification

LOG = logging.getLogger("test")
MINIMAL = {"command": "xterm"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def put(folder: Path, name: str, values: object) -> Path:
    file = folder / f"{name}.json"
    file.write_text(values if isinstance(values, str) else json.dumps(values))
    return file


def problem(applications: Applications, name: str) -> str:
    with pytest.raises(ApplicationUnusable) as raised:
        applications.get(name)
    return str(raised.value)


# -- one application


def test_every_key_of_an_application_is_read() -> None:
    told = {
        "command": ["vglrun", "-d", "egl", "paraview"],
        "title": "ParaView",
        "icon": "icons/paraview.png",
        "category": "Visualisation",
        "backend": "xpra",
        "placement": "slurm",
        "mode": "seamless",
        "environment": {"PATH": "/opt/bin:${PATH}"},
    }
    assert parse("paraview", told, "x", Path("/site")) == Application(
        name="paraview",
        command=("vglrun", "-d", "egl", "paraview"),
        title="ParaView",
        icon=Path("/site/icons/paraview.png"),
        category="Visualisation",
        backend="xpra",
        placement="slurm",
        mode="seamless",
        environment={"PATH": "/opt/bin:${PATH}"},
    )


def test_an_application_needs_only_a_command() -> None:
    one = parse("term", MINIMAL, "x")
    assert (one.title, one.mode, one.backend, one.icon) == ("term", "full-screen", "", None)


def test_a_command_string_is_split_like_in_a_shell_but_not_expanded() -> None:
    one = parse("a", {"command": """run "a b" 'c;d' $HOME | e"""}, "x")
    assert one.command == ("run", "a b", "c;d", "$HOME", "|", "e")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ([], "must be an object with the key 'command'"),
        ({}, "the key 'command' is missing"),
        ({"comand": "x"}, "there is no key 'comand' (did you mean 'command'?)"),
        ({"command": "x", "zzz": 1}, "there is no key 'zzz'; there are command, title"),
        ({"command": 7}, "command: it must be a string or a list of strings"),
        ({"command": ["x", 7]}, "command: it must be a string"),
        ({"command": []}, "command: it names no program"),
        ({"command": "  "}, "command: it names no program"),
        ({"command": ["", "x"]}, "command: it names no program"),
        ({"command": "a 'b"}, "command: it cannot be split into words (No closing quotation)"),
        ({"command": ["a\0b"]}, "command: it contains a NUL character"),
        ({**MINIMAL, "title": ""}, "title: it must have 1 to 80 characters"),
        ({**MINIMAL, "title": "x" * 81}, "title: it must have 1 to 80 characters"),
        ({**MINIMAL, "title": "a\nb"}, "title: it must be one line"),
        ({**MINIMAL, "category": None}, "category: it must be a string"),
        ({**MINIMAL, "icon": "a.gif"}, "icon: it must be the path of an SVG or PNG file"),
        ({**MINIMAL, "backend": "rdp"}, "backend: There is no display server called 'rdp'"),
        ({**MINIMAL, "placement": "gpu"}, "placement: it must be one of local, slurm"),
        ({**MINIMAL, "mode": "kiosk"}, "mode: it must be one of full-screen, seamless"),
        ({**MINIMAL, "mode": "seamless", "backend": "vnc"}, "mode 'seamless' needs 'xpra'"),
        ({**MINIMAL, "environment": []}, "environment: it must be an object of strings"),
        ({**MINIMAL, "environment": {"A B": "x"}}, "environment: 'A B' cannot be the name"),
        ({**MINIMAL, "environment": {"A": 1}}, "environment: A: it must be a string"),
        ({**MINIMAL, "environment": {"DISPLAY": ":0"}}, "DISPLAY is set by the session"),
    ],
)
def test_an_error_names_the_file_and_the_key(told: object, said: str) -> None:
    with pytest.raises(ApplicationUnusable) as raised:
        parse("a", told, "applications/a.json")
    assert str(raised.value).startswith("applications/a.json: ")
    assert said in str(raised.value)


def test_an_application_s_specification_is_the_same_after_to_line_and_from_line() -> None:
    made = parse("a", {"command": "a 'b c'", "environment": {"X": "é"}}, "x")
    specification = made.specification(Specification(), "a")
    assert Specification.from_line(specification.to_line()) == specification


# -- files and the setting


def test_the_setting_takes_precedence_over_files_and_user_files_over_site_files(
    home: Path, site: Path
) -> None:
    for folder, names in ((home, "ab"), (site, "abc")):
        for name in names:
            put(folder, name, {"command": f"{folder.name}-{name}"})
    found = read({"a": {"command": "setting-a"}}, [str(home), str(site)], LOG)
    assert {name: found.get(name).command for name in found} == {
        "a": ("setting-a",),
        "b": ("home-b",),
        "c": ("site-c",),
    }


def test_an_icon_with_an_impossible_path_is_none(site: Path) -> None:
    put(site, "long", {**MINIMAL, "icon": f"{'x' * 300}/a.svg"})
    put(site, "nobody", {**MINIMAL, "icon": "~nobody-of-that-name/a.svg"})
    known = read({}, [str(site)], LOG)
    assert [known.icon(name) for name in ("long", "nobody")] == [None, None]
    assert len(known.missing_icons()) == 2


def test_a_relative_icon_path_starts_at_the_folder_of_the_application_s_file(
    site: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(site, "a", {**MINIMAL, "icon": "a.svg"})
    assert read({}, [str(site)], LOG).icon("a") is None
    assert f"The icon {site}/a.svg does not exist" in caplog.text
    (site / "a.svg").touch()
    assert read({}, [str(site)], LOG).icon("a") == site / "a.svg"


def test_a_missing_or_unreadable_folder_counts_as_empty(site: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folders = [str(tmp_path / name) for name in ("none", "file")]
    put(site, "a", MINIMAL)
    assert list(read({}, [*folders, str(site)], LOG)) == ["a"]


# -- errors


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ("{", "it is not JSON (Expecting"),
        ("[" * 60000, "it is not JSON"),
        (" " * 70000, "it is longer than 65536 bytes"),
        ("null", "it must be an object"),
    ],
)
def test_an_invalid_file_is_logged_and_reported_at_start_and_others_work(
    site: Path, caplog: pytest.LogCaptureFixture, contents: str, said: str
) -> None:
    bad = put(site, "bad", contents)
    put(site, "good", MINIMAL)
    found = read({"worse": {}}, [str(site)], LOG)
    assert found.get("good").command == ("xterm",)
    assert f"{bad}: {said}" in problem(found, "bad")
    assert f"{bad}: {said}" in caplog.text
    assert "DesktopApp.applications['worse']: the key 'command' is missing" in caplog.text
    assert (found.title("bad"), found.icon("bad"), found.category("bad")) == ("bad", None, "")


def test_an_unreadable_file_is_reported_at_start(site: Path) -> None:
    (site / "a.json").symlink_to(site / "a.json")
    found = read({}, [str(site)], LOG)
    assert "a.json: it cannot be read (Too many levels" in problem(found, "a")


def test_an_invalid_user_file_still_hides_the_site_s_file(home: Path, site: Path) -> None:
    put(home, "a", "{")
    put(site, "a", MINIMAL)
    assert "home/a.json" in problem(read({}, [str(home), str(site)], LOG), "a")


@pytest.mark.parametrize("name", ["default", "xpra", ".hidden", "a b", "a" * 64, "-a"])
def test_an_application_whose_name_no_session_can_have_is_skipped_and_logged(
    site: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    put(site, name, MINIMAL)
    assert name not in read({}, [str(site)], LOG)
    assert f"{name}.json: " in caplog.text


def test_applications_beyond_the_limit_are_skipped_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = read({f"a{number}": MINIMAL for number in range(101)}, [], LOG)
    assert len(list(found)) == 100
    assert "['a100']: there are already 100 applications" in caplog.text


def test_an_unknown_application_raises_an_error_with_the_known_names() -> None:
    with pytest.raises(UnknownApplication, match=r"no application called 'b'.*one of: a\."):
        read({"a": MINIMAL}, [], LOG).get("b")
    with pytest.raises(UnknownApplication) as raised:
        read({}, [], LOG).get("b")
    assert raised.value.remedy is None
