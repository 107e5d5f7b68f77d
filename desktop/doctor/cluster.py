"""Checks of Slurm, if it is installed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..placements.slurm import commands, refusals
from .finding import Finding, Severity, note, of_error, ok, problem
from .programs import first_line, said, there
from .subject import Subject

_NEEDED = ("sbatch", "srun", "squeue", "scancel")
_PROGRAMS = (*_NEEDED, "sinfo")
_CONTROLLER_TIMEOUT = 5.0  # seconds; the programs themselves would wait for minutes
_JOB_TIMEOUT = 15.0  # seconds; the controller checks the whole schedule


def slurm(
    subject: Subject,
    controller_timeout: float = _CONTROLLER_TIMEOUT,
    job_timeout: float = _JOB_TIMEOUT,
) -> Iterator[Finding]:
    """Programs, version, whether this is a job, and the controller's answer."""
    found = there(*_PROGRAMS)
    if subject.elsewhere:
        yield _placement(set(found))
    if not found:
        yield ok("Slurm", "not installed", programs=[])
        return
    version = first_line(next(iter(found.values())), "--version")
    if version.startswith("("):  # it fails without Slurm's configuration
        version = "version unknown"
    missing = [name for name in _PROGRAMS if name not in found]
    lacking = f"; {', '.join(missing)} missing" if missing else ""
    text = f"{', '.join(found)}{lacking}; {version}"
    yield ok("Slurm", text, version=version, programs=list(found))
    if job := os.environ.get("SLURM_JOB_ID"):
        nodes = os.environ.get("SLURM_JOB_NODELIST", "an unknown node")
        yield ok("Slurm job", f"this is job {job} on {nodes}", job=job)
    if "sinfo" in found:
        yield _controller(subject, controller_timeout)
    if subject.elsewhere and "sbatch" in found:
        yield _job(subject, job_timeout)


def _placement(found: set[str]) -> Finding:
    topic, missing = "placement", [name for name in _NEEDED if name not in found]
    if missing:
        return problem(
            topic,
            f'Desktops run in Slurm jobs (DesktopApp.placement = "slurm"), and these commands of '
            f"Slurm cannot be found: {', '.join(missing)}.",
            "Start Jupyter where Slurm's commands are on PATH.",
        )
    return Finding(
        topic,
        Severity.OK,
        "desktops run in Slurm jobs; the checks of display servers and folders, and the trial "
        "start, are of this machine.",
        "This checks a node; give srun the options of desktops' jobs:",
        "srun jupyter desktop doctor --DesktopApp.placement=local",
    )


def _controller(subject: Subject, timeout: float) -> Finding:
    answer = said("sinfo", "--noheader", "--format=%R", seconds=timeout)
    if answer.startswith("("):
        return note(
            "Slurm controller",
            f"does not answer {answer.splitlines()[0].removesuffix(')')}).",
            None if subject.elsewhere else "Desktops on this machine start nevertheless.",
            reachable=False,
        )
    partitions = answer.split()
    text = f"answers; partitions: {', '.join(partitions) or 'none'}"
    return ok("Slurm controller", text, reachable=True, partitions=partitions)


def _job(subject: Subject, timeout: float) -> Finding:
    """Whether Slurm would accept the job of a desktop with default options."""
    arguments = ("--test-only", *subject.app.slurm.request({}).arguments)
    command = commands.sbatch("jupyter-desktop-doctor", arguments, Path(os.devnull))
    if refusal := _refusal(command, timeout):
        return of_error("job of a desktop", refusals.refused(refusal))
    return ok("job of a desktop", "Slurm would accept it")


def _refusal(command: Sequence[str], timeout: float) -> str:
    """Return sbatch(1)'s error if it refuses a job; empty if it accepts it."""
    try:
        ran = subprocess.run(
            command,
            env=commands.environment(os.environ),
            input="#!/bin/sh\n",
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"sbatch has not answered for {timeout:g} seconds"
    except OSError as error:
        return f"sbatch cannot be run ({error.strerror})"
    return (ran.stderr.strip() or "sbatch failed") if ran.returncode else ""
