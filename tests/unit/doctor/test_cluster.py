"""The doctor's findings about Slurm."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from jupyter_desktop.doctor import cluster
from jupyter_desktop.doctor.finding import Severity

from .asking import found, program, told


def test_programs_job_and_controller_are_reported(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(cluster.slurm).facts == {"programs": []}
    program(programs, "sbatch", "echo slurm 23.11.4")
    program(programs, "sinfo", "echo 'slurm_load_partitions: Unable to contact' >&2; exit 1")
    slurm, controller = found(cluster.slurm)
    assert slurm.found == "sbatch, sinfo; srun, squeue, scancel missing; slurm 23.11.4"
    assert (controller.state, controller.facts["reachable"]) == (Severity.NOTE, False)
    assert "Unable to contact" in controller.found
    program(programs, "sinfo", "echo debug; echo gpu")
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    _, job, controller = found(cluster.slurm)
    assert job.facts == {"job": "77"}
    assert controller.facts == {"reachable": True, "partitions": ["debug", "gpu"]}


ELSEWHERE = "--DesktopApp.placement=slurm"


def cluster_of(folder: Path, sbatch: str) -> None:
    """Install Slurm's commands, with an sbatch that runs ``sbatch`` when it is given a job."""
    for name in ("srun", "squeue", "scancel"):
        program(folder, name, "echo slurm 23.11.4")
    program(folder, "sbatch", f'[ "$1" = --version ] && echo slurm 23.11.4 && exit\n{sbatch}')


def test_where_desktops_run_in_jobs_placement_and_job_are_checked(
    programs: Path, tmp_path: Path
) -> None:
    placement = found(cluster.slurm, ELSEWHERE)[0]
    assert (placement.topic, placement.state) == ("placement", Severity.PROBLEM)
    assert "cannot be found: sbatch, srun, squeue, scancel" in placement.found
    cluster_of(programs, f'echo "$@" >{tmp_path}/asked')
    placement, *_, job = found(cluster.slurm, ELSEWHERE, "--Slurm.hours=2", "--Slurm.gpus=1")
    assert placement.state is Severity.OK
    assert (job.topic, job.state) == ("job of a desktop", Severity.OK)
    asked = (tmp_path / "asked").read_text().split()
    assert {"--test-only", "--time=120", "--gpus=1"} < set(asked)


@pytest.mark.parametrize(
    ("sbatch", "timeout", "told"),
    [
        (
            "echo 'allocation failure: Invalid partition name' >&2; exit 1",
            60,
            ("job: Invalid", "sinfo"),
        ),
        (
            "exec /bin/sleep 1000",
            0.2,
            ("sbatch has not answered for 0.2 seconds", "Try again"),
        ),
    ],
)
def test_a_job_that_the_cluster_does_not_accept_is_a_problem(
    programs: Path,
    sbatch: str,
    timeout: float,
    told: tuple[str, str],
) -> None:
    cluster_of(programs, sbatch)
    *_, job = found(partial(cluster.slurm, job_timeout=timeout), ELSEWHERE)
    assert (job.state, job.facts) == (Severity.PROBLEM, {"reason": "job-refused"})
    words, remedy = told
    assert words in job.found
    assert remedy in (job.remedy or "")
    assert {one.topic for one in found(cluster.slurm)} == {"Slurm"}


def test_an_sbatch_that_cannot_be_run_is_a_problem(programs: Path) -> None:
    cluster_of(programs, "exit")
    (programs / "sbatch").write_text("#!/opt/no/such/shell\n")
    *_, job = found(cluster.slurm, ELSEWHERE)
    assert job.state is Severity.PROBLEM
    assert "sbatch cannot be run (No such file" in job.found


def test_the_remedy_for_a_silent_controller_depends_on_the_placement(programs: Path) -> None:
    cluster_of(programs, "exit 1")
    program(programs, "sinfo", "exit 1")
    here, there = found(cluster.slurm)[-1], found(cluster.slurm, ELSEWHERE)[-2]
    assert here.remedy == "Desktops on this machine start nevertheless."
    assert (there.found, there.remedy) == (here.found, None)


def test_a_controller_that_does_not_answer_is_reported_after_the_timeout(programs: Path) -> None:
    program(programs, "sinfo", '[ "$1" = --version ] && exit\nexec /bin/sleep 1000')
    controller = found(partial(cluster.slurm, controller_timeout=0.1), "--Doctor.trial=False")[-1]
    assert controller.found == "does not answer (no answer within 0.1 seconds)."
