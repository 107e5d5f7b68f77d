"""Single applications that a site or a user has set up, and the errors of unusable ones.

Each is a dictionary, in the setting ``DesktopApp.applications`` or in a file. The session checks
whether its program is installed, since it may run on another machine.
"""

from __future__ import annotations

import difflib
import json
import logging
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..backends import AUTO, check_backend
from ..errors import ApplicationUnusable, BadRequest, UnknownApplication
from ..placements import NAMES as PLACEMENTS
from ..session.specification import Specification
from .plans import Wish
from .sessions import DEFAULT_SESSION, check_name

FULL_SCREEN, SEAMLESS = MODES = ("full-screen", "seamless")

# Sessions that are desktops; the launcher has tiles for them.
_RESERVED_NAMES = (DEFAULT_SESSION, "xpra")

# Variables that the session sets.
_RESERVED_VARIABLES = ("DISPLAY", "XAUTHORITY")

_ICONS = (".svg", ".png")
_LARGEST_FILE = 64 * 1024  # bytes
_MOST_APPLICATIONS = 100
_LONGEST_TITLE = 80


@dataclass(frozen=True)
class Application:
    """One program with its own session.

    ``command`` is run without a shell; ``mode`` is one of ``MODES``. If ``backend``, ``category``
    or ``placement`` is empty, the settings of desktops decide. In values of ``environment``,
    ``${NAME}`` stands for the session's variable of that name.
    """

    name: str
    command: tuple[str, ...]
    title: str
    icon: Path | None = None
    category: str = ""
    backend: str = ""
    placement: str = ""
    mode: str = FULL_SCREEN
    environment: Mapping[str, str] = field(default_factory=dict)

    def wish(self, wish: Wish) -> Wish:
        """Return ``wish`` with this application's backend and placement."""
        return replace(
            wish,
            backend=self.backend or wish.backend,
            placement=self.placement or wish.placement,
        )

    def specification(self, desktop: Specification, session: str) -> Specification:
        """Return ``desktop`` changed to this application, for the session of that name."""
        mode = "seamless" if self.mode == SEAMLESS else "desktop"
        display = replace(
            desktop.display,
            title=self.title if session == self.name else f"{self.title} {session}",
            xpra=replace(desktop.display.xpra, mode=mode),
        )
        return replace(
            desktop,
            display=display,
            application=self.name,
            command=self.command,
            environment=self.environment,
        )


class Applications:
    """The applications of one server by name, including unusable ones with their errors."""

    def __init__(self) -> None:
        self._known: dict[str, Application | ApplicationUnusable] = {}  # filled by ``add``

    def add(self, name: str, source: str, read: Callable[[], Application]) -> None:
        """Add the result of ``read``, or the ``ApplicationUnusable`` that it raises.

        The first of a name stays. Raises ``ApplicationUnusable``, also for an impossible name.
        """
        check(_is_name(name), source, "its name must be letters, digits, '.', '_' and '-'")
        reserved = name in _RESERVED_NAMES
        check(not reserved, source, f"{name!r} is the name of a desktop; choose another")
        if name in self._known:
            return
        full = len(self._known) >= _MOST_APPLICATIONS
        check(not full, source, f"there are already {_MOST_APPLICATIONS} applications")
        try:
            self._known[name] = read()
        except ApplicationUnusable as problem:
            self._known[name] = problem
            raise

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def get(self, name: str) -> Application:
        """Return the application called ``name``; raises its error if it is unusable."""
        known = self._known.get(name)
        if known is None:
            raise UnknownApplication(
                f"There is no application called {name[:80]!r}.",
                remedy=f"Choose one of: {', '.join(self)}." if self._known else None,
            )
        if isinstance(known, ApplicationUnusable):
            raise known
        return known

    def title(self, name: str) -> str:
        """Return its title; its name if it is unusable."""
        known = self._known.get(name)
        return known.title if isinstance(known, Application) else name

    def placement(self, name: str) -> str:
        """Return its placement; empty if settings or users choose it."""
        known = self._known.get(name)
        return known.placement if isinstance(known, Application) else ""

    def icon(self, name: str) -> Path | None:
        """Return its icon, None if it has none or the file is missing."""
        known = self._known.get(name)
        icon = known.icon if isinstance(known, Application) else None
        # Path.is_file() raises for a folder without search permission.
        return icon if icon and os.path.isfile(icon) else None  # noqa: PTH113

    def missing_icons(self) -> list[Path]:
        """Return the icons whose files are missing."""
        known = (one for one in self._known.values() if isinstance(one, Application))
        return [one.icon for one in known if one.icon and not self.icon(one.name)]

    def category(self, name: str) -> str:
        """Return its section of the launcher; empty for the section of desktops."""
        known = self._known.get(name)
        return known.category if isinstance(known, Application) else ""


def read(setting: Mapping[str, Any], folders: Sequence[str], log: logging.Logger) -> Applications:
    """Return the applications of the setting, then those of the files in ``folders``.

    A file is called NAME.json; of two with the same name the first one counts. The error of an
    unusable application goes to ``log``, and to users who start it; the others are not affected.
    """
    applications = Applications()

    def add(name: str, source: str, reading: Callable[[], Application]) -> None:
        try:
            applications.add(name, source, reading)
        except ApplicationUnusable as problem:
            log.warning("An application cannot be used. %s", problem)

    for name, values in setting.items():
        source = f"DesktopApp.applications[{name!r}]"
        add(name, source, lambda n=name, v=values, s=source: parse(n, v, s))  # type: ignore[misc]
    for file in _files(folders):
        add(file.stem, str(file), lambda file=file: _read_file(file))  # type: ignore[misc]
    for missing in applications.missing_icons():
        log.warning("The icon %s does not exist; its application has the desktop's.", missing)
    return applications


def _files(folders: Sequence[str]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(Path(folder).glob("*.json"))


def _read_file(file: Path) -> Application:
    try:
        with file.open("rb") as opened:
            text = opened.read(_LARGEST_FILE + 1)
        check(len(text) <= _LARGEST_FILE, str(file), f"it is longer than {_LARGEST_FILE} bytes")
        values = json.loads(text)
    except OSError as error:
        raise _unusable(str(file), f"it cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise _unusable(str(file), f"it is not JSON ({error})") from error
    return parse(file.stem, values, str(file), file.parent)


def parse(name: str, values: object, source: str, folder: Path = Path("/")) -> Application:
    """Return the application that ``values`` describe; its icon's path is relative to ``folder``.

    Raises ``ApplicationUnusable``, which names ``source`` and its error.
    """
    if not isinstance(values, dict):
        raise _unusable(source, "it must be an object with the key 'command'")
    for key in values:
        check(key in _READERS, source, f"there is no key {key!r}{_similar(key)}")
    check("command" in values, source, "the key 'command' is missing")
    read = {key: _READERS[key](values[key], f"{source}: {key}") for key in values}
    read.setdefault("title", name)
    if icon := read.pop("icon", ""):
        read["icon"] = folder / os.path.expanduser(icon)  # noqa: PTH111  it does not raise for unknown users
    if read.get("mode") == SEAMLESS:
        check(read.get("backend", AUTO) != "vnc", source, "backend: mode 'seamless' needs 'xpra'")
        read["backend"] = "xpra"
    return Application(name, **read)


def check(condition: bool, source: str, problem: str) -> None:
    """Raise ``ApplicationUnusable`` unless ``condition`` holds."""
    if not condition:
        raise _unusable(source, problem)


def _unusable(source: str, problem: str) -> ApplicationUnusable:
    return ApplicationUnusable(
        f"{source}: {problem}.",
        remedy="Correct it, or ask this server's administrator to do so, and restart Jupyter.",
    )


def _is_name(name: str) -> bool:
    try:
        check_name(name)
    except BadRequest:
        return False
    return True


def _similar(key: object) -> str:
    likely = difflib.get_close_matches(str(key), _READERS, 1)
    return f" (did you mean {likely[0]!r}?)" if likely else f"; there are {', '.join(_READERS)}"


def _text(value: object, source: str) -> str:
    if not isinstance(value, str):
        raise _unusable(source, "it must be a string")
    check("\0" not in value, source, "it contains a NUL character")
    return value


def _line(value: object, source: str) -> str:
    line = _text(value, source)
    check(0 < len(line) <= _LONGEST_TITLE, source, f"it must have 1 to {_LONGEST_TITLE} characters")
    check(line.isprintable(), source, "it must be one line")
    return line


def _command(value: object, source: str) -> tuple[str, ...]:
    if isinstance(value, str):
        try:
            words = shlex.split(_text(value, source))
        except ValueError as error:
            raise _unusable(source, f"it cannot be split into words ({error})") from error
    elif isinstance(value, list):
        words = [_text(word, source) for word in value]
    else:
        raise _unusable(source, "it must be a string or a list of strings")
    check(bool(words and words[0]), source, "it names no program")
    return tuple(words)


def _icon(value: object, source: str) -> str:
    icon = _text(value, source)
    check(icon.endswith(_ICONS), source, "it must be the path of an SVG or PNG file")
    return icon


def _backend(value: object, source: str) -> str:
    try:
        return check_backend(_text(value, source))
    except BadRequest as error:
        raise _unusable(source, str(error).rstrip(".")) from error


def _placement(value: object, source: str) -> str:
    placement = _text(value, source)
    check(placement in PLACEMENTS, source, f"it must be one of {', '.join(PLACEMENTS)}")
    return placement


def _mode(value: object, source: str) -> str:
    mode = _text(value, source)
    check(mode in MODES, source, f"it must be one of {', '.join(MODES)}")
    return mode


def _environment(value: object, source: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _unusable(source, "it must be an object of strings")
    for name in value:
        known = isinstance(name, str) and re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII)
        check(bool(known), source, f"{name!r} cannot be the name of a variable")
        check(name not in _RESERVED_VARIABLES, source, f"{name} is set by the session")
    return {name: _text(text, f"{source}: {name}") for name, text in value.items()}


_READERS: dict[str, Callable[[object, str], Any]] = {
    "command": _command,
    "title": _line,
    "icon": _icon,
    "category": _line,
    "backend": _backend,
    "placement": _placement,
    "mode": _mode,
    "environment": _environment,
}
