"""The interface of a placement: where a session runs."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from collections.abc import Sequence

from ..session.processes.deadlines import SLACK
from ..system.session_messages import Step


class Placement(ABC):
    """A place where sessions run: this machine, a batch job, …

    ``first_step`` is the first step of a start there (see ``session_messages.State``). In seconds:
    a connection takes ``opens_within`` at most, and the end of a desktop ``slack`` more than the
    time for its programs.
    """

    first_step = Step.DISPLAY_SERVER
    opens_within = 4.0
    slack = SLACK

    @abstractmethod
    def launch(self, session_command: Sequence[str]) -> list[str]:
        """Return the command line that runs ``session_command`` there.

        Called once for each start. Its standard input and output must be those of the session,
        which are its lifeline. Other users can see the command line.
        """

    def preamble(self) -> list[str]:
        """Return lines for the command's standard input, before the specification."""
        return []

    @abstractmethod
    async def connect(self, path: str) -> socket.socket:
        """Return a byte stream to the Unix socket ``path`` that the session has sent.

        Called for each viewer. Raises ``NotReady`` if no server listens there.
        """
