"""What may be chosen about a display."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from jupyter_desktop.backends import Clipboard, DisplaySettings


@pytest.mark.parametrize(
    ("value", "inbound", "outbound"),
    [("both", True, True), ("in", True, False), ("out", False, True), ("off", False, False)],
)
def test_which_way_text_may_go(value: str, inbound: bool, outbound: bool) -> None:
    clipboard = Clipboard(value)
    assert (clipboard.inbound, clipboard.outbound) == (inbound, outbound)


def test_the_clipboard_stays_what_it_is_as_json() -> None:
    settings = DisplaySettings(clipboard=Clipboard.OUT)
    again = DisplaySettings.from_json(json.loads(json.dumps(asdict(settings))))
    assert again == settings
    assert again.clipboard is Clipboard.OUT
