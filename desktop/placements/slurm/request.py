"""What is asked of Slurm, as it goes to the process that asks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Request:
    """One job to be.

    ``arguments`` are sbatch(1)'s, checked. ``setup`` is shell that the job runs first, ``python``
    runs everything of ours there. What the job prints goes to a file in ``output_folder``.
    ``poll_interval`` is in seconds, the longest between two looks at a queue; ``warnings`` are the
    seconds before the job's end at which users are told.
    """

    arguments: tuple[str, ...] = ()
    setup: str = ""
    python: str = ""
    output_folder: str = ""
    poll_interval: float = 20.0
    warnings: tuple[float, ...] = ()

    def to_line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str | bytes) -> Request:
        """Return what ``to_line`` wrote."""
        values = json.loads(line)
        lists = {name: tuple(values[name]) for name in ("arguments", "warnings")}
        return cls(**{**values, **lists})
