"""Settings: what is wrong with one is said in plain words, at the start."""

from __future__ import annotations

import pytest
from traitlets import TraitError
from traitlets.config import Config

from desktop import launchers
from desktop.app import DesktopApp
from desktop.plans import Wish
from desktop.session.specification import Specification
from desktop.sessions import NO_WISH


def announce(folder, second):
    launchers.announce(
        title="Work",
        category="Other",
        new_browser_tab=False,
        socket=folder / "socket",
        second=second,
    )


def app(**settings: object) -> DesktopApp:
    return DesktopApp(config=Config({"DesktopApp": settings}))


def specified(name: str, wish: Wish = NO_WISH, **settings: object) -> Specification:
    return app(**settings).plan(name, wish).specification


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
    own = DesktopApp.class_own_traits(config=True)
    assert len(own) >= 12
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
    assert app().runtime_folders() == tuple(folder for folder in (first, "/jupyter") if folder)


def test_a_page_s_window_size_goes_before_the_setting():
    specification = specified("default", Wish("1000x700"), geometry="800x600")
    assert specification.display.geometry == "1000x700"


def test_the_tile_needs_the_extension(monkeypatch):
    monkeypatch.setattr(launchers, "_announced", {})
    with pytest.raises(RuntimeError, match="jupyter server extension enable desktop"):
        launchers.websockify()


def test_the_tile(monkeypatch, tmp_path):
    monkeypatch.setattr(launchers, "_announced", {})
    announce(tmp_path, second=False)
    entry = launchers.websockify()
    assert entry["command"] == []
    assert entry["unix_socket"] == str(tmp_path / "socket")
    assert entry["new_browser_tab"] is False
    tile = entry["launcher_entry"]
    assert (tile["title"], tile["category"], tile["path_info"]) == ("Work", "Other", "desktop/")


@pytest.mark.parametrize("second", [True, False])
def test_the_second_tile(monkeypatch, tmp_path, second):
    monkeypatch.setattr(launchers, "_announced", {})
    announce(tmp_path, second)
    assert launchers.websockify()["launcher_entry"]["enabled"] is True
    tile = launchers.xpra()["launcher_entry"]
    assert (tile["title"], tile["enabled"]) == ("Work (Xpra)", second)
    assert tile["path_info"] == "desktop/sessions/xpra/?backend=xpra"


@pytest.mark.parametrize(
    ("programs", "backend", "second"),
    [
        (("Xtigervnc", "xpra"), "auto", True),
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
    monkeypatch.setattr("desktop.backends.vnc.TURBOVNC_FOLDER", str(tmp_path / "none"))
    assert app(backend=backend)._second_tile() is second


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
    display = made.plan("default").specification.display
    assert (display.xpra.mode, display.xpra.arguments) == ("seamless", ("--speaker=on",))


def test_a_wrong_setting_of_xpra_is_told():
    config = Config({"Xpra": {"encryption": "of"}})
    with pytest.raises(TraitError, match=r"encryption.*required"):
        DesktopApp(config=config).xpra  # noqa: B018
