"""Sampling, medians and percentiles."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

from others import undisturbed

_Side = TypeVar("_Side")
_Result = TypeVar("_Result")


def interleaved(
    sides: Mapping[str, _Side], measure: Callable[[_Side], _Result], rounds: int
) -> dict[str, list[_Result]]:
    """Measure all sides in turn, in several rounds, so that other load affects all of them."""
    results: dict[str, list[_Result]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            results[name].append(undisturbed(partial(measure, side)))
    return results


def medians(results: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the median of each side."""
    return {name: statistics.median(values) for name, values in results.items()}


def percentile(values: Iterable[float], percent: int) -> float:
    """Return the value below which ``percent`` of ``values`` lie."""
    ordered = sorted(values)
    return ordered[len(ordered) * percent // 100]
