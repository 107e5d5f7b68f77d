"""Errors of Slurm's commands, and their remedies."""

from __future__ import annotations

import re

from ...errors import JobRefused, StartError
from ...system.packages import install_command

_ADMINISTRATOR = "Ask the administrators of this cluster; until then no job can be started."

# Prefixes of sbatch(1)'s messages; the last one with --test-only.
_BEFORE = re.compile(
    r"^(.*?\b(error|fatal): )?((Batch job submission failed|allocation failure): )?"
)

# By parts of sbatch(1)'s messages, first match.
_REMEDIES = {
    "account": "Ask for another account; `sacctmgr show associations user=$USER` lists yours.",
    "partition": "Ask for another partition; `sinfo --summarize` lists them.",
    "time limit": "Ask for less time, or for another partition.",
    "gres": "Ask for fewer GPUs, or for another partition; `sinfo -o '%P %G'` lists what "
    "they have.",
    "node configuration": "Ask for less, or for another partition; `sinfo -o '%P %c %m %G'` lists "
    "what they have.",
    "QOS": "Ask for less, or wait until others of your jobs have ended; `sacctmgr show qos` lists "
    "the limits.",
    "limit": "Ask for less, or wait until others of your jobs have ended.",
    "unge": _ADMINISTRATOR,  # Munge, which authenticates Slurm's requests
    "configuration file": _ADMINISTRATOR,
    "configuration source": _ADMINISTRATOR,
    "ontact slurm controller": "Try again in a few minutes: it may be down for maintenance.",
    "imed out": "Try again in a few minutes: it may be busy.",
    "instead of a job's id": "Ask the administrators of this cluster what its sbatch does.",
    "has not answered": "Try again in a few minutes: it may be down for maintenance.",
}


def refused(said: str) -> JobRefused:
    """Return the error for a job that sbatch(1) refused; ``said`` is its message."""
    lines = [line for line in said.splitlines() if line.strip()]
    last = _BEFORE.sub("", lines[-1]) if lines else "no reason given"
    found = next((remedy for part, remedy in _REMEDIES.items() if part in said), None)
    return JobRefused(
        f"Slurm did not take the job: {last.rstrip('.')}.",
        remedy=found
        or "Ask for something else. If every job is refused, ask the cluster's administrators.",
    )


def not_installed(command: str) -> StartError:
    """Return the error for a ``command`` of Slurm that is not installed."""
    return JobRefused(
        f"There is no {command} on this machine's PATH, so no job can be started from it.",
        remedy="Start Jupyter on a login node of the cluster, or install Slurm's commands and "
        "configure them for it:",
        command=install_command("slurm"),
    )
