"""The trial starts: their choice, and their findings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..backends import AUTO, choose, installed_here
from ..desktops.plans import Plan, Wish
from ..errors import DesktopError
from ..placements import Local
from . import opengl
from .finding import Finding, Severity, note, ok
from .subject import Subject
from .trial import NAME, Attempt, Trial

_TOPIC = "trial start"
_NOTHING = Path(__file__).with_name("nothing")
_CALLED = {"vnc": "VNC", "xpra": "Xpra"}


def try_all(subject: Subject, quick: bool) -> tuple[list[Finding], list[Trial]]:
    """Start a desktop of each kind that the settings allow and this machine has."""
    if subject.wrong:
        return [note(_TOPIC, "None, because the settings are wrong.")], []
    kinds = _kinds(subject)
    if not kinds:
        return [note(_TOPIC, "None, because there is no usable display server.")], []
    trials = [asyncio.run(Attempt(_plan(subject, kind, quick), quick).make()) for kind in kinds]
    # Only a failure of the first kind, which desktops get, is a problem.
    severities = [Severity.PROBLEM, *[Severity.NOTE] * (len(trials) - 1)]
    pairs = zip(trials, severities, strict=True)
    return [finding for pair in pairs for finding in _findings(*pair)], trials


def _kinds(subject: Subject) -> list[str]:
    """Return the names of the backends to try, first the one that a desktop gets."""
    specification = subject.specification
    kinds = []
    others = installed_here(specification.display) if specification.backend == AUTO else ()
    for name in (specification.backend, *others):
        try:
            chosen, _ = choose(name, specification.display)
        except DesktopError:
            continue  # reported by ``displays``
        kinds.append(chosen.name)
    return list(dict.fromkeys(kinds))


def _plan(subject: Subject, kind: str, quick: bool) -> Plan:
    # A trial start must not submit a job.
    plan = replace(subject.app.planner.plan(NAME, Wish(backend=kind)), placement=Local())
    # In seamless mode there would be no window without programs.
    if quick and not _is_seamless(plan):
        alone = replace(plan.specification, start_script=str(_NOTHING))
        return replace(plan, specification=alone)
    return plan


def _is_seamless(plan: Plan) -> bool:
    specification = plan.specification
    return specification.backend == "xpra" and specification.display.xpra.mode == "seamless"


def _findings(trial: Trial, severity: Severity) -> Iterator[Finding]:
    topic = f"{_TOPIC} ({_CALLED[trial.backend]})"
    if trial.error:
        error, log = trial.error, tuple(trial.log)
        facts = trial.as_json()
        yield Finding(topic, severity, error.message, error.remedy, error.command, log, facts)
    else:
        yield ok(topic, _in_words(trial), **trial.as_json())
        yield from opengl.findings(trial.opengl)
    if not trial.error and not trial.window_manager and not trial.quick:
        yield note(
            topic,
            "No window manager came up in time; the desktop is shown without one.",
            "If the start script starts one, raise DesktopApp.start_timeout.",
        )
    if trial.left:
        yield note(topic, f"Left behind: {', '.join(trial.left)}.", "Please report this.")


def _in_words(trial: Trial) -> str:
    steps = {step: seconds for step, seconds in trial.seconds.items() if step != "clean_up"}
    times = [
        f"{step.replace('_', ' ')} {seconds:.2f} s"
        for step, seconds in sorted(steps.items(), key=lambda item: item[1])
    ]
    width, height = trial.picture or (0, 0)
    ended = trial.seconds["clean_up"]
    return f"{', '.join(times)} ({width}x{height}); ended in {ended:.2f} s"
