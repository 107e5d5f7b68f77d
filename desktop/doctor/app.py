"""The command ``jupyter desktop doctor``."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_core.application import JupyterApp
from traitlets import Bool

from .. import __version__
from ..app import DesktopApp
from .examination import examine
from .report import as_json, as_text
from .subject import Remarks, subject


class Doctor(JupyterApp):
    """Checks the requirements of a desktop, and starts one as a trial."""

    name = "jupyter-desktop-doctor"
    version = __version__
    description = """Report what is installed, what is missing and how to install it, and whether a
    desktop would start: one is started as a trial, and ended. The exit status is 0 if it would."""
    examples = """
jupyter desktop doctor                             # a report to read and to share
jupyter desktop doctor --json                      # for programs
jupyter desktop doctor --quick                     # with an empty desktop as the trial
jupyter desktop doctor --DesktopApp.backend=xpra   # with settings as for `jupyter desktop`
"""
    classes = [DesktopApp, *DesktopApp.classes]  # noqa: RUF012
    flags = {  # noqa: RUF012
        "json": ({"Doctor": {"json": True}}, "Print JSON."),
        "no-trial": ({"Doctor": {"trial": False}}, "Start no desktop."),
        "quick": (
            {"Doctor": {"quick": True}},
            "Start only the display server as a trial, without the start script.",
        ),
    }

    json = Bool(False, config=True, help="""Print JSON.""")
    trial = Bool(True, config=True, help="""Start desktops as a trial.""")
    quick = Bool(
        False, config=True, help="""Start only the display server, without the start script."""
    )

    def _config_file_name_default(self) -> str:
        return "jupyter_server_config"

    def initialize(self, argv: Any = None) -> None:
        """Read the command line and the configuration files as a Jupyter server does."""
        self.parse_command_line(argv)
        self._remarks = Remarks()
        self.log = self._remarks.logger
        self.load_config_file()

    def start(self) -> None:
        """Print the report, and exit."""
        found = examine(subject(self, self._remarks), trial=self.trial, quick=self.quick)
        print(as_json(found) if self.json else as_text(found, sys.stdout))
        self.exit(0 if found.would_start else 1)
