"""The placements that users may choose, and their options."""

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
    """The placements that an administrator ``offers``, the default one first."""

    def __init__(self, offers: Iterable[str], slurm: Slurm) -> None:
        self._offered = list(dict.fromkeys(offers))  # names, each once
        self._slurm = slurm

    def check(self, name: str) -> str:
        """Return ``name`` if users may choose that placement; raises ``BadRequest``."""
        if name not in self._offered:
            raise BadRequest(
                f"This server does not offer the placement {name[:40]!r}.",
                remedy=f"Choose one of {', '.join(self._offered)}, or ask the administrator "
                "to add it to DesktopApp.other_placements.",
            )
        return name

    def shown(self, only: str = "") -> list[dict[str, Any]]:
        """Return the placements as the page shows them; just ``only`` if it is not empty."""
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
        """Return the placement of a desktop; raises ``BadRequest`` for invalid options."""
        if (wish.placement or self._offered[0]) == SLURM:
            return SlurmPlacement(self._slurm.request(wish.options))
        if wish.options:
            raise BadRequest("A desktop on this machine has no options.")
        return Local()
