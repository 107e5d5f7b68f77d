"""Messages for the end of a desktop's job."""

from __future__ import annotations

from pathlib import Path

from ...errors import JobEnded
from ...system.session_messages import Phase, Problem, State, failed
from .job_queue import CANCELLED, GONE, Look

_RESTART = "Start the desktop again. "

# squeue(1), JOB STATE CODES. An end by a user or a limit is no failure; the others are.
_ENDS = {
    CANCELLED: (
        "The job was cancelled, with scancel or by an administrator.",
        "If you did not cancel it, start the desktop again.",
    ),
    "TIMEOUT": (
        "The job reached its time limit.",
        "Start it again, and request more time if you need it.",
    ),
    "DEADLINE": ("The job reached its deadline.", "Start the desktop again."),
}
_FAILURES = {
    "NODE_FAIL": (
        "The node {node} failed, which ended the desktop's programs.",
        f"{_RESTART}Slurm will choose another node.",
    ),
    "BOOT_FAIL": ("The node {node} did not boot.", f"{_RESTART}Slurm will choose another node."),
    "PREEMPTED": (
        "The job was preempted by one with a higher priority.",
        f"{_RESTART}Choose a partition whose jobs are not preempted if there is one.",
    ),
    "OUT_OF_MEMORY": (
        "The job needed more memory than it had, and Slurm ended it.",
        "Request more memory, in Slurm.arguments, or another partition.",
    ),
}
_REQUEUED = (
    "The job was requeued, which ended the desktop's programs.",
    f"{_RESTART}The requeued job was cancelled: its desktop would be empty.",
)


def as_state(look: Look, node: str) -> State | None:
    """Return the last state of a desktop for the job's state; None if that does not explain it."""
    if look.waiting:
        return failed(_error(_REQUEUED, node))
    if look.state in _ENDS:
        message, remedy = _ENDS[look.state]
        error = Problem.of(_error((message, remedy), node))
        return State(Phase.STOPPED, reason=message, error=error)
    if look.state in _FAILURES:
        return failed(_error(_FAILURES[look.state], node))
    return None


def unexplained(look: Look, unwritten: Path | None = None) -> State:
    """Return the last state of a desktop that ended without a reason from it or Slurm.

    ``unwritten`` is the output folder if the job may have failed to write there.
    """
    how = "" if look.state in (GONE, "COMPLETED") else f" (Slurm says {look.state})"
    remedy = f"{_RESTART}The output of the job, if any, is below."
    if unwritten:
        remedy = (
            f"It has printed nothing. Check whether the nodes share the folder {unwritten} with "
            f"this machine: Slurm ends a job that cannot write there. If they do not, set "
            f"Slurm.output_folder to a shared folder; otherwise start the desktop again."
        )
    return failed(JobEnded(f"The desktop's job ended for an unknown reason{how}.", remedy=remedy))


def unreachable(said: str) -> State:
    """Return the last state of a desktop whose job runs, but is unreachable."""
    return failed(
        JobEnded(
            f"The job runs, but srun cannot connect to it: {said or 'it does not say why'}.",
            remedy="Try again. If the error persists, ask the administrators whether `srun "
            "--overlap` works from this machine.",
        )
    )


def _error(words: tuple[str, str], node: str) -> JobEnded:
    message, remedy = words
    return JobEnded(message.format(node=node or "with the job"), remedy=remedy)
