"""The launcher's tiles, and their jupyter-server-proxy entries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def test_the_tile_has_the_title_and_the_category_of_the_settings() -> None:
    tile = tiles(title="Work", launcher_category="Other")["Work"]
    assert (tile.category, tile.address, tile.icon) == ("Other", "desktop/", None)


@pytest.mark.parametrize("second", [True, False])
def test_the_second_tile_opens_a_desktop_with_xpra(
    monkeypatch: pytest.MonkeyPatch, second: bool
) -> None:
    monkeypatch.setattr(launcher, "has_second_tile", lambda *_: second)
    assert list(tiles(title="Work")) == ["Work", *(["Work (Xpra)"] if second else [])]
    if second:
        assert tiles()["Desktop (Xpra)"].address == "desktop/sessions/xpra/?backend=xpra"


def test_an_application_has_a_tile_with_its_title_category_and_icon(tmp_path: Path) -> None:
    icon = tmp_path / "icon.svg"
    icon.touch()
    told = {"command": "xterm", "title": "A <b>", "icon": str(icon), "category": "Console"}
    tile = tiles(applications={"term": told})["A <b>"]
    assert (tile.category, tile.icon) == ("Console", icon)
    assert tile.address == "desktop/sessions/term/"


def test_an_invalid_application_has_a_tile_with_the_defaults() -> None:
    tile = tiles(applications={"term": {"comand": "xterm"}})["term"]
    assert (tile.category, tile.icon) == ("Notebook", None)


def test_a_tile_becomes_an_entry_of_jupyter_server_proxy(tmp_path: Path) -> None:
    tile = launcher.Tile("name", "Title", "Other", "desktop/sessions/name/")
    (entry,) = launcher.entries([tile], socket=tmp_path / "s", new_browser_tab=False).values()
    assert (entry["command"], entry["unix_socket"]) == ([], str(tmp_path / "s"))
    assert entry["new_browser_tab"] is False
    shown = entry["launcher_entry"]
    assert (shown["title"], shown["category"]) == ("Title", "Other")
    assert shown["path_info"] == "desktop/sessions/name/"
    assert shown["icon_path"].endswith("/icon.svg")


class Server(Configurable):
    """The parent from which jupyter-server-proxy reads its settings."""


def servers_of(server: Server) -> dict[str, Any]:
    servers: dict[str, Any] = ServerProxy(parent=server).servers
    return servers


def an_entry(tmp_path: Path) -> dict[str, Any]:
    tile = launcher.Tile("ours", "Title", "Other", "desktop/")
    return launcher.entries([tile], socket=tmp_path / "s", new_browser_tab=True)


@pytest.mark.parametrize(
    "theirs", [{"theirs": {"command": ["x"]}}, DeferredConfigString("{'theirs': {'port': 8}}")]
)
def test_our_tiles_are_added_to_the_site_s_entries(tmp_path: Path, theirs: object) -> None:
    server = Server(config=Config({"ServerProxy": {"servers": theirs}}))
    launcher.announce(server, an_entry(tmp_path))
    assert set(servers_of(server)) == {"theirs", "ours"}


def test_a_site_s_entry_replaces_our_tile_of_the_same_name(tmp_path: Path) -> None:
    theirs = {"ours": {"port": 8, "launcher_entry": {"title": "Theirs"}}}
    server = Server(config=Config({"ServerProxy": {"servers": theirs}}))
    launcher.announce(server, an_entry(tmp_path))
    assert servers_of(server)["ours"].launcher_entry.title == "Theirs"


def test_invalid_entries_of_the_site_are_left_unchanged(tmp_path: Path) -> None:
    config = Config({"ServerProxy": {"servers": {"theirs": {"port": "many"}}}})
    launcher.announce(Server(config=config), an_entry(tmp_path))
    assert config["ServerProxy"]["servers"] == {"theirs": {"port": "many"}}


def test_invalid_settings_add_no_tiles() -> None:
    config = Config({"ServerProxy": {"servers": {"theirs": {"port": 8}}}})
    launcher.announce(Server(config=config), launcher.entries_of(BrokenSite("wrong")))
    assert config["ServerProxy"]["servers"] == {"theirs": {"port": 8}}


@pytest.mark.parametrize(
    ("programs", "backend", "second"),
    [
        # Xpra's client must be installed as well, in the folder of Debian's package.
        pytest.param(("Xtigervnc", "xpra"), "auto", True, marks=pytest.mark.needs("xpra")),
        (("Xtigervnc", "xpra"), "vnc", False),
        (("Xtigervnc", "xpra"), "xpra", False),
        (("Xtigervnc",), "auto", False),
        (("xpra",), "auto", False),
        ((), "auto", False),
    ],
)
def test_a_second_tile_needs_both_display_servers_and_the_automatic_backend(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    programs: tuple[str, ...],
    backend: str,
    second: bool,
) -> None:
    for name in programs:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(
        "jupyter_desktop.backends.vnc.backend.TURBOVNC_FOLDER", str(tmp_path / "none")
    )
    made = app(backend=backend)
    assert launcher.has_second_tile(made.site_settings(), made.planner) is second
