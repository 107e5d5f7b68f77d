"""The settings that the doctor examines, read as a Jupyter server reads them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jupyter_core.application import JupyterApp
from jupyter_core.paths import jupyter_config_path
from jupyter_server.extension.config import ExtensionConfigManager
from traitlets import TraitError
from traitlets.config import Config

from ..app import DesktopApp, settings_of
from ..desktops.sessions import DEFAULT_SESSION
from ..placements import LOCAL
from ..session.specification import Specification
from .finding import Finding, note, ok, problem

_TOPIC = "settings"
_MAY_HOLD_SECRETS = ("Slurm.setup",)


@dataclass(frozen=True)
class Subject:
    """The settings of the desktop and, in ``config``, of the Jupyter server around it.

    ``wrong`` says that they are invalid; then ``app`` has the defaults. ``findings`` are those of
    reading them.
    """

    app: DesktopApp
    config: Config
    wrong: bool
    findings: tuple[Finding, ...]

    @property
    def specification(self) -> Specification:
        """The desktop that this server would start."""
        return self.app.planner.plan(DEFAULT_SESSION).specification

    @property
    def elsewhere(self) -> bool:
        """Whether its desktops run on other machines."""
        return self.app.placement != LOCAL

    @property
    def extensions(self) -> dict[str, bool]:
        """The server's extensions by name, and whether each is enabled."""
        found = ExtensionConfigManager(read_config_path=jupyter_config_path())
        set_ = self.server("jpserver_extensions", {})
        return {**found.get_jpserver_extensions(), **set_}  # type: ignore[no-untyped-call]

    def server(self, name: str, default: Any) -> Any:
        """Return a setting of the Jupyter server, ``default`` where it is not set."""
        value = self.config["ServerApp"].get(name, default)
        return value if isinstance(value, type(default)) else default


class Remarks(logging.Handler):
    """Collects log messages about settings: misspelt names, files with errors."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []  # one for each message
        self.logger = logging.Logger("doctor")
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message, with the error that caused it (called by logging)."""
        line = record.getMessage().strip()
        if record.exc_info and record.exc_info[1]:
            line = f"{line} ({type(record.exc_info[1]).__name__}: {record.exc_info[1]})"
        self.lines.append(line)


def subject(server: JupyterApp, remarks: Remarks) -> Subject:
    """Return the settings; ``server`` has read the configuration of a Jupyter server."""
    app = DesktopApp(log=remarks.logger)
    try:
        app._link_jupyter_server_extension(server)
        wrong: list[Finding] = []
    except TraitError as error:
        wrong = [_wrong(str(error))]
    except SystemExit:  # raised by traitlets for a wrong value in a file
        wrong = [_wrong(remarks.lines.pop() if remarks.lines else "They cannot be read.")]
    settings = wrong or [_as_set(app)]
    if wrong:
        app = DesktopApp(log=remarks.logger)
    app.planner  # noqa: B018  logs unusable settings
    findings = (*settings, *map(_remark, remarks.lines))
    return Subject(app, server.config, bool(wrong), findings)


def _wrong(message: str) -> Finding:
    return problem(
        _TOPIC,
        message,
        "Correct it in the command line or the Jupyter configuration file that sets it.",
        "jupyter --paths",
    )


def _remark(line: str) -> Finding:
    return note(_TOPIC, line, "Jupyter ignores it.")


def _as_set(app: DesktopApp) -> Finding:
    settings = dict(_set(app))
    text = ", ".join(f"{name} = {value}" for name, value in settings.items())
    return ok(_TOPIC, text or "all at their defaults", **settings)


def _set(app: DesktopApp) -> Iterator[tuple[str, Any]]:
    """Yield settings that are set; of lists and dictionaries only their length."""
    for owner in (app, app.xpra, app.slurm):
        kind = type(owner).__name__
        for name in sorted(settings_of(type(owner))):
            value = app.config[kind].get(name)
            if isinstance(value, list | dict | tuple):
                yield f"{kind}.{name}", f"({len(value)} given)"
            elif value and f"{kind}.{name}" in _MAY_HOLD_SECRETS:
                yield f"{kind}.{name}", "(given)"
            elif isinstance(value, str | int | float):
                yield f"{kind}.{name}", value
