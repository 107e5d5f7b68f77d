"""Slurm's states, reasons and errors in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_desktop.placements.slurm import commands, endings, refusals
from jupyter_desktop.placements.slurm.job_queue import Look, in_words, parse
from jupyter_desktop.system.session_messages import BatchJob, State


def test_a_pending_job_waits_with_its_reason() -> None:
    look = parse("PENDING|1795289058|1795292658||Priority")
    assert look == Look("PENDING", 1795289058, 1795292658, "", "Priority")
    assert look.waiting
    assert not look.over
    shown = look.shown()
    assert shown.waiting == "other jobs are first in the queue (Priority)"
    assert (shown.starts, shown.ends) == (1795289058, None)


def test_a_configuring_job_waits_for_its_node() -> None:
    shown = parse("CONFIGURING|1795289058|1795292658|n1|None").shown()
    assert shown.waiting == "its node is being started or prepared (CONFIGURING)"
    assert (shown.starts, shown.node) == (None, "n1")


def test_a_running_job_has_a_node_and_an_end() -> None:
    look = parse("RUNNING|1795289058|1795292658|n1|None")
    assert not look.waiting
    assert not look.over
    assert look.shown("7", (60.0,)) == BatchJob("7", None, None, 1795292658, "n1", (60.0,))


def test_unknown_times_are_none() -> None:
    assert parse("PENDING|N/A|N/A||Resources").shown().starts is None
    assert parse("RUNNING|1|NONE|n1|None").shown().ends is None  # UNLIMITED


@pytest.mark.parametrize("state", ["RUNNING", "SUSPENDED", "COMPLETING", "STOPPED", "SOME_NEW_ONE"])
def test_a_job_in_another_state_neither_waits_nor_is_over(state: str) -> None:
    assert not Look(state).over
    assert not Look(state).waiting


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Resources", "all nodes that fit are busy (Resources)"),
        ("(ReqNodeNotAvail, UnavailableNodes:n1)", "out of service or reserved"),
        ("QOSMaxJobsPerUserLimit", "a limit of your quality of service is reached"),
        ("AssocGrpCpuLimit", "a limit of your account is reached (AssocGrpCpuLimit)"),
        ("MaxJobsPerAccount", "your limit on jobs is reached"),
        ("SomethingNew", "SomethingNew"),
        ("a|b", "a|b"),
    ],
)
def test_reasons_are_explained(reason: str, words: str) -> None:
    waiting = parse(f"PENDING|N/A|N/A||{reason}").shown().waiting
    assert waiting is not None
    assert words in waiting
    assert words in in_words(reason)


@pytest.mark.parametrize(
    ("state", "end"),
    [
        ("CANCELLED", "stopped"),
        ("TIMEOUT", "stopped"),
        ("NODE_FAIL", "failed"),
        ("PREEMPTED", "failed"),
        ("OUT_OF_MEMORY", "failed"),
        ("PENDING", "failed"),  # requeued
    ],
)
def test_ends_by_slurm_have_a_message_and_a_remedy(state: str, end: str) -> None:
    last = endings.as_state(Look(state), "n1")
    assert last
    assert last.state == end
    assert last.error
    assert last.error.message
    assert last.error.remedy
    assert "{" not in last.error.message


def remedy_of(state: State) -> str:
    assert state.error
    assert state.error.remedy
    return state.error.remedy


@pytest.mark.parametrize("state", ["RUNNING", "COMPLETING", "COMPLETED", "FAILED", "GONE"])
def test_other_ends_are_left_to_the_session(state: str) -> None:
    assert endings.as_state(Look(state), "n1") is None
    assert "is below" in remedy_of(endings.unexplained(Look(state)))
    assert "/run/x" in remedy_of(endings.unexplained(Look(state), Path("/run/x")))


@pytest.mark.parametrize(
    ("said", "message", "remedy"),
    [
        (
            "sbatch: error: invalid partition specified: x\n"
            "sbatch: error: Batch job submission failed: Invalid partition name specified",
            "Slurm did not take the job: Invalid partition name specified.",
            "sinfo",
        ),
        (
            "sbatch: error: Batch job submission failed: Invalid account or account/partition "
            "combination specified",
            "Invalid account",
            "sacctmgr",
        ),
        (
            "sbatch: error: If munged is up, restart with --num-threads=10\n"
            "sbatch: error: Munge encode failed: Failed to access '/run/munge/munge.socket.2'",
            "Munge encode failed",
            "administrators",
        ),
        (
            "sbatch: error: Batch job submission failed: Unable to contact slurm controller "
            "(connect failure)",
            "Unable to contact slurm controller",
            "few minutes",
        ),
        (
            "sbatch: fatal: Could not establish a configuration source",
            "the job: Could not establish a configuration source.",
            "administrators",
        ),
        (
            "allocation failure: Requested node configuration is not available",
            "the job: Requested node configuration is not available.",
            "sinfo",
        ),
        ("", "no reason given", "administrators"),
    ],
)
def test_refusals_have_a_message_and_a_remedy(said: str, message: str, remedy: str) -> None:
    error = refusals.refused(said)
    assert message in error.message
    assert remedy in (error.remedy or "")


def test_variables_of_this_login_do_not_go_into_a_job() -> None:
    dropped = [
        *("SLURM_JOB_ID", "SLURM_MEM_PER_NODE", "SQUEUE_FORMAT", "SBATCH_ARRAY_INX", "SBATCH_WAIT"),
        *("DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_SESSION_ID"),
        *("SSH_AUTH_SOCK", "TMPDIR", "JUPYTER_TOKEN", "JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN"),
        "SBATCH_CLUSTERS",
    ]
    kept = ["PATH", "HOME", "LANG", "SLURM_CONF", "SBATCH_ACCOUNT", "LD_LIBRARY_PATH"]
    environment = commands.environment(dict.fromkeys([*dropped, *kept], "x"))
    assert sorted(environment) == sorted(kept)


def test_a_script_runs_the_given_command() -> None:
    command = ["/opt/my python/bin/python", "-m", "jupyter_desktop.session"]
    script = commands.Script("name", command[0], "module load x", 120.0, command)
    lines = str(script).splitlines()
    assert lines[:2] == ["#!/bin/sh", "module load x"]
    assert lines[2] == "export JUPYTER_DESKTOP_NAME=name"
    inside = "exec '/opt/my python/bin/python' -m jupyter_desktop.placements.slurm.inside 120 "
    assert lines[3] == f"{inside}'/opt/my python/bin/python' -m jupyter_desktop.session"
