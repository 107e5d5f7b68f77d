"""Text of others can neither control a terminal nor forge a line of Jupyter's log."""

from __future__ import annotations

import pytest

from jupyter_desktop.system import foreign_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Größe 日本 😀 \\n", "Größe 日本 😀 \\n"),
        ("\x1b]0;title\x07\x1b[2J", "\\x1b]0;title\\x07\\x1b[2J"),
        ("\x9b2J", "\\x9b2J"),
        ("seen\r[E ServerApp]", "seen\\r[E ServerApp]"),
        ("one\ntwo\x0bthree\x85four\u2028five", "one\\ntwo\\x0bthree\\x85four\\u2028five"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\udcff", "\\udcff"),
        ("", ""),
    ],
)
def test_control_characters_of_a_line_are_escaped(text: str, shown: str) -> None:
    assert foreign_text.line(text) == shown


def test_lines_are_indented_and_line_ends_in_them_escaped() -> None:
    assert foreign_text.lines(["[I ServerApp] all is well", "b\nc"]) == (
        "    [I ServerApp] all is well\n    b\\nc"
    )
