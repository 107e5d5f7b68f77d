"""Plans of desktops, made from the settings and the start request."""

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
def test_the_geometry_setting_is_used(value: str) -> None:
    assert specified("default", geometry=value).display.geometry == value


def test_the_settings_are_in_the_specification() -> None:
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


def test_the_default_desktop_has_the_title_setting_as_its_title() -> None:
    assert specified("default", title="Work").display.title == "Work"


@pytest.mark.parametrize(("runtime", "first"), [("/run/user/1000", "/run/user/1000"), ("", None)])
def test_runtime_folders_are_those_of_the_environment_variables(
    monkeypatch: pytest.MonkeyPatch, runtime: str, first: str | None
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", "/jupyter")
    assert runtime_folders() == tuple(folder for folder in (first, "/jupyter") if folder)


def test_a_requested_size_takes_precedence_over_the_setting() -> None:
    specification = specified("default", Wish("1000x700"), geometry="800x600")
    assert specification.display.geometry == "1000x700"


def test_a_display_server_setting_implies_vnc_unless_a_backend_is_requested() -> None:
    assert specified("default", display_server="/opt/Xvnc").backend == "vnc"
    assert specified("default", Wish(backend="xpra"), display_server="/opt/Xvnc").backend == "xpra"


def test_a_requested_backend_takes_precedence_over_the_setting() -> None:
    assert specified("other", Wish(backend="xpra"), backend="vnc").backend == "xpra"
    assert specified("other", backend="vnc").backend == "vnc"


def test_each_desktop_has_its_own_key_and_repr_hides_it() -> None:
    one, other = specified("one"), specified("other")
    assert len(one.key) == 64
    assert one.key != other.key
    assert one.key not in repr(one)


def test_the_xpra_settings_are_in_the_specification() -> None:
    made = app()
    made.xpra.mode, made.xpra.arguments = "seamless", ["--speaker=on"]
    display = made.planner.plan("default").specification.display
    assert (display.xpra.mode, display.xpra.arguments) == ("seamless", ("--speaker=on",))


def test_a_session_with_the_name_of_an_application_runs_that_application() -> None:
    made = app(applications={"term": {"command": "xterm -e top", "environment": {"A": "b"}}})
    specification = made.planner.plan("term").specification
    assert (specification.application, specification.command) == ("term", ("xterm", "-e", "top"))
    assert specification.environment == {"A": "b"}
    assert specification.display.title == "term"
    assert not made.planner.plan("default").specification.command


def test_an_application_can_run_in_a_session_of_another_name() -> None:
    made = app(applications={"term": {"command": "xterm", "title": "Terminal"}})
    specification = made.planner.plan("second", Wish(application="term")).specification
    assert (specification.application, specification.display.title) == ("term", "Terminal second")


def test_an_unknown_application_is_refused() -> None:
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
def test_an_application_s_backend_takes_precedence_over_the_requested_one(
    told: dict[str, str], wish: str, backend: str
) -> None:
    made = app(applications={"term": {"command": "xterm", **told}}, backend="vnc")
    assert made.planner.plan("term", Wish(backend=wish)).specification.backend == backend


@pytest.mark.parametrize(("mode", "xpra"), [("full-screen", "desktop"), ("seamless", "seamless")])
def test_an_application_s_mode_takes_precedence_over_the_setting(mode: str, xpra: str) -> None:
    made = app(applications={"term": {"command": "xterm", "mode": mode}})
    made.xpra.mode = "seamless"
    assert made.planner.plan("term").specification.display.xpra.mode == xpra
    assert made.planner.plan("default").specification.display.xpra.mode == "seamless"
