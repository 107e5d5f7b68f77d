"""How a desktop's job ended, for people."""

from __future__ import annotations

from typing import Any

from ..errors import DesktopError, JobEnded
from .queue import CANCELLED, GONE, Look

_AGAIN = "Start the desktop again. "

# squeue(1), JOB STATE CODES. What a user or a limit brings about is an end; the rest is a failure.
_ENDS = {
    CANCELLED: (
        "The job was cancelled, with scancel or by an administrator.",
        "Start the desktop again if it was not you who wanted that.",
    ),
    "TIMEOUT": (
        "The job's time was over.",
        "Start it again, and ask for more time if you need it.",
    ),
    "DEADLINE": ("The job's deadline came.", "Start the desktop again."),
}
_FAILURES = {
    "NODE_FAIL": (
        "The node {node} failed, and with it what ran on the desktop.",
        f"{_AGAIN}Slurm will choose another node.",
    ),
    "BOOT_FAIL": ("The node {node} did not boot.", f"{_AGAIN}Slurm will choose another node."),
    "PREEMPTED": (
        "The job had to make room for another one that comes first.",
        f"{_AGAIN}Choose a partition whose jobs are not preempted if there is one.",
    ),
    "OUT_OF_MEMORY": (
        "The job needed more memory than it had, and Slurm ended it.",
        "Ask for more memory, in Slurm.arguments, or for another partition.",
    ),
}
_REQUEUED = (
    "The job was put back into the queue, which ended what ran on the desktop.",
    f"{_AGAIN}The job itself was cancelled, since it would come up empty.",
)


def as_state(look: Look, node: str) -> dict[str, Any] | None:
    """Return the last state of a desktop whose job ended like that; None if that says nothing."""
    if look.waiting:
        return failed(_error(_REQUEUED, node))
    if look.state in _ENDS:
        message, remedy = _ENDS[look.state]
        return {"state": "stopped", "reason": message, "error": _error((message, remedy), node)}
    if look.state in _FAILURES:
        return failed(_error(_FAILURES[look.state], node))
    return None


def without_a_word(look: Look, node: str) -> dict[str, Any]:
    """Return the last state of a desktop that ended, and neither it nor Slurm says why."""
    how = "" if look.state in (GONE, "COMPLETED") else f" (Slurm says {look.state})"
    message = f"The desktop's job ended without a word{how}."
    remedy = "Start the desktop again. What the job printed, if anything, is below."
    return failed(_error((message, remedy), node))


def unreachable(said: str) -> dict[str, Any]:
    """Return the last state of a desktop whose job runs, but cannot be reached."""
    return failed(
        JobEnded(
            f"The job runs, but srun does not get to it: {said or 'it does not say why'}.",
            remedy="Try again. If it stays so, ask the administrators whether `srun --overlap` "
            "works from this machine.",
        ).as_json()
    )


def failed(error: dict[str, Any]) -> dict[str, Any]:
    """Return the state of a desktop that failed."""
    return {"state": "failed", "error": error}


def _error(words: tuple[str, str], node: str) -> dict[str, Any]:
    message, remedy = words
    error: DesktopError = JobEnded(message.format(node=node or "with the job"), remedy=remedy)
    return error.as_json()
