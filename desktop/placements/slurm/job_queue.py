"""The state of a job in Slurm's queue, and Slurm's codes in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from ...system.session_messages import BatchJob
from . import commands
from .commands import CommandFailed

PENDING, CONFIGURING = "PENDING", "CONFIGURING"
CANCELLED, GONE = "CANCELLED", "GONE"

# squeue(1), JOB STATE CODES. A job in any other state, also of a later version, counts as running.
_WAITING = frozenset({PENDING, CONFIGURING, "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED"})
_HELD = frozenset({"SPECIAL_EXIT", "RESV_DEL_HOLD"})
_ENDED = frozenset(
    {"BOOT_FAIL", CANCELLED, "COMPLETED", "DEADLINE", "FAILED", "LAUNCH_FAILED", "NODE_FAIL"}
    | {"OUT_OF_MEMORY", "PREEMPTED", "RECONFIG_FAIL", "REVOKED", "TIMEOUT"}
)
_MADE_READY = "its node is being started or prepared (CONFIGURING)"
_SQUEUE_FORMAT = "%T|%S|%e|%N|%r"

# By the start of JOB REASON CODES of squeue(1), first match; other reasons are shown unchanged.
_REASONS = {
    "None": "Slurm has not looked at the job yet",
    "Priority": "other jobs are first in the queue",
    "Resources": "all nodes that fit are busy",
    "PartitionTimeLimit": "the partition does not allow so much time; cancel it and ask for less",
    "PartitionNodeLimit": "the partition does not allow so many nodes",
    "PartitionConfig": "the partition does not allow what was asked for; cancel it, ask for less",
    "PartitionDown": "the partition is closed by an administrator",
    "PartitionInactive": "the partition is closed by an administrator",
    "ReqNodeNotAvail": "the nodes that fit are out of service or reserved",
    "Nodes required for job": "the nodes that fit are out of service or reserved",
    "NodeDown": "the node is out of service",
    "BadConstraints": "no node meets the request; cancel it and ask for something else",
    "JobHeldAdmin": "the job is held by an administrator",
    "JobHeldUser": "the job is held; `scontrol release` releases it",
    "job_requeued_in_held_state": "the job was requeued, and is held",
    "BeginTime": "its begin time is not reached",
    "Dependency": "another job has to end first",
    "Licenses": "all licences that it needs are in use",
    "Reservation": "its reservation has not begun",
    "InvalidAccount": "the account is not valid; cancel it and ask with another one",
    "InvalidQOS": "the quality of service is not valid; ask an administrator",
    "QOS": "a limit of your quality of service is reached",
    "MaxJobs": "your limit on jobs is reached",
    "Assoc": "a limit of your account is reached",
    "Max": "a limit is reached",
}


@dataclass(frozen=True)
class Look:
    """The present state of a job in Slurm; times are in seconds since 1970, None if unknown.

    ``state`` is one of squeue(1)'s JOB STATE CODES, or ``GONE`` for a job that Slurm has forgotten.
    """

    state: str
    starts: int | None = None
    ends: int | None = None
    node: str = ""
    reason: str = ""

    @property
    def waiting(self) -> bool:
        """Whether it has not begun."""
        return self.state in _WAITING | _HELD

    @property
    def ended(self) -> bool:
        """Whether Slurm reports its end, so that it needs no scancel."""
        return self.state in _ENDED

    @property
    def over(self) -> bool:
        """Whether it has ended, or Slurm has forgotten it."""
        return self.ended or self.state == GONE

    def shown(self, job: str = "", warnings: tuple[float, ...] = ()) -> BatchJob:
        """Return the job for the page; ``job`` is its id, ``warnings`` are the request's."""
        # A configuring job has a node, a start time in the past, and no reason to wait.
        configuring = self.state == CONFIGURING
        why = _MADE_READY if configuring else in_words(self.reason)
        return BatchJob(
            id=job,
            waiting=why if self.waiting else None,
            starts=self.starts if self.waiting and not configuring else None,
            ends=None if self.waiting else self.ends,
            node=self.node,
            warnings=warnings,
        )


async def look(job: str, timeout: float = commands.COMMAND_TIMEOUT) -> Look:
    """Return the state of a job; ``timeout`` is in seconds.

    Raises ``CommandFailed`` if Slurm does not answer, ``OSError`` if squeue cannot be run, and
    ``ValueError`` if the answer cannot be parsed.
    """
    asked = ["squeue", "--noheader", "--states=all", f"--jobs={job}", f"--format={_SQUEUE_FORMAT}"]
    try:
        printed = await commands.run(asked, timeout=timeout, SLURM_TIME_FORMAT="%s")
    except CommandFailed as error:
        if "Invalid job id" in str(error):
            return Look(GONE)
        raise
    lines = printed.splitlines()
    # A site's own squeue may print other lines first.
    return parse(lines[-1]) if lines else Look(GONE)


def parse(line: str) -> Look:
    """Parse a line of squeue(1)."""
    state, starts, ends, node, reason = line.split("|", 4)
    return Look(state, _time(starts), _time(ends), node, reason)


def in_words(reason: str) -> str:
    """Return why a job waits, in plain words, with Slurm's own code."""
    plain = reason.strip("()")
    for start, words in _REASONS.items():
        if plain.startswith(start):
            return words if start == "None" else f"{words} ({plain})"
    return plain


def _time(text: str) -> int | None:
    return int(text) if text.isdigit() else None
