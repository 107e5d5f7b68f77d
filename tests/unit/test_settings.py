"""Settings: what is wrong with one is said in plain words, at the start."""

from __future__ import annotations

import pytest
from traitlets import TraitError
from traitlets.config import Config

from desktop import launchers
from desktop.app import DesktopApp


def app(**settings: object) -> DesktopApp:
    return DesktopApp(config=Config({"DesktopApp": settings}))


@pytest.mark.parametrize("value", ["1920x1080", "800x600", "64x64", "16384x16384"])
def test_geometry(value):
    assert app(geometry=value).specify("default", "").display.geometry == value


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
        ("backend", "rdp", ["vnc"]),
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
    specification = app(
        clipboard="in",
        title="Work",
        display_server="/opt/x/Xvnc",
        display_server_arguments=["-dpi", "120"],
        start_script="xfce",
        start_timeout=5,
        stop_timeout=1,
    ).specify("second", "")
    assert specification.display.clipboard == "in"
    assert specification.display.title == "Work second"
    assert specification.display.executable == "/opt/x/Xvnc"
    assert specification.display.arguments == ("-dpi", "120")
    assert (specification.start_script, specification.start_timeout) == ("xfce", 5)
    assert specification.stop_timeout == 1
    assert any(folder.endswith("/desktop/xstartup") for folder in specification.script_folders)


def test_the_title_of_the_default_desktop_is_the_title():
    assert app(title="Work").specify("default", "").display.title == "Work"


@pytest.mark.parametrize(("runtime", "first"), [("/run/user/1000", "/run/user/1000"), ("", None)])
def test_runtime_folders(monkeypatch, runtime, first):
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", "/jupyter")
    assert app().runtime_folders() == tuple(folder for folder in (first, "/jupyter") if folder)


def test_a_page_s_window_size_goes_before_the_setting():
    specification = app(geometry="800x600").specify("default", "1000x700")
    assert specification.display.geometry == "1000x700"


def test_the_tile_needs_the_extension(monkeypatch):
    monkeypatch.setattr(launchers, "_announced", {})
    with pytest.raises(RuntimeError, match="jupyter server extension enable desktop"):
        launchers.websockify()


def test_the_tile(monkeypatch, tmp_path):
    monkeypatch.setattr(launchers, "_announced", {})
    launchers.announce(
        title="Work", category="Other", new_browser_tab=False, socket=tmp_path / "socket"
    )
    entry = launchers.websockify()
    assert entry["command"] == []
    assert entry["unix_socket"] == str(tmp_path / "socket")
    assert entry["new_browser_tab"] is False
    tile = entry["launcher_entry"]
    assert (tile["title"], tile["category"], tile["path_info"]) == ("Work", "Other", "desktop/")
