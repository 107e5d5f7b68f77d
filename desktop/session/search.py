"""The search for a display server, by a process of its own.

It runs the programs that it finds, and any of them may hang, on a network file system for example.
Meanwhile the session hears what it is told, and at its end this process goes with all the others.
"""

from __future__ import annotations

import os
import pickle
import traceback

from ..backends import Backend, DisplaySettings, Installed, choose
from ..errors import StartFailed
from ..system import pipes, signals


class Search:
    """Looks for the backend ``name``, or for any ("auto"), from the moment that it is made.

    That forks: neither threads nor an event loop may be there yet. A new Python would take several
    times as long as the whole search, to import what is here already.
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
        """Return what ``choose`` found, or raise what it raised; only once."""
        async with pipes.reader(self._answer) as stream:
            answer = await stream.read()
        if not answer:
            raise StartFailed(
                "The search for a display server ended without a word.",
                remedy="Start the desktop again. The log of the Jupyter server may say why it "
                "happened.",
            )
        found: tuple[Backend, Installed] | Exception = pickle.loads(answer)  # noqa: S301  our own
        if isinstance(found, Exception):
            raise found
        return found


def _answer(descriptor: int, name: str, settings: DisplaySettings) -> None:
    # Its parent's are the lifeline and the voice of the session, and this is not the session.
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
