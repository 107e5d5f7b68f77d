"""Text that others wrote, for Jupyter's log, which people read on terminals."""

from __future__ import annotations

from collections.abc import Iterable

_INDENT = "    "


def line(text: str) -> str:
    """Return ``text`` as one line; what a terminal would act on is shown as an escape."""
    return "".join(one if one.isprintable() else _escape(one) for one in text)


def lines(texts: Iterable[str]) -> str:
    """Return ``texts`` below each other, each indented, so that none looks like the log's own."""
    return "\n".join(_INDENT + line(text) for text in texts)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
