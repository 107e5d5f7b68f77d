"""The doctor's findings about settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_desktop.app import DesktopApp
from jupyter_desktop.doctor.app import Doctor
from jupyter_desktop.doctor.finding import Severity

from .asking import TOKEN, asked, config


def test_the_command_line_overrides_the_files(user: Path) -> None:
    config(user, "jupyter_server_config.py", "c.Xpra.mode = 'seamless'\nc.DesktopApp.title = 'A'")
    config(user, "jupyter_desktop_config.py", "c.DesktopApp.geometry = '800x600'")
    read = asked("--DesktopApp.title=B")
    (finding,) = read.findings
    assert finding.facts == {
        "DesktopApp.geometry": "800x600",
        "DesktopApp.title": "B",
        "Xpra.mode": "seamless",
    }
    assert read.specification.display.geometry == "800x600"
    assert read.specification.display.xpra.mode == "seamless"


def test_the_server_s_file_overrides_the_desktop_s_file(user: Path) -> None:
    config(user, "jupyter_server_config.py", "c.DesktopApp.title = 'server'")
    config(user, "jupyter_desktop_config.py", "c.DesktopApp.title = 'desktop'")
    assert asked().app.title == "server"


@pytest.mark.parametrize("where", ["jupyter_server_config", "jupyter_desktop_config", "argument"])
def test_a_wrong_setting_is_a_problem_and_its_default_is_used(user: Path, where: str) -> None:
    arguments = ["--DesktopApp.clipboard=sideways"] if where == "argument" else []
    if not arguments:
        config(user, f"{where}.json", json.dumps({"DesktopApp": {"clipboard": "sideways"}}))
    read = asked(*arguments)
    (finding,) = read.findings
    assert read.wrong
    assert (finding.topic, finding.state) == ("settings", Severity.PROBLEM)
    assert "clipboard" in finding.found
    assert "sideways" in finding.found
    assert read.app.clipboard == "both"


def test_misspelt_settings_and_failing_files_are_notes(user: Path) -> None:
    config(user, "jupyter_server_config.py", "c.DesktopApp.clipbord = 'off'")
    config(user, "jupyter_desktop_config.py", "c.DesktopApp.title = 1 / 0")
    read = asked()
    settings, *remarks = read.findings
    said = " ".join(finding.found for finding in remarks)
    assert settings.state is Severity.OK
    assert {finding.state for finding in remarks} == {Severity.NOTE}
    assert "`clipbord` not recognized" in said
    assert "division by zero" in said
    assert not read.wrong


def test_applications_that_cannot_be_used_are_notes(user: Path) -> None:
    (user / ".jupyter" / "desktop" / "applications").mkdir(parents=True)
    config(user, "desktop/applications/gears.json", '{"comand": "glxgears"}')
    config(user, "jupyter_server_config.py", "c.DesktopApp.applications = {'a b': {}}")
    settings, *remarks = asked().findings
    assert settings.facts == {"DesktopApp.applications": "(1 given)"}
    assert {remark.state for remark in remarks} == {Severity.NOTE}
    name, remark = remarks
    assert "its name must be letters" in name.found
    assert "gears.json: there is no key 'comand'" in remark.found


def test_values_of_lists_are_not_shown() -> None:
    (finding,) = asked(f"--Xpra.arguments=--auth=password:value={TOKEN}").findings
    assert finding.facts == {"Xpra.arguments": "(1 given)"}
    assert TOKEN not in finding.found


def test_values_of_slurm_that_may_hold_secrets_are_not_shown(user: Path) -> None:
    config(user, "jupyter_server_config.py", f"c.Slurm.setup = 'export KEY={TOKEN}'")
    (finding,) = asked("--Slurm.hours=2", f"--Slurm.arguments=--comment={TOKEN}").findings
    assert finding.facts == {
        "Slurm.arguments": "(1 given)",
        "Slurm.hours": 2.0,
        "Slurm.setup": "(given)",
    }
    assert TOKEN not in finding.found


def test_a_file_called_doctor_is_no_subcommand_of_the_extension() -> None:
    """``jupyter lab doctor`` opens it."""
    server = Doctor()
    server.initialize([])
    server.extra_args = ["doctor"]
    app = DesktopApp()
    app._link_jupyter_server_extension(server)
    assert app.subapp is None
