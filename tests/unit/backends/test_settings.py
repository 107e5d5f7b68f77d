"""Settings of a display."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from jupyter_desktop.backends import Clipboard, DisplaySettings


@pytest.mark.parametrize(
    ("value", "inbound", "outbound"),
    [("both", True, True), ("in", True, False), ("out", False, True), ("off", False, False)],
)
def test_a_clipboard_setting_allows_its_directions(
    value: str, inbound: bool, outbound: bool
) -> None:
    clipboard = Clipboard(value)
    assert (clipboard.inbound, clipboard.outbound) == (inbound, outbound)


def test_settings_survive_json() -> None:
    settings = DisplaySettings(clipboard=Clipboard.OUT)
    again = DisplaySettings.from_json(json.loads(json.dumps(asdict(settings))))
    assert again == settings
    assert again.clipboard is Clipboard.OUT
