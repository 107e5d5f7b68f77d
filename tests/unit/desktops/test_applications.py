"""Single applications: what can be said of them, where, and what is said of mistakes."""

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


# -- one


def test_all_that_can_be_said_of_one():
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


def test_a_command_is_enough():
    one = parse("term", MINIMAL, "x")
    assert (one.title, one.mode, one.backend, one.icon) == ("term", "full-screen", "", None)


def test_a_command_that_is_a_text_is_split_as_by_a_shell_and_run_by_none():
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
def test_what_is_wrong_is_said_with_its_place(told, said):
    with pytest.raises(ApplicationUnusable) as raised:
        parse("a", told, "applications/a.json")
    assert str(raised.value).startswith("applications/a.json: ")
    assert said in str(raised.value)


def test_a_specification_survives_the_way_to_the_session():
    made = parse("a", {"command": "a 'b c'", "environment": {"X": "é"}}, "x")
    specification = made.specification(Specification(), "a")
    assert Specification.from_line(specification.to_line()) == specification


# -- where they stand


def test_the_setting_goes_before_files_and_the_user_s_file_before_the_site_s(home, site):
    for folder, names in ((home, "ab"), (site, "abc")):
        for name in names:
            put(folder, name, {"command": f"{folder.name}-{name}"})
    found = read({"a": {"command": "setting-a"}}, [str(home), str(site)], LOG)
    assert {name: found.get(name).command for name in found} == {
        "a": ("setting-a",),
        "b": ("home-b",),
        "c": ("site-c",),
    }


def test_an_icon_that_cannot_be_looked_for_is_none(site):
    put(site, "long", {**MINIMAL, "icon": f"{'x' * 300}/a.svg"})
    put(site, "nobody", {**MINIMAL, "icon": "~nobody-of-that-name/a.svg"})
    known = read({}, [str(site)], LOG)
    assert [known.icon(name) for name in ("long", "nobody")] == [None, None]
    assert len(known.missing_icons()) == 2


def test_an_icon_lies_beside_its_file(site, caplog):
    put(site, "a", {**MINIMAL, "icon": "a.svg"})
    assert read({}, [str(site)], LOG).icon("a") is None
    assert f"The icon {site}/a.svg does not exist" in caplog.text
    (site / "a.svg").touch()
    assert read({}, [str(site)], LOG).icon("a") == site / "a.svg"


def test_a_folder_that_is_not_there_or_cannot_be_read_is_empty(site, tmp_path):
    (tmp_path / "file").touch()
    folders = [str(tmp_path / name) for name in ("none", "file")]
    put(site, "a", MINIMAL)
    assert list(read({}, [*folders, str(site)], LOG)) == ["a"]


# -- what is wrong stays alone


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ("{", "it is not JSON (Expecting"),
        ("[" * 60000, "it is not JSON"),
        (" " * 70000, "it is longer than 65536 bytes"),
        ("null", "it must be an object"),
    ],
)
def test_a_bad_file_is_told_to_the_log_and_to_who_starts_it(site, caplog, contents, said):
    bad = put(site, "bad", contents)
    put(site, "good", MINIMAL)
    found = read({"worse": {}}, [str(site)], LOG)
    assert found.get("good").command == ("xterm",)
    assert f"{bad}: {said}" in problem(found, "bad")
    assert f"{bad}: {said}" in caplog.text
    assert "DesktopApp.applications['worse']: the key 'command' is missing" in caplog.text
    assert (found.title("bad"), found.icon("bad"), found.category("bad")) == ("bad", None, "")


def test_a_file_that_cannot_be_read(site):
    (site / "a.json").symlink_to(site / "a.json")
    found = read({}, [str(site)], LOG)
    assert "a.json: it cannot be read (Too many levels" in problem(found, "a")


def test_a_user_s_bad_file_does_not_uncover_the_site_s(home, site):
    put(home, "a", "{")
    put(site, "a", MINIMAL)
    assert "home/a.json" in problem(read({}, [str(home), str(site)], LOG), "a")


@pytest.mark.parametrize("name", ["default", "xpra", ".hidden", "a b", "a" * 64, "-a"])
def test_a_name_that_no_session_of_its_own_can_have(site, caplog, name):
    put(site, name, MINIMAL)
    assert name not in read({}, [str(site)], LOG)
    assert f"{name}.json: " in caplog.text


def test_there_is_an_end_to_them(caplog):
    found = read({f"a{number}": MINIMAL for number in range(101)}, [], LOG)
    assert len(list(found)) == 100
    assert "['a100']: there are already 100 applications" in caplog.text


def test_one_that_nobody_has_set_up():
    with pytest.raises(UnknownApplication, match=r"no application called 'b'.*one of: a\."):
        read({"a": MINIMAL}, [], LOG).get("b")
    with pytest.raises(UnknownApplication) as raised:
        read({}, [], LOG).get("b")
    assert raised.value.remedy is None
