"""Rows of the results table, and its output."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import ClassVar

_BEGIN, _END = "<!-- {} begin -->", "<!-- {} end -->"


@dataclass(frozen=True)
class Row:
    """One thing that was measured on both sides, in the same unit."""

    HEAD: ClassVar[tuple[str, ...]] = ("", "ours", "theirs", "ours ÷ theirs", "goal")

    what: str
    ours: float
    theirs: float
    unit: str
    goal: str = ""

    def cells(self) -> list[str]:
        """Return the formatted cells of the row."""
        ratio = f"{_number(self.ours / self.theirs)}" if self.theirs else ""
        sides = [f"{_number(side)} {self.unit}".strip() for side in (self.ours, self.theirs)]
        return [self.what, *sides, ratio, self.goal]


@dataclass(frozen=True)
class VideoRow:
    """One thing that was measured on the sides of SIDES; some may be missing."""

    SIDES: ClassVar[dict[str, str]] = {
        "ours": "ours",
        "novideo": "ours, video off",
        "theirs": "jupyter-remote-desktop-proxy",
        "selkies": "Selkies",
    }
    HEAD: ClassVar[tuple[str, ...]] = ("", *SIDES.values(), "goal")

    what: str
    values: Mapping[str, float]
    unit: str
    goal: str = ""

    def cells(self) -> list[str]:
        """Return the formatted cells of the row."""
        return [self.what, *map(self._cell, self.SIDES), self.goal]

    def _cell(self, side: str) -> str:
        if side not in self.values:
            return ""
        value = self.values[side]
        return "never" if math.isinf(value) else f"{_number(value)} {self.unit}".strip()


def table(rows: Sequence[Row] | Sequence[VideoRow]) -> str:
    """Return the rows as a Markdown table with aligned columns."""
    head = rows[0].HEAD
    lines = [list(head), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in lines
    )


def write(path: Path, name: str, rows: Sequence[Row] | Sequence[VideoRow]) -> None:
    """Replace the table between the markers called ``name`` in ``path``."""
    begin, end = _BEGIN.format(name), _END.format(name)
    before, _, rest = path.read_text().partition(begin)
    _, _, after = rest.partition(end)
    version = ".".join(platform.release().split(".")[:2])
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Linux {version}"
    measured = f"Measured on {machine}, {datetime.now(timezone.utc):%d %B %Y}."
    path.write_text(f"{before}{begin}\n{table(rows)}\n\n{measured}\n{end}{after}")


def _number(value: float) -> str:
    """Return three significant digits, never as an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
