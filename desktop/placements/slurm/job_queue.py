"""What Slurm says of a job, and what that means in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from ...system.session_messages import BatchJob
from . import commands
from .commands import CommandFailed

PENDING, CONFIGURING = "PENDING", "CONFIGURING"
CANCELLED, GONE = "CANCELLED", "GONE"

# In the words of squeue(1), JOB STATE CODES. Whatever else it says, also in a later version, the
# job lives on.
_WAITING = frozenset({PENDING, CONFIGURING, "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED"})
_HELD = frozenset({"SPECIAL_EXIT", "RESV_DEL_HOLD"})
_ENDED = frozenset(
    {"BOOT_FAIL", CANCELLED, "COMPLETED", "DEADLINE", "FAILED", "LAUNCH_FAILED", "NODE_FAIL"}
    | {"OUT_OF_MEMORY", "PREEMPTED", "RECONFIG_FAIL", "REVOKED", "TIMEOUT"}
)
_MADE_READY = "its node is being started or made ready (CONFIGURING)"
_SQUEUE_FORMAT = "%T|%S|%e|%N|%r"

# JOB REASON CODES of squeue(1), the first part that fits; what is not here is told as it is.
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
    "BadConstraints": "no node is what was asked for; cancel it and ask for something else",
    "JobHeldAdmin": "an administrator holds the job back",
    "JobHeldUser": "the job is held back; `scontrol release` lets it go",
    "job_requeued_in_held_state": "the job was put back into the queue, and is held there",
    "BeginTime": "its time to begin has not come",
    "Dependency": "another job has to end first",
    "Licenses": "a licence has to become free",
    "Reservation": "its reservation has not begun",
    "InvalidAccount": "the account is not valid; cancel it and ask with another one",
    "InvalidQOS": "the quality of service is not valid; ask an administrator",
    "QOS": "a limit of your quality of service is reached",
    "MaxJobs": "you have as many jobs as you may",
    "Assoc": "a limit of your account is reached",
    "Max": "a limit is reached",
}


@dataclass(frozen=True)
class Look:
    """What Slurm says of a job now; times are in seconds since 1970, None where not known.

    ``state`` is one of squeue(1)'s JOB STATE CODES, ``GONE`` for a job it does not know any more.
    """

    state: str
    starts: int | None = None
    ends: int | None = None
    node: str = ""
    reason: str = ""

    @property
    def waiting(self) -> bool:
        """Whether it is still to begin."""
        return self.state in _WAITING | _HELD

    @property
    def ended(self) -> bool:
        """Whether Slurm says that it has ended; there is nothing to cancel then."""
        return self.state in _ENDED

    @property
    def over(self) -> bool:
        """Whether it has ended, or Slurm does not know it any more."""
        return self.ended or self.state == GONE

    def shown(self, job: str = "", warnings: tuple[float, ...] = ()) -> BatchJob:
        """Return what the page shows of it; ``job`` is its id, ``warnings`` are the request's."""
        # The job has a node then, since the time that Slurm tells, and no reason to wait.
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
    """Ask for the state of a job, and wait ``timeout`` seconds for the answer.

    Raises ``CommandFailed`` where Slurm does not answer, ``OSError`` where it cannot be asked, and
    ``ValueError`` where the answer is none.
    """
    asked = ["squeue", "--noheader", "--states=all", f"--jobs={job}", f"--format={_SQUEUE_FORMAT}"]
    try:
        printed = await commands.run(asked, timeout=timeout, SLURM_TIME_FORMAT="%s")
    except CommandFailed as error:
        if "Invalid job id" in str(error):
            return Look(GONE)
        raise
    lines = printed.splitlines()
    # A site's own squeue may say something first.
    return parse(lines[-1]) if lines else Look(GONE)


def parse(line: str) -> Look:
    """Return what a line of squeue(1) says."""
    state, starts, ends, node, reason = line.split("|", 4)
    return Look(state, _time(starts), _time(ends), node, reason)


def in_words(reason: str) -> str:
    """Return why a job waits, for people, with Slurm's own word for those who know it."""
    plain = reason.strip("()")
    for start, words in _REASONS.items():
        if plain.startswith(start):
            return words if start == "None" else f"{words} ({plain})"
    return plain


def _time(text: str) -> int | None:
    return int(text) if text.isdigit() else None
