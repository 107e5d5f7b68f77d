"""Where users may have desktops, and what they can choose there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ..errors import BadRequest
from ..placements import LOCAL, SLURM, Local, Placement, SlurmPlacement
from ..placements.slurm.settings import Slurm
from .plans import Wish

_LABELS = {LOCAL: "This machine", SLURM: "A node of the cluster"}


class Places:
    """The placements that an administrator ``offers``, the usual one first."""

    def __init__(self, offers: Iterable[str], slurm: Slurm) -> None:
        self._offered = list(dict.fromkeys(offers))
        self._slurm = slurm

    def check(self, name: str) -> str:
        """Return ``name`` if users may ask for that placement; raises ``BadRequest``."""
        if name not in self._offered:
            raise BadRequest(
                f"Desktops are not placed with {name[:40]!r} here.",
                remedy=f"Ask for one of {', '.join(self._offered)}, or have the administrator "
                "offer it with DesktopApp.other_placements.",
            )
        return name

    def shown(self, only: str = "") -> list[dict[str, Any]]:
        """Return them as the page shows them, or the ``only`` one that there is to be."""
        fields = {SLURM: self._slurm.form()}
        return [
            {
                "name": name,
                "label": _LABELS.get(name, name),
                "fields": [asdict(field) for field in fields.get(name, [])],
            }
            for name in ([only] if only else self._offered)
        ]

    def placement(self, wish: Wish) -> Placement:
        """Return where a desktop is to run; raises ``BadRequest`` for options that cannot be."""
        if (wish.placement or self._offered[0]) == SLURM:
            return SlurmPlacement(self._slurm.request(wish.options))
        if wish.options:
            raise BadRequest("There is nothing to choose for a desktop on this machine.")
        return Local()
