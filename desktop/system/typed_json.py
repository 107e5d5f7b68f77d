"""Dataclasses from JSON, with a check of each field's type.

Types are ``str``, ``int``, ``bool``, ``float``, enums by their values, ``tuple[X, ...]`` from
lists, ``X | None``, and dataclasses of these from objects.
"""

from __future__ import annotations

import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar

_T = TypeVar("_T")


class Mismatch(ValueError):
    """A value has the wrong type; the text names the field, without its value."""


def read(kind: type[_T], values: Any, name: str) -> _T:
    """Return the dataclass ``kind`` from ``values``, an object of ``json.loads``.

    A field that is left out has its default. ``name`` is the object's name in errors. Raises
    ``Mismatch``.
    """
    if not isinstance(values, dict):
        raise Mismatch(f"{name} must be an object.")
    known, needed = _fields(kind)
    if unknown := set(values) - set(known):
        raise Mismatch(f"{name} has no field {min(unknown)[:80]!r}.")
    if missing := needed - set(values):
        raise Mismatch(f"{name} lacks the field {min(missing)!r}.")
    read_fields = {key: _value(known[key], value, f"{name}.{key}") for key, value in values.items()}
    return kind(**read_fields)


def _fields(kind: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the types of all fields of a dataclass, and the names of those without a default."""
    assert is_dataclass(kind)
    needed = {one.name for one in fields(kind) if one.default is MISSING}
    return typing.get_type_hints(kind), frozenset(needed)


def _value(kind: Any, value: Any, name: str) -> Any:
    if isinstance(kind, types.UnionType):
        if value is None:
            return None
        kind = next(one for one in typing.get_args(kind) if one is not types.NoneType)
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise Mismatch(f"{name} must be a list.")
        return tuple(_value(typing.get_args(kind)[0], one, f"an item of {name}") for one in value)
    if isinstance(kind, type) and is_dataclass(kind):
        return read(kind, value, name)
    if issubclass(kind, Enum):
        return _member(kind, value, name)
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise Mismatch(f"{name} must be of type {kind.__name__}.")
    return value


def _member(kind: type[Enum], value: Any, name: str) -> Enum:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(one.value) for one in kind)
        raise Mismatch(f"{name} must be one of {known}.") from None
