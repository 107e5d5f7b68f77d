"""The doctor's report, as text and as JSON."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from jupyter_desktop.admission import shares
from jupyter_desktop.doctor import examination, report, trials
from jupyter_desktop.doctor.examination import Examination
from jupyter_desktop.doctor.finding import Finding, Severity, note, of_error, ok, problem
from jupyter_desktop.doctor.trial import Trial
from jupyter_desktop.errors import DisplayServerMissing, StartFailed

MISSING = DisplayServerMissing("There is none.", remedy="Install:", command="sudo apt install x")
FINE = Examination({"Folders": [ok("home", "/home/me"), note("space", "1 MB free.", "Free some.")]})
BROKEN = Examination(
    {
        "Display servers": [ok("Xpra", "Xpra 3.1"), of_error("display server", MISSING)],
        "Trial start": [Finding("trial", Severity.PROBLEM, "It ended.", log=("first", "last"))],
    }
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def text(found: Examination) -> str:
    return report.as_text(found, io.StringIO())


def test_without_problems_a_desktop_would_start() -> None:
    assert FINE.would_start
    lines = text(FINE).splitlines()
    assert "  ok       home   /home/me" in lines
    assert "  note     space  1 MB free." in lines
    assert "                  Free some." in lines
    assert "A desktop would start, as far as can be told without a trial (1 note)." in lines


def test_where_desktops_run_elsewhere_the_report_says_so() -> None:
    assert "as far as can be told from this machine (1 note)" in text(replace(FINE, elsewhere=True))


def test_problems_are_listed_with_remedy_command_and_log() -> None:
    assert not BROKEN.would_start
    said = text(BROKEN)
    assert "  problem  display server  There is none.\n" in said
    assert "\n                           Install:\n" in said
    assert "\n                               sudo apt install x\n" in said
    assert "| first\n" in said
    assert "No desktop would start (0 notes). The problems:" in said
    assert "- display server: There is none.\n- trial: It ended.\n" in said


def test_commands_and_paths_are_not_wrapped() -> None:
    long = "sudo apt install " + " ".join(f"package-{number}" for number in range(30))
    said = text(Examination({"A": [problem("topic", f"/{'x' * 150} is there.", "Do:", long)]}))
    assert long in said
    assert "x" * 150 in said
    assert all(len(line) <= 100 for line in text(FINE).splitlines())


@pytest.mark.parametrize(
    ("stream", "environment", "coloured"),
    [
        (Terminal, {}, True),
        (Terminal, {"NO_COLOR": "1"}, False),
        (Terminal, {"TERM": "dumb"}, False),
        (io.StringIO, {}, False),
    ],
)
def test_only_a_terminal_gets_colours(
    monkeypatch: pytest.MonkeyPatch,
    stream: Callable[[], io.StringIO],
    environment: dict[str, str],
    coloured: bool,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ("\033[" in report.as_text(BROKEN, stream())) is coloured


def test_the_json_report_has_all_findings_and_trials() -> None:
    trial = Trial("vnc", seconds={"process": 0.12345, "clean_up": 1.0}, picture=(800, 600))
    failed = Trial("xpra", quick=True, error=StartFailed("No."), left=["process 7"])
    values = json.loads(report.as_json(Examination(BROKEN.sections, [trial, failed])))
    assert set(values) == {"format", "version", "at", "would_start", "findings", "trials"}
    assert (values["format"], values["would_start"]) == (1, False)
    keys = {"section", "topic", "state", "found", "remedy", "command", "log", "facts"}
    assert all(set(finding) == keys for finding in values["findings"])
    assert values["findings"][1]["state"] == "problem"
    assert values["findings"][1]["facts"] == {"reason": "display-server-missing"}
    assert values["trials"][0] == {
        "backend": "vnc",
        "quick": False,
        "started": True,
        "error": None,
        "seconds": {"process": 0.123, "clean_up": 1.0},
        "picture": "800x600",
        "window_manager": False,
        "opengl": {},
        "left": [],
    }
    assert values["trials"][1]["error"]["message"] == "No."
    assert values["trials"][1]["started"] is False


def test_secrets_in_logs_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", 'f00"ba7-secret')
    monkeypatch.setenv("A_PASSWORD", "ok")  # too short to be looked for
    log = (os.environ["JUPYTERHUB_API_TOKEN"], "GET /lab?token=1a2b3c&reset=1", "ok")
    link = f"GET /desktop/?{shares.PARAMETER}=4d5e6f"
    found = Examination({"A": [Finding("trial", Severity.PROBLEM, "It ended.", log=(*log, link))]})
    for said in (text(found), report.as_json(found)):
        assert "secret" not in said
        assert "1a2b3c" not in said
        assert "4d5e6f" not in said
        assert "token=[hidden]&reset=1" in said
    assert json.loads(report.as_json(found))["findings"][0]["log"] == [
        "[hidden]",
        "GET /lab?token=[hidden]&reset=1",
        "ok",
        "GET /desktop/?share_key=[hidden]",
    ]


def test_a_check_that_fails_is_a_note() -> None:
    def odd_things(subject: object) -> list[Finding]:
        raise ZeroDivisionError("no number")

    (finding,) = examination._run(odd_things, None)  # type: ignore[arg-type]  # not looked at
    assert (finding.topic, finding.state) == ("odd things", Severity.NOTE)
    assert "ZeroDivisionError: no number" in finding.found


def test_a_trial_is_reported_with_times_and_leftovers() -> None:
    seconds = {"process": 0.2, "window_manager": 1.5, "first_pixel": 0.41, "clean_up": 0.3}
    trial = Trial("vnc", seconds=seconds, picture=(800, 600), window_manager=True)
    fine, *_ = trials._findings(trial, Severity.PROBLEM)
    assert (fine.topic, fine.state) == ("trial start (VNC)", Severity.OK)
    assert fine.found == (
        "process 0.20 s, first pixel 0.41 s, window manager 1.50 s (800x600); ended in 0.30 s"
    )
    without, *_ = [
        one
        for one in trials._findings(replace(trial, window_manager=False), Severity.PROBLEM)
        if one.state is Severity.NOTE and one.topic == fine.topic
    ]
    assert "No window manager" in without.found
    *_, left = trials._findings(replace(trial, left=["process 7 (sh)"]), Severity.PROBLEM)
    assert (left.state, left.found) == (Severity.NOTE, "Left behind: process 7 (sh).")


def test_a_failed_trial_of_another_backend_is_a_note() -> None:
    trial = Trial("xpra", error=MISSING, log=["why"])
    (finding,) = trials._findings(trial, Severity.NOTE)
    assert (finding.state, finding.log, finding.command) == (
        Severity.NOTE,
        ("why",),
        "sudo apt install x",
    )
