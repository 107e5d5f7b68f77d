"""This process's file descriptors, and whether any are left over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_descriptors() -> set[str]:
    """Return the number of each descriptor, and what it is."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.add(f"{entry.name} {entry.readlink()}")
        except OSError:
            continue  # the one of the listing itself
    return found


@contextmanager
def nothing_leaks() -> Iterator[None]:
    """Fail if descriptors were opened inside and not closed."""
    before = open_descriptors()
    yield
    assert open_descriptors() == before
