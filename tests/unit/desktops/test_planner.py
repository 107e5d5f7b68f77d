"""What the settings make of a desktop, and what is asked for."""

from __future__ import annotations

import pytest
from traitlets.config import Config

from jupyter_desktop.app import DesktopApp
from jupyter_desktop.desktops.planner import runtime_folders
from jupyter_desktop.desktops.plans import Wish
from jupyter_desktop.desktops.sessions import NO_WISH
from jupyter_desktop.errors import UnknownApplication
from jupyter_desktop.session.specification import Specification


def app(**settings: object) -> DesktopApp:
    return DesktopApp(config=Config({"DesktopApp": settings}))


def specified(name: str, wish: Wish = NO_WISH, **settings: object) -> Specification:
    return app(**settings).planner.plan(name, wish).specification


@pytest.mark.parametrize("value", ["1920x1080", "800x600", "64x64", "16384x16384"])
def test_geometry(value):
    assert specified("default", geometry=value).display.geometry == value


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
