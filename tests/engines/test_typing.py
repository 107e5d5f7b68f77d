"""Text typed on keyboards of several countries arrives unchanged."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from .text_window import TextWindow


class Typed(NamedTuple):
    """Keys on a layout, named after an American keyboard, and the resulting text."""

    layout: str
    keys: str
    text: str


_LETTERS = {
    "us": Typed("us", "a Shift+a z y 1 Shift+2 - = [ ; ' \\ / Shift+/ Shift+`", "aAzy1@-=[;'\\/?~"),
    "German": Typed(
        "de", "z y [ ; ' - Shift+[ Shift+- AltGr+q AltGr+e AltGr+7 AltGr+- ]", "yzüöäßÜ?@€{\\+"
    ),
    "French": Typed("fr", "q w 2 7 9 0 Shift+2 ; AltGr+0 AltGr+e AltGr+5 a", "azéèçà2m@€[q"),
    "Russian": Typed(
        "ru",
        "Shift+g q w e r t y u i o p [ ] a s d f g h j k l ; ' z x c v b n m , . `",
        "Пйцукенгшщзхъфывапролджэячсмитьбюё",
    ),
    "Greek": Typed(
        "gr", "a b g d e z h u i k l m n j o p r s w t y f x c v", "αβγδεζηθικλμνξοπρσςτυφχψω"
    ),
}


@pytest.mark.parametrize("typed", _LETTERS.values(), ids=_LETTERS)
def test_letters_of_each_layout_arrive(desk: TextWindow, typed: Typed) -> None:
    desk.page.screen.layout(typed.layout)
    desk.page.screen.presses(typed.keys)
    desk.holds(typed.text)


_DEAD_KEYS = {
    "German": Typed("de", "= e ` o = Space = Shift+a ` Space x", "éô'Á^x"),
    "French": Typed("fr", "[ o [ e Shift+[ i [ Space x", "ôêï^x"),
    "Spanish": Typed("es", "' e [ a Shift+' u AltGr+; n ; ' Space x", "éàüññ'x"),
    "American": Typed("us intl", "' e Shift+6 o Shift+` n Shift+' u ' Space x", "éôñü'x"),
}


@pytest.mark.parametrize("typed", _DEAD_KEYS.values(), ids=_DEAD_KEYS)
def test_accented_letters_of_dead_keys_arrive(desk: TextWindow, typed: Typed) -> None:
    desk.page.screen.layout(*typed.layout.split())
    desk.page.screen.presses(typed.keys)
    desk.holds(typed.text)
