"""Escaping of untrusted text for Jupyter's log, which is read on terminals."""

from __future__ import annotations

from collections.abc import Iterable

_INDENT = "    "


def line(text: str) -> str:
    """Return ``text`` as one line; control characters are shown as escapes."""
    return "".join(one if one.isprintable() else _escape(one) for one in text)


def lines(texts: Iterable[str]) -> str:
    """Return ``texts`` one per line, indented, so that none looks like a line of the log itself."""
    return "\n".join(_INDENT + line(text) for text in texts)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
