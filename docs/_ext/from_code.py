"""Replace ``<!-- settings -->`` and ``<!-- errors -->`` in pages by text generated from the code.

The settings are those that ``--help-all`` lists, so a new setting appears on the page without any
change here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from sphinx.application import Sphinx
from traitlets import Bool, Dict, Enum, Float, HasTraits, Integer, List, TraitType, Unicode
from traitlets.traitlets import DefaultHandler

from jupyter_desktop import errors
from jupyter_desktop.app import DesktopApp, settings_of

CLASSES: list[type[HasTraits]] = [DesktopApp, *DesktopApp.classes]

# Descriptions of the values of a setting, and of the elements of a list.
_KINDS = {
    Bool: ("`True` or `False`", ""),
    Dict: ("a dictionary", "dictionaries"),
    Float: ("a number", "numbers"),
    Integer: ("a whole number", "whole numbers"),
    Unicode: ("a text", "texts"),
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension (called by Sphinx)."""
    app.connect("source-read", _fill_in)
    return {"parallel_read_safe": True}


def _fill_in(app: Sphinx, name: str, source: list[str]) -> None:
    for place, text in PLACES.items():
        if place in source[0]:
            source[0] = source[0].replace(place, text())
            # Sphinx does not watch the files of the code.
            app.env.note_reread()


def settings() -> str:
    """Return all settings, each with a heading."""
    return "\n\n".join(part for kind in CLASSES for part in _of_class(kind))


def reasons() -> str:
    """Return a table of the API's error reasons."""
    rows = [
        f"| `{kind.reason}` | {kind.status} | {_first_line(kind)} |"
        for kind in vars(errors).values()
        # A class that inherits its reason adds no new one.
        if inspect.isclass(kind) and "reason" in vars(kind) and kind is not errors.DesktopError
    ]
    return "\n".join(["| `reason` | status | |", "|---|---|---|", *rows])


PLACES: dict[str, Callable[[], str]] = {
    "<!-- settings -->": settings,
    "<!-- errors -->": reasons,
}


def _of_class(kind: type[HasTraits]) -> Iterator[str]:
    yield f"## Settings of `c.{kind.__name__}`"
    yield _first_line(kind)
    for name, trait in settings_of(kind).items():
        yield f"### {kind.__name__}.{name}"
        yield f"{{.values}}\n{_values(trait)}{_default(kind, name, trait)}"
        yield inspect.cleandoc(trait.help)


def _values(trait: TraitType[Any, Any]) -> str:
    match trait:
        case Enum():
            return " or ".join(_quoted(trait))
        case List(_trait=Enum() as each):
            return f"a list of any of {', '.join(_quoted(each))}"
        case List(_trait=TraitType() as each):
            return f"a list of {_kind(each)[1]}"
    return _kind(trait)[0]


def _quoted(trait: Enum[Any]) -> list[str]:
    return [f'`"{value}"`' for value in trait.values]


def _kind(trait: TraitType[Any, Any]) -> tuple[str, str]:
    found = (words for kind, words in _KINDS.items() if isinstance(trait, kind))
    return next(found, (trait.info(), trait.info()))


def _default(kind: type[HasTraits], name: str, trait: TraitType[Any, Any]) -> str:
    computed = {one.trait_name for one in vars(kind).values() if isinstance(one, DefaultHandler)}
    if name in computed:
        return ""
    return f"; by default `{trait.default_value_repr()}`".replace("'", '"')


def _first_line(kind: type) -> str:
    return (inspect.getdoc(kind) or "").split("\n")[0].replace("``", "`")
