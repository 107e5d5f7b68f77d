"""The specification of a session: the first line on its standard input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from ..backends import AUTO, DisplaySettings
from .processes.deadlines import STOP_TIMEOUT


@dataclass(frozen=True)
class Specification:
    """One desktop to start. Times are in seconds.

    ``backend`` is the name of a backend, or "auto" for the first that is installed; ``key`` is for
    a backend that encrypts.
    ``start_script`` is a path, or the name of a script in one of ``script_folders``; empty for the
    usual search. ``folders`` are the candidates for the runtime folder, best first.
    ``application`` is the name of the single application to run instead of a desktop, ``command``
    its command line, and ``environment`` the variables added to its environment.
    ``silence`` is how long the lifeline may be silent before the session ends; 0 for no limit.
    ``video`` is whether pages may see moving parts of the screen as video, ``video_cores`` how many
    cores all desktops on the machine together may use for it; 0 for half of them.
    """

    backend: str = AUTO
    display: DisplaySettings = field(default_factory=DisplaySettings)
    key: str = field(default="", repr=False)
    start_script: str = ""
    script_folders: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    start_timeout: float = 30.0
    stop_timeout: float = STOP_TIMEOUT
    application: str = ""
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    silence: float = 0.0
    video: bool = False
    video_cores: float = 0.0

    def to_line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str | bytes) -> Specification:
        """Return what ``to_line`` wrote."""
        values = json.loads(line)
        return cls(
            **{
                **values,
                "display": DisplaySettings.from_json(values["display"]),
                "script_folders": tuple(values["script_folders"]),
                "folders": tuple(values["folders"]),
                "command": tuple(values["command"]),
            }
        )
