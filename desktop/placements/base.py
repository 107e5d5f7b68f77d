"""The interface of a placement: where a session runs."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from collections.abc import Sequence

from ..session.processes.deadlines import SLACK
from ..system.session_messages import Step


class Placement(ABC):
    """A place for sessions: this machine, a batch job, …

    ``first_step`` is what a start begins with there (see ``session_messages.State``). A connection
    takes no longer than ``opens_within``, and to end everything no more than ``slack`` beyond what
    programs get, both in seconds.
    """

    first_step = Step.DISPLAY_SERVER
    opens_within = 4.0
    slack = SLACK

    @abstractmethod
    def launch(self, session_command: Sequence[str]) -> list[str]:
        """Return the command line that runs ``session_command`` there.

        Called by ``sessions`` once per start. Its standard input and output must be those of the
        session, since they are its lifeline and its voice. Other users can see it.
        """

    def preamble(self) -> list[str]:
        """Return lines for the command's standard input, before what the session is told."""
        return []

    @abstractmethod
    async def connect(self, path: str) -> socket.socket:
        """Return a byte stream to the Unix socket ``path`` there, as the session has told it.

        Called for each viewer. Raises ``NotReady`` where the socket is not listened on.
        """
