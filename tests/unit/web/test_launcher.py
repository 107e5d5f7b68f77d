"""The launcher's tiles, and the entries of jupyter-server-proxy that they are."""

from __future__ import annotations

import pytest
from jupyter_server_proxy.config import ServerProxy
from traitlets.config import Config, Configurable
from traitlets.config.loader import DeferredConfigString

from jupyter_desktop.app import DesktopApp
from jupyter_desktop.site import BrokenSite
from jupyter_desktop.web import launcher


def app(**settings: object) -> DesktopApp:
    return DesktopApp(config=Config({"DesktopApp": settings}))


def tiles(**settings: object) -> dict[str, launcher.Tile]:
    made = app(**settings)
    return {tile.title: tile for tile in launcher.tiles(made.site_settings(), made.planner)}


def test_the_tile():
    tile = tiles(title="Work", launcher_category="Other")["Work"]
    assert (tile.category, tile.address, tile.icon) == ("Other", "desktop/", None)


@pytest.mark.parametrize("second", [True, False])
def test_the_second_tile(monkeypatch, second):
    monkeypatch.setattr(launcher, "has_second_tile", lambda *_: second)
    assert list(tiles(title="Work")) == ["Work", *(["Work (Xpra)"] if second else [])]
    if second:
        assert tiles()["Desktop (Xpra)"].address == "desktop/sessions/xpra/?backend=xpra"


def test_the_tile_of_an_application(tmp_path):
    icon = tmp_path / "icon.svg"
    icon.touch()
    told = {"command": "xterm", "title": "A <b>", "icon": str(icon), "category": "Console"}
    tile = tiles(applications={"term": told})["A <b>"]
    assert (tile.category, tile.icon) == ("Console", icon)
    assert tile.address == "desktop/sessions/term/"


def test_an_application_that_cannot_be_used_has_a_tile_that_will_say_so():
    tile = tiles(applications={"term": {"comand": "xterm"}})["term"]
    assert (tile.category, tile.icon) == ("Notebook", None)


def test_tiles_for_jupyter_server_proxy(tmp_path):
    tile = launcher.Tile("name", "Title", "Other", "desktop/sessions/name/")
    (entry,) = launcher.entries([tile], socket=tmp_path / "s", new_browser_tab=False).values()
    assert (entry["command"], entry["unix_socket"]) == ([], str(tmp_path / "s"))
    assert entry["new_browser_tab"] is False
    shown = entry["launcher_entry"]
    assert (shown["title"], shown["category"]) == ("Title", "Other")
    assert shown["path_info"] == "desktop/sessions/name/"
    assert shown["icon_path"].endswith("/icon.svg")


class Server(Configurable):
    """What jupyter-server-proxy reads its settings from."""


def servers_of(server: Server) -> dict[str, object]:
    return ServerProxy(parent=server).servers


def an_entry(tmp_path):
    tile = launcher.Tile("ours", "Title", "Other", "desktop/")
    return launcher.entries([tile], socket=tmp_path / "s", new_browser_tab=True)


@pytest.mark.parametrize(
    "theirs", [{"theirs": {"command": ["x"]}}, DeferredConfigString("{'theirs': {'port': 8}}")]
)
def test_tiles_stand_beside_those_that_the_site_has_set_up(tmp_path, theirs):
    server = Server(config=Config({"ServerProxy": {"servers": theirs}}))
    launcher.announce(server, an_entry(tmp_path))
    assert set(servers_of(server)) == {"theirs", "ours"}


def test_a_site_may_replace_our_tile(tmp_path):
    theirs = {"ours": {"port": 8, "launcher_entry": {"title": "Theirs"}}}
    server = Server(config=Config({"ServerProxy": {"servers": theirs}}))
    launcher.announce(server, an_entry(tmp_path))
    assert servers_of(server)["ours"].launcher_entry.title == "Theirs"


def test_what_is_wrong_with_the_site_s_is_not_ours_to_say(tmp_path):
    config = Config({"ServerProxy": {"servers": {"theirs": {"port": "many"}}}})
    launcher.announce(Server(config=config), an_entry(tmp_path))
    assert config["ServerProxy"]["servers"] == {"theirs": {"port": "many"}}


def test_where_settings_are_wrong_there_are_no_tiles_of_ours():
    config = Config({"ServerProxy": {"servers": {"theirs": {"port": 8}}}})
    launcher.announce(Server(config=config), launcher.entries_of(BrokenSite("wrong")))
    assert config["ServerProxy"]["servers"] == {"theirs": {"port": 8}}


@pytest.mark.parametrize(
    ("programs", "backend", "second"),
    [
        # Its client has to be there as well, and is looked for where Debian has it.
        pytest.param(("Xtigervnc", "xpra"), "auto", True, marks=pytest.mark.needs("xpra")),
        (("Xtigervnc", "xpra"), "vnc", False),
        (("Xtigervnc", "xpra"), "xpra", False),
        (("Xtigervnc",), "auto", False),
        (("xpra",), "auto", False),
        ((), "auto", False),
    ],
)
def test_when_there_is_a_second_tile(monkeypatch, tmp_path, programs, backend, second):
    for name in programs:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(
        "jupyter_desktop.backends.vnc.backend.TURBOVNC_FOLDER", str(tmp_path / "none")
    )
    made = app(backend=backend)
    assert launcher.has_second_tile(made.site_settings(), made.planner) is second
