"""The search for a display server, in a separate process.

The search runs the programs that it finds, and any of them may hang, for example on a network file
system. Meanwhile the session reads its commands, and at its end kills this process too.
"""

from __future__ import annotations

import os
import pickle
import traceback

from ..backends import Backend, DisplaySettings, Installed, choose
from ..errors import StartFailed
from ..system import pipes, signals


class Search:
    """Starts looking for the backend ``name``, or for any ("auto"), when constructed.

    The constructor forks, so neither threads nor an event loop may exist yet. A new Python process
    would take several times as long as the whole search, for its imports alone.
    """

    def __init__(self, name: str, settings: DisplaySettings) -> None:
        self._answer, answering = os.pipe()
        if os.fork():
            os.close(answering)
            return
        try:
            _answer(answering, name, settings)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    async def result(self) -> tuple[Backend, Installed]:
        """Return the result of ``choose``, or raise its exception. Called once."""
        async with pipes.reader(self._answer) as stream:
            answer = await stream.read()
        if not answer:
            raise StartFailed(
                "The search for a display server ended without a result.",
                remedy="Start the desktop again. The log of the Jupyter server may say why.",
            )
        found: tuple[Backend, Installed] | Exception = pickle.loads(answer)  # noqa: S301  our own
        if isinstance(found, Exception):
            raise found
        return found


def _answer(descriptor: int, name: str, settings: DisplaySettings) -> None:
    # The inherited standard input and output are the session's lifeline.
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123  Path.open is no better here
        for standard in (0, 1):
            os.dup2(nothing.fileno(), standard)
    signals.heed()
    found: tuple[Backend, Installed] | Exception
    try:
        found = choose(name, settings)
    except Exception as error:
        found = error
    with os.fdopen(descriptor, "wb") as answer:
        answer.write(pickle.dumps(found))
