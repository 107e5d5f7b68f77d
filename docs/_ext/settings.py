"""Write every setting with its help where configure.md has ``<!-- settings -->``.

The classes are those that Jupyter's own ``--help-all`` explains, so a setting that is added to the
code stands on the page without more.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx
from traitlets import Bool, Enum, HasTraits, List, TraitType
from traitlets.traitlets import DefaultHandler

from desktop.app import DesktopApp

PLACE = "<!-- settings -->"
CLASSES: list[type[HasTraits]] = [DesktopApp, *DesktopApp.classes]


def setup(app: Sphinx) -> dict[str, Any]:
    """Be an extension (Sphinx calls this)."""
    app.connect("source-read", _fill_in)
    return {"parallel_read_safe": True}


def _fill_in(app: Sphinx, name: str, source: list[str]) -> None:
    if PLACE in source[0]:
        source[0] = source[0].replace(PLACE, as_markdown())
        # The settings' help is not among the files that Sphinx watches.
        app.env.note_reread()


def as_markdown() -> str:
    """Return all settings, a heading for each."""
    return "\n\n".join(part for kind in CLASSES for part in _of_class(kind))


def settings_of(kind: type[HasTraits]) -> dict[str, TraitType[Any, Any]]:
    """Return the settings that a class itself has, in the order of its source."""
    own = vars(kind)
    return {
        name: trait
        for name, trait in own.items()
        if isinstance(trait, TraitType) and trait.metadata.get("config")
    }


def _of_class(kind: type[HasTraits]) -> Iterator[str]:
    yield f"## `c.{kind.__name__}`"
    yield inspect.getdoc(kind).split("\n\n")[0]
    for name, trait in settings_of(kind).items():
        yield f"### {kind.__name__}.{name}"
        yield f"{_values(trait)}{_default(kind, name, trait)}\n{{.setting-facts}}"
        yield inspect.cleandoc(trait.help)


def _values(trait: TraitType[Any, Any]) -> str:
    if isinstance(trait, Enum):
        return f"one of {', '.join(f'`{value!r}`' for value in trait.values)}"
    if isinstance(trait, Bool):
        return "`True` or `False`"
    return {List: "a list of texts"}.get(type(trait), trait.info())


def _default(kind: type[HasTraits], name: str, trait: TraitType[Any, Any]) -> str:
    computed = (one for one in vars(kind).values() if isinstance(one, DefaultHandler))
    if name in {one.trait_name for one in computed}:
        return ""
    return f"; default: `{trait.default_value_repr()}`"
