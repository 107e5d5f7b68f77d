"""Settings: what is wrong with one is said in plain words, at the start."""

from __future__ import annotations

import pytest
from jupyter_server_proxy.config import ServerProxy
from traitlets import TraitError
from traitlets.config import Config, Configurable
from traitlets.config.loader import DeferredConfigString

from jupyter_desktop.app import DesktopApp, settings_of
from jupyter_desktop.desktops.planner import runtime_folders
from jupyter_desktop.desktops.plans import Wish
from jupyter_desktop.desktops.sessions import NO_WISH
from jupyter_desktop.errors import UnknownApplication
from jupyter_desktop.session.specification import Specification
from jupyter_desktop.web import launcher


def app(**settings: object) -> DesktopApp:
    return DesktopApp(config=Config({"DesktopApp": settings}))


def specified(name: str, wish: Wish = NO_WISH, **settings: object) -> Specification:
    return app(**settings).planner.plan(name, wish).specification


@pytest.mark.parametrize("value", ["1920x1080", "800x600", "64x64", "16384x16384"])
def test_geometry(value):
    assert specified("default", geometry=value).display.geometry == value


@pytest.mark.parametrize(
    "value",
    [
        *("", "1920", "1920X1080", "1920 x 1080", "0x0", "1x1", "-5x10", "1920x1080+0+0"),
        *("1920x1080\n", "100000x10", "٣٣x٣٣"),
    ],
)
def test_a_bad_geometry(value):
    with pytest.raises(TraitError, match=r"DesktopApp.geometry: .*WIDTHxHEIGHT.*1920x1080"):
        app(geometry=value)


@pytest.mark.parametrize("name", ["start_timeout", "stop_timeout", "ticket_lifetime"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), 86400])
def test_a_bad_number_of_seconds(name, value):
    with pytest.raises(TraitError, match=rf"DesktopApp.{name} is .* number of seconds"):
        app(**{name: value})


@pytest.mark.parametrize(
    ("name", "value", "choices"),
    [
        ("clipboard", "yes", ["both", "in", "out", "off"]),
        ("backend", "rdp", ["auto", "vnc", "xpra"]),
        ("activity", "never", ["input", "connected", "always"]),
        ("open_in", "window", ["browser-tab", "lab-tab"]),
    ],
)
def test_a_bad_choice_lists_the_good_ones(name, value, choices):
    with pytest.raises(TraitError) as refused:
        app(**{name: value})
    assert all(choice in str(refused.value) for choice in [name, value, *choices])


def test_every_setting_has_help():
    own = settings_of(DesktopApp)
    assert len(own) >= 18
    assert all(len(trait.help) > 20 for trait in own.values())


def test_what_the_settings_make_of_a_desktop():
    specification = specified(
        "second",
        clipboard="in",
        title="Work",
        display_server="/opt/x/Xvnc",
        display_server_arguments=["-dpi", "120"],
        start_script="xfce",
        start_timeout=5,
        stop_timeout=1,
    )
    assert specification.display.clipboard == "in"
    assert specification.display.title == "Work second"
    assert specification.display.executable == "/opt/x/Xvnc"
    assert specification.display.arguments == ("-dpi", "120")
    assert (specification.start_script, specification.start_timeout) == ("xfce", 5)
    assert specification.stop_timeout == 1
    assert any(folder.endswith("/desktop/xstartup") for folder in specification.script_folders)


def test_the_title_of_the_default_desktop_is_the_title():
    assert specified("default", title="Work").display.title == "Work"


@pytest.mark.parametrize(("runtime", "first"), [("/run/user/1000", "/run/user/1000"), ("", None)])
def test_runtime_folders(monkeypatch, runtime, first):
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", "/jupyter")
    assert runtime_folders() == tuple(folder for folder in (first, "/jupyter") if folder)


def test_a_page_s_window_size_goes_before_the_setting():
    specification = specified("default", Wish("1000x700"), geometry="800x600")
    assert specification.display.geometry == "1000x700"


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


def test_who_names_a_vnc_server_means_that_one():
    assert specified("default", display_server="/opt/Xvnc").backend == "vnc"
    assert specified("default", Wish(backend="xpra"), display_server="/opt/Xvnc").backend == "xpra"


def test_a_backend_that_is_asked_for_goes_before_the_setting():
    assert specified("other", Wish(backend="xpra"), backend="vnc").backend == "xpra"
    assert specified("other", backend="vnc").backend == "vnc"


def test_each_desktop_has_a_key_of_its_own():
    one, other = specified("one"), specified("other")
    assert len(one.key) == 64
    assert one.key != other.key
    assert one.key not in repr(one)


def test_what_the_settings_make_of_xpra():
    made = app()
    made.xpra.mode, made.xpra.arguments = "seamless", ["--speaker=on"]
    display = made.planner.plan("default").specification.display
    assert (display.xpra.mode, display.xpra.arguments) == ("seamless", ("--speaker=on",))


def test_a_wrong_setting_of_xpra_is_told():
    config = Config({"Xpra": {"encryption": "of"}})
    with pytest.raises(TraitError, match=r"encryption.*required"):
        DesktopApp(config=config).xpra  # noqa: B018


def test_a_session_with_the_name_of_an_application_is_that_application():
    made = app(applications={"term": {"command": "xterm -e top", "environment": {"A": "b"}}})
    specification = made.planner.plan("term").specification
    assert (specification.application, specification.command) == ("term", ("xterm", "-e", "top"))
    assert specification.environment == {"A": "b"}
    assert specification.display.title == "term"
    assert not made.planner.plan("default").specification.command


def test_an_application_in_another_session():
    made = app(applications={"term": {"command": "xterm", "title": "Terminal"}})
    specification = made.planner.plan("second", Wish(application="term")).specification
    assert (specification.application, specification.display.title) == ("term", "Terminal second")


def test_only_applications_that_are_set_up_are_started():
    with pytest.raises(UnknownApplication, match=r"no application called 'xterm'.*one of: term"):
        app(applications={"term": {"command": "x"}}).planner.plan("x", Wish(application="xterm"))


@pytest.mark.parametrize(
    ("told", "wish", "backend"),
    [
        ({}, "", "vnc"),
        ({}, "xpra", "xpra"),
        ({"backend": "xpra"}, "", "xpra"),
        ({"backend": "xpra"}, "vnc", "xpra"),
        ({"mode": "seamless"}, "vnc", "xpra"),
    ],
)
def test_the_backend_of_an_application(told, wish, backend):
    made = app(applications={"term": {"command": "xterm", **told}}, backend="vnc")
    assert made.planner.plan("term", Wish(backend=wish)).specification.backend == backend


@pytest.mark.parametrize(("mode", "xpra"), [("full-screen", "desktop"), ("seamless", "seamless")])
def test_the_mode_of_an_application_goes_before_that_of_desktops(mode, xpra):
    made = app(applications={"term": {"command": "xterm", "mode": mode}})
    made.xpra.mode = "seamless"
    assert made.planner.plan("term").specification.display.xpra.mode == xpra
    assert made.planner.plan("default").specification.display.xpra.mode == "seamless"
