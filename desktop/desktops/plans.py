"""The start request of a desktop, and the plan that results from it and the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..placements import Placement
from ..session.specification import Specification


@dataclass(frozen=True)
class Wish:
    """A start request; the settings complete empty fields.

    ``geometry`` is the initial size, "WIDTHxHEIGHT"; ``backend`` a name or "auto"; ``placement``
    the name of one, ``options`` the values for its form; ``application`` the name of one to start
    instead of a desktop.
    """

    geometry: str = ""
    backend: str = ""
    placement: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    application: str = ""


@dataclass(frozen=True)
class Plan:
    """The specification of a desktop, and where it runs."""

    specification: Specification
    placement: Placement
