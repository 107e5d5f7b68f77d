"""The request for a job, as it is sent to the process that submits it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Request:
    """One job to submit.

    ``arguments`` are valid arguments of sbatch(1). ``setup`` is shell that the job runs first,
    ``python`` the Python on the node. The job's output goes to a file in ``output_folder``.
    ``poll_interval`` is the longest interval between two looks at the queue, in seconds;
    ``warnings`` are the seconds before the job's end at which users are warned.
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
