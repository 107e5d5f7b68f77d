"""How a desktop's job ended, for people."""

from __future__ import annotations

from pathlib import Path

from ...errors import JobEnded
from ...system.session_messages import Phase, Problem, State, failed
from .job_queue import CANCELLED, GONE, Look

_RESTART = "Start the desktop again. "

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
        f"{_RESTART}Slurm will choose another node.",
    ),
    "BOOT_FAIL": ("The node {node} did not boot.", f"{_RESTART}Slurm will choose another node."),
    "PREEMPTED": (
        "The job had to make room for another one that comes first.",
        f"{_RESTART}Choose a partition whose jobs are not preempted if there is one.",
    ),
    "OUT_OF_MEMORY": (
        "The job needed more memory than it had, and Slurm ended it.",
        "Ask for more memory, in Slurm.arguments, or for another partition.",
    ),
}
_REQUEUED = (
    "The job was put back into the queue, which ended what ran on the desktop.",
    f"{_RESTART}The job itself was cancelled, since it would come up empty.",
)


def as_state(look: Look, node: str) -> State | None:
    """Return the last state of a desktop whose job ended like that; None if that says nothing."""
    if look.waiting:
        return failed(_error(_REQUEUED, node))
    if look.state in _ENDS:
        message, remedy = _ENDS[look.state]
        error = Problem.of(_error((message, remedy), node))
        return State(Phase.STOPPED, reason=message, error=error)
    if look.state in _FAILURES:
        return failed(_error(_FAILURES[look.state], node))
    return None


def without_a_word(look: Look, unwritten: Path | None = None) -> State:
    """Return the last state of a desktop that ended, and neither it nor Slurm says why.

    ``unwritten`` is the folder for what the job prints where it may have failed to write there.
    """
    how = "" if look.state in (GONE, "COMPLETED") else f" (Slurm says {look.state})"
    remedy = f"{_RESTART}What the job printed, if anything, is below."
    if unwritten:
        remedy = (
            f"It has printed nothing. See first whether the nodes have the folder {unwritten}, the "
            f"same as here: Slurm ends a job that cannot write there. If they have not, set "
            f"Slurm.output_folder to a shared one; else start the desktop again."
        )
    return failed(JobEnded(f"The desktop's job ended without a word{how}.", remedy=remedy))


def unreachable(said: str) -> State:
    """Return the last state of a desktop whose job runs, but cannot be reached."""
    return failed(
        JobEnded(
            f"The job runs, but srun does not get to it: {said or 'it does not say why'}.",
            remedy="Try again. If it stays so, ask the administrators whether `srun --overlap` "
            "works from this machine.",
        )
    )


def _error(words: tuple[str, str], node: str) -> JobEnded:
    message, remedy = words
    return JobEnded(message.format(node=node or "with the job"), remedy=remedy)
