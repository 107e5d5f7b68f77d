"""The session's protocol: commands on its standard input, events on its standard output.

Each message is one line: a JSON object with its name, in ``"command"`` or ``"event"``, and its
fields. The specification (see ``session.specification``) comes before the commands. A field that is
left out has its default; an unknown field, or one of another type, is an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import TypeVar

from .. import errors
from ..errors import DesktopError
from . import typed_json
from .access import Access
from .streams import DESKTOP

_T = TypeVar("_T")


class BadMessage(ValueError):
    """A line that is not a valid message."""


class _Word(str, Enum):
    """An enum of strings that prints its value, as ``enum.StrEnum`` of Python 3.11 does."""

    __str__ = str.__str__


class Phase(_Word):
    """The state of a desktop; the last two are its end."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def alive(self) -> bool:
        """Whether the desktop is starting or running."""
        return self in (Phase.STARTING, Phase.RUNNING)


class Step(_Word):
    """The steps of a start, and, as the last one, the end of programs.

    The first two are those of a batch job.
    """

    SUBMIT = "submit"
    QUEUE = "queue"
    DISPLAY_SERVER = "display-server"
    SESSION = "session"
    WINDOW_MANAGER = "window-manager"
    RUNNING = "running"
    ENDING = "ending"


@dataclass(frozen=True)
class Problem:
    """An error for the user, as it is sent between processes (see ``errors.DesktopError``)."""

    message: str
    reason: str
    remedy: str | None = None
    command: str | None = None

    @classmethod
    def of(cls, error: DesktopError) -> Problem:
        """Return ``error`` for sending."""
        return cls(**error.as_json())

    def as_error(self) -> DesktopError:
        """Return the error that was sent."""
        return errors.from_json(asdict(self))


@dataclass(frozen=True)
class BatchJob:
    """The batch job that a desktop runs in; times are in seconds since 1970, None if unknown.

    ``id`` is empty until it is known. ``waiting`` is why it waits, in plain words; None if it does
    not. ``warnings`` are the seconds before its end at which users are warned.
    """

    id: str = ""
    waiting: str | None = None
    starts: int | None = None
    ends: int | None = None
    node: str = ""
    warnings: tuple[float, ...] = ()


# -- commands


@dataclass(frozen=True)
class Admit:
    """Admit viewers: set ``password`` for ``access``; None keeps the present one.

    The answer is ``Admitted`` with the same ``id`` and the socket that serves ``stream``.
    """

    id: int
    password: str | None = field(repr=False)
    access: Access
    stream: str = DESKTOP


@dataclass(frozen=True)
class Resize:
    """Resize the screen to ``geometry``, "WIDTHxHEIGHT" in pixels."""

    geometry: str


@dataclass(frozen=True)
class Here:
    """Keep the lifeline alive."""


@dataclass(frozen=True)
class Stop:
    """End the desktop."""


Command = Admit | Resize | Here | Stop


# -- events


@dataclass(frozen=True)
class State:
    """The state of the desktop.

    ``step`` and ``backend`` are left out if they have not changed. ``reachable`` says that viewers
    can connect. ``error`` is why it failed, ``reason`` why it stopped, in plain words, and
    ``status`` the exit status of an application that has ended. ``log`` holds the last lines of the
    log that shows the cause. ``job`` is the batch job that it runs in, if any.
    """

    state: Phase
    step: Step | None = None
    backend: str | None = None
    reachable: bool = False
    error: Problem | None = None
    reason: str | None = None
    status: int | None = None
    log: tuple[str, ...] = ()
    job: BatchJob | None = None


@dataclass(frozen=True)
class Log:
    """New lines of the log, while the desktop starts."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Input:
    """Input by users, keys or mouse, has begun or stopped."""

    active: bool


@dataclass(frozen=True)
class Admitted:
    """The answer to ``Admit``: the path of the socket to connect to, or an error."""

    id: int
    socket: str = ""
    error: Problem | None = None


Event = State | Log | Input | Admitted


def failed(error: DesktopError) -> State:
    """Return the last state of a desktop that failed."""
    return State(Phase.FAILED, error=Problem.of(error))


def stopped(reason: str) -> State:
    """Return the last state of a desktop that was stopped, or has ended."""
    return State(Phase.STOPPED, reason=reason)


# -- encoding

_COMMANDS: Mapping[str, type[Command]] = {
    "admit": Admit,
    "resize": Resize,
    "here": Here,
    "stop": Stop,
}
_EVENTS: Mapping[str, type[Event]] = {
    "state": State,
    "log": Log,
    "input": Input,
    "admitted": Admitted,
}
_NAMES = {kind: ("command", name) for name, kind in _COMMANDS.items()} | {
    kind: ("event", name) for name, kind in _EVENTS.items()
}


def encode(message: Command | Event) -> bytes:
    """Return ``message`` as a line."""
    kind, name = _NAMES[type(message)]
    return json.dumps({kind: name, **asdict(message)}).encode() + b"\n"


def decode_command(line: bytes) -> Command:
    """Return the command in ``line``; raises ``BadMessage``."""
    return _decode("command", _COMMANDS, line)


def decode_event(line: bytes) -> Event:
    """Return the event in ``line``; raises ``BadMessage``."""
    return _decode("event", _EVENTS, line)


def _decode(kind: str, known: Mapping[str, type[_T]], line: bytes) -> _T:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadMessage("The line is not JSON.") from error
    if not isinstance(values, dict):
        raise BadMessage("The line is not a JSON object.")
    name = values.pop(kind, None)
    if not isinstance(name, str) or name not in known:
        raise BadMessage(f"The line has no known {kind}. Known: {', '.join(known)}.")
    try:
        return typed_json.read(known[name], values, name)
    except typed_json.Mismatch as error:
        raise BadMessage(str(error)) from error
