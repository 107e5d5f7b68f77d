"""Shares: links by which other users may see or use a desktop, for a limited time.

A link does not replace a login: it works only for users with access to the Jupyter server.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..errors import ShareEnded
from ..system import credentials
from ..system.access import Access

# In the URL of a link. Jupyter and JupyterHub do not log parameters with "key" in their names.
PARAMETER = "share_key"


def _seconds() -> float:
    """Return the seconds since the computer was started, including sleep."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True)
class Share:
    """The right to connect to ``session`` until ``expires`` (seconds of the clock used).

    ``run`` is the number of the session's start: a share ends when its desktop does.
    ``number`` is not secret: it identifies the link in the log.
    """

    number: int
    session: str
    run: int
    access: Access
    expires: float
    id: str = field(default_factory=credentials.ticket, repr=False)


class Shares:
    """The shares of one server."""

    def __init__(self, clock: Callable[[], float] = _seconds) -> None:
        self._clock = clock
        self._shares: dict[str, Share] = {}  # by their ids; ``of`` drops expired ones
        self._numbers = itertools.count(1)

    def make(self, session: str, run: int, access: Access, lifetime: float) -> Share:
        """Return a new share that is valid for ``lifetime`` seconds."""
        expires = self._clock() + lifetime
        share = Share(next(self._numbers), session, run, access, expires)
        self._shares[share.id] = share
        return share

    def get(self, identifier: str, session: str, run: int) -> Share:
        """Return the share with this id; raises ``ShareEnded`` if it is not valid."""
        share = self._shares.get(identifier)
        if share is None or (share.session, share.run) != (session, run) or self._is_over(share):
            raise ShareEnded(
                "This link has expired, its owner has ended it, or the desktop was restarted.",
                remedy="Ask the owner of the desktop for a new link.",
            )
        return share

    def of(self, session: str, run: int) -> list[Share]:
        """Return the valid shares of a desktop, oldest first."""
        self._shares = {k: share for k, share in self._shares.items() if not self._is_over(share)}
        return [one for one in self._shares.values() if (one.session, one.run) == (session, run)]

    def left(self, share: Share) -> float:
        """Return the seconds until it expires; 0 if it was ended."""
        return max(0.0, share.expires - self._clock()) if share.id in self._shares else 0.0

    def end(self, identifier: str) -> None:
        """End a share."""
        self._shares.pop(identifier, None)

    def as_json(self, share: Share) -> dict[str, Any]:
        """Return it as the API shows it to its owner; ``url`` is relative to `/desktop/`."""
        return {
            "id": share.id,
            "url": f"sessions/{share.session}/?{PARAMETER}={share.id}",
            "access": share.access,
            "expires_in": round(self.left(share), 1),
        }

    def _is_over(self, share: Share) -> bool:
        return share.expires <= self._clock()
