"""Wrong settings are refused at the start, with the reason."""

from __future__ import annotations

import pytest
from traitlets import TraitError
from traitlets.config import Config

from jupyter_desktop.app import DesktopApp, settings_of


def app(**settings: object) -> DesktopApp:
    return DesktopApp(config=Config({"DesktopApp": settings}))


@pytest.mark.parametrize(
    "value",
    [
        *("", "1920", "1920X1080", "1920 x 1080", "0x0", "1x1", "-5x10", "1920x1080+0+0"),
        *("1920x1080\n", "100000x10", "٣٣x٣٣"),
    ],
)
def test_a_bad_geometry_is_refused_with_an_example(value: str) -> None:
    with pytest.raises(TraitError, match=r"DesktopApp.geometry: .*WIDTHxHEIGHT.*1920x1080"):
        app(geometry=value)


@pytest.mark.parametrize("name", ["start_timeout", "stop_timeout", "ticket_lifetime"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), 86400])
def test_a_bad_number_of_seconds_is_refused(name: str, value: float) -> None:
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
def test_a_bad_choice_lists_the_good_ones(name: str, value: str, choices: list[str]) -> None:
    with pytest.raises(TraitError) as refused:
        app(**{name: value})
    assert all(choice in str(refused.value) for choice in [name, value, *choices])


def test_every_setting_has_help() -> None:
    own = settings_of(DesktopApp)
    assert len(own) >= 18
    assert all(len(trait.help) > 20 for trait in own.values())


def test_a_wrong_setting_of_xpra_is_refused_with_the_choices() -> None:
    config = Config({"Xpra": {"encryption": "of"}})
    with pytest.raises(TraitError, match=r"encryption.*required"):
        DesktopApp(config=config).xpra  # noqa: B018
