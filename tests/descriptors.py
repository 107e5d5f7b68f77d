"""File descriptors of this process, and a check for leaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_descriptors() -> set[str]:
    """Return number and target of each descriptor."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.add(f"{entry.name} {entry.readlink()}")
        except OSError:
            continue  # the one of the listing itself
    return found


@contextmanager
def nothing_leaks() -> Iterator[None]:
    """Fail if the block leaves descriptors open."""
    before = open_descriptors()
    yield
    assert open_descriptors() == before
