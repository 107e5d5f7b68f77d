"""Slurm, where it is there."""

from __future__ import annotations

import os
from collections.abc import Iterator

from .finding import Finding, note, ok, problem
from .programs import first_line, said, there
from .subject import Subject

_NEEDED = ("sbatch", "srun", "squeue", "scancel")
_PROGRAMS = (*_NEEDED, "sinfo")
_PATIENCE = 5.0  # seconds for the controller; the programs themselves would wait for minutes


def slurm(subject: Subject) -> Iterator[Finding]:
    """Programs, version, whether the controller answers, and whether this is a job."""
    found = there(*_PROGRAMS)
    if subject.elsewhere:
        yield _placement(set(found))
    if not found:
        yield ok("Slurm", "not here", programs=[])
        return
    version = first_line(next(iter(found.values())), "--version")
    if version.startswith("("):  # it wants its configuration for that
        version = "version unknown"
    missing = [name for name in _PROGRAMS if name not in found]
    lacking = f"; {', '.join(missing)} missing" if missing else ""
    text = f"{', '.join(found)}{lacking}; {version}"
    yield ok("Slurm", text, version=version, programs=list(found))
    if job := os.environ.get("SLURM_JOB_ID"):
        nodes = os.environ.get("SLURM_JOB_NODELIST", "an unknown node")
        yield ok("Slurm job", f"this is job {job} on {nodes}", job=job)
    if "sinfo" in found:
        yield _controller()


def _placement(found: set[str]) -> Finding:
    topic, missing = "placement", [name for name in _NEEDED if name not in found]
    if missing:
        return problem(
            topic,
            f'Desktops run in jobs of Slurm (DesktopApp.placement = "slurm"), and of its '
            f"commands {', '.join(missing)} cannot be found.",
            "Start Jupyter where Slurm's commands are on PATH.",
        )
    return ok(
        topic,
        "desktops run in jobs of Slurm; what is said of display servers and folders, and a "
        "trial start, is of this machine: run this in a job as well, on a node",
    )


def _controller() -> Finding:
    answer = said("sinfo", "--noheader", "--format=%R", seconds=_PATIENCE)
    if answer.startswith("("):
        return note(
            "Slurm controller",
            f"does not answer {answer.splitlines()[0].removesuffix(')')}).",
            "Desktops on this machine start all the same.",
            reachable=False,
        )
    partitions = answer.split()
    text = f"answers; partitions: {', '.join(partitions) or 'none'}"
    return ok("Slurm controller", text, reachable=True, partitions=partitions)
