"""What is asked of a desktop that is to be started, and what comes of it with the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..placements import Placement
from ..session.specification import Specification


@dataclass(frozen=True)
class Wish:
    """A start request; for empty fields the settings decide.

    ``geometry`` is its size at the start, "WIDTHxHEIGHT", ``backend`` the name of one or "auto",
    ``placement`` where it is to run, ``options`` what that placement lets its users choose, and
    ``application`` the name of one that there is to be instead of a desktop.
    """

    geometry: str = ""
    backend: str = ""
    placement: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    application: str = ""


@dataclass(frozen=True)
class Plan:
    """What a desktop is to be, and where."""

    specification: Specification
    placement: Placement
