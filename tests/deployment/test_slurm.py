"""Desktops in Slurm jobs, on two nodes that are both this machine."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import expect

from tests.browser import test_saving as saving
from tests.browser.guest import Guest
from tests.browser.visitor import Visitor
from tests.clients import Viewer
from tests.integration.test_doctor import Report
from tests.integration.test_doctor import doctor as ask
from tests.integration.test_saving import text
from tests.integration.viewing import view
from tests.servers import JupyterServer, running, until

from .slurm import Cluster, running_cluster

# Console messages at the ends of jobs.
ENDS = (r"net::ERR_", r"WebSocket connection to .* failed", r"status of 4\d\d")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as started:
        yield started


@pytest.fixture(scope="module")
def start(cluster: Cluster) -> Iterator[Callable[..., JupyterServer]]:
    """Starts Jupyter servers whose desktops are placed with Slurm."""
    with ExitStack() as stack:

        def start(*settings: str, **options: Any) -> JupyterServer:
            given = ("--DesktopApp.placement=slurm", "--Slurm.hours=1", "--Slurm.poll_interval=1")
            options.setdefault("environment", cluster.environment)
            return stack.enter_context(running(*given, *settings, **options))

        yield start


@pytest.fixture(scope="module")
def server(start: Callable[..., JupyterServer]) -> JupyterServer:
    return start()


@pytest.fixture(autouse=True)
def _clean(cluster: Cluster) -> None:
    """Each test starts with an idle cluster."""
    cluster.cancel_all()


def sees(viewer: Viewer) -> bool:
    """Request the whole picture; return whether it is complete."""
    viewer.set_encodings(0)
    viewer.request_update()
    return viewer.update() == viewer.width * viewer.height * 4


def ended(server: JupyterServer, seconds: float = 20) -> dict[str, Any]:
    """Wait until the desktop has ended; return its session."""

    def over() -> dict[str, Any] | None:
        session = server.session()
        return session if session["state"] in ("stopped", "failed") else None

    return until(over, "the desktop's end", seconds)


def steps(server: JupyterServer) -> int:
    """Return the number of attached steps; each srun has a second process that guards it."""
    return len(server.processes("srun --jobid")) // 2


def test_a_desktop_runs_in_a_job(server: JupyterServer, cluster: Cluster) -> None:
    session = server.start_desktop()
    job = session["job"]
    assert cluster.jobs() == [job["id"]]
    assert job["node"] in cluster.nodes
    assert "Welcome" in cluster.says("srun", "--overlap", f"--jobid={job['id']}", "true")
    assert 3500 < job["ends"] - job["now"] <= 3600
    for program in ("Xtigervnc", "openbox"):
        process = server.process_named(program)
        assert process.environ()["SLURM_JOB_ID"] == job["id"]
        # Slurm stores a job's environment in files.
        assert "JUPYTER_TOKEN" not in process.environ()
    with view(server) as one, view(server) as two, view(server) as three:
        assert sees(one)
        assert sees(two)
        assert sees(three)
        assert steps(server) == 4
        assert not listening(server)
    until(lambda: steps(server) == 1, "the viewers' steps to end")
    until(lambda: len(cluster.steps()) == 2, "their processes on the node to end")
    assert server.call("DELETE", "desktop/api/sessions/default").status == 204
    assert server.session()["reason"] == "It was stopped."
    until(lambda: not cluster.jobs(), "the job to be gone")
    assert cluster.job(job["id"], "%T") == "COMPLETED"


def test_the_page_asks_for_resources_and_shows_job_and_time_left(
    start: Callable[..., JupyterServer], cluster: Cluster, visitor: Visitor
) -> None:
    partitions = [f"--Slurm.partitions={name}" for name in ("main", "small")]
    server = start(*partitions, "--Slurm.most_hours=2", "--Slurm.most_gpus=4")
    page = visitor.opens(server)
    visitor.expects(*ENDS)
    page.becomes("stopped")
    page.screenshot("slurm-form")
    page.card.get_by_label("Partition").select_option("main")
    page.card.get_by_label("GPUs").fill("4")
    page.card.get_by_role("button", name="Start").click()
    page.becomes("failed")
    expect(page.card).to_contain_text("Slurm did not take the job: Invalid generic resource (gres)")
    expect(page.card).to_contain_text("Ask for fewer GPUs")
    page.screenshot("slurm-refused")
    page.card.get_by_role("button", name="Try again").click()
    page.card.get_by_label("GPUs").fill("0")
    page.card.get_by_label("Hours").fill("1.5")
    fillers = cluster.fill()
    page.card.get_by_role("button", name="Start").click()
    expect(page.card).to_contain_text("All nodes that fit are busy (Resources).", timeout=20_000)
    page.screenshot("slurm-waiting")
    page.card.get_by_role("button", name="Cancel").click()
    page.becomes("stopped")
    expect(page.card).to_contain_text("It was stopped.")
    assert cluster.jobs() == fillers
    cluster.cancel_all()
    page.card.get_by_role("button", name="Start again").click()
    # The choices are kept.
    expect(page.card.get_by_label("Hours")).to_have_value("1.5")
    page.card.get_by_label("Hours").press("Enter")
    page.shows_desktop()
    session = server.session()
    assert 5300 < session["job"]["ends"] - session["job"]["now"] <= 5400
    until(lambda: not page.notice.is_visible(), "a desktop that is up")
    page.tool("Share").hover()
    # Half a minute after the start, 90 minutes round down to 89.
    expect(page.here.locator("#job")).to_have_text(
        re.compile(
            rf"^Job {session['job']['id']} on {session['job']['node']}: (90|89) minutes left$"
        )
    )
    page.screenshot("slurm-tools")
    page.page.mouse.move(600, 500)
    cluster.ends_in(session["job"]["id"], 300)
    expect(page.here.locator("#job")).to_contain_text("The job ends soon: 5 minutes left.")
    page.screenshot("slurm-warning")
    cluster.says("scancel", session["job"]["id"])
    page.becomes("stopped")
    expect(page.card).to_contain_text("The job was cancelled, with scancel")
    page.screenshot("slurm-cancelled")


def listening(server: JupyterServer) -> list[str]:
    """Return our network listeners; srun's are for slurmctld and its step."""
    found = []
    for process in server.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.pid != server.process.pid and process.name() != "srun":
                for connection in process.net_connections("inet"):
                    if connection.status == psutil.CONN_LISTEN:
                        found.append(f"{process.cmdline()} {connection.laddr}")
    return found


def test_a_waiting_job_shows_its_reason_and_can_be_cancelled(
    server: JupyterServer, cluster: Cluster
) -> None:
    cluster.fill()
    server.start_desktop(state="starting")
    session = waits(server, "(Resources)")
    assert session["step"] == "queue"
    assert session["job"]["waiting"] == "all nodes that fit are busy (Resources)"
    until(lambda: server.session()["job"]["starts"], "an estimate of the start", 40)
    server.call("DELETE", "desktop/api/sessions/default")
    assert server.session()["state"] == "stopped"
    is_cancelled(cluster, session["job"]["id"])


def is_cancelled(cluster: Cluster, job: str) -> None:
    """Wait for the cancellation: a stop waits for scancel only briefly."""
    until(lambda: cluster.job(job, "%T") == "CANCELLED", "the job to be cancelled")


def waits(server: JupyterServer, why: str, seconds: float = 15) -> dict[str, Any]:
    """Return the session once its job waits for that reason."""

    def waits() -> dict[str, Any] | None:
        session = server.session()
        return session if why in ((session["job"] or {}).get("waiting") or "") else None

    return until(waits, f"a job that waits: {why}", seconds)


def test_a_job_cancelled_with_scancel_stops_the_desktop(
    server: JupyterServer, cluster: Cluster
) -> None:
    session = server.start_desktop()
    with view(server) as viewer:
        assert sees(viewer)
        cluster.says("scancel", session["job"]["id"])
        session = ended(server)
    assert session["state"] == "stopped"
    assert session["reason"].startswith("The job was cancelled, with scancel")
    until(lambda: not steps(server), "no step of the viewer's to be left")


def test_a_job_at_its_time_limit_stops_the_desktop(server: JupyterServer, cluster: Cluster) -> None:
    session = server.start_desktop()
    before = session["job"]["ends"]
    cluster.ends_in(session["job"]["id"], 3)
    until(lambda: server.session()["job"]["ends"] < before, "the new end to be told")
    # slurmctld checks time limits twice a minute.
    session = ended(server, 50)
    assert session["state"] == "stopped"
    assert session["reason"] == "The job reached its time limit."
    assert "request more time" in session["error"]["remedy"]


def test_a_requeued_job_is_cancelled_and_the_desktop_fails(
    start: Callable[..., JupyterServer], cluster: Cluster
) -> None:
    server = start("--Slurm.arguments=--requeue")
    session = server.start_desktop()
    assert "Requeue" not in cluster.says("scontrol", "requeue", session["job"]["id"])
    session = ended(server)
    assert session["state"] == "failed"
    assert session["error"]["message"].startswith("The job was requeued")
    until(lambda: not cluster.jobs(), "the requeued job to be cancelled")


def test_a_failed_node_is_named_in_the_error(server: JupyterServer, cluster: Cluster) -> None:
    session = server.start_desktop()
    node = session["job"]["node"]
    with cluster.without(node):
        session = ended(server)
    assert session["state"] == "failed"
    assert session["error"]["message"].startswith(f"The node {node} failed")


def test_a_desktop_survives_a_minute_without_the_controller(
    server: JupyterServer, cluster: Cluster
) -> None:
    session = server.start_desktop()
    with view(server) as viewer:
        assert sees(viewer)
        with cluster.without_controller():
            # All queue requests fail, as do the nodes' requests to the controller.
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                assert sees(viewer)
                assert server.session()["state"] == "running"
                time.sleep(0.5)
        assert sees(viewer)
        with view(server) as another:
            assert sees(another)
    assert cluster.jobs() == [session["job"]["id"]]
    server.call("DELETE", "desktop/api/sessions/default")


def test_a_waiting_job_survives_a_missing_controller(
    server: JupyterServer, cluster: Cluster
) -> None:
    cluster.fill()
    server.start_desktop(state="starting")
    job = waits(server, "(Resources)")["job"]["id"]
    with cluster.without_controller():
        waits(server, "Slurm's controller does not answer", 30)
    assert waits(server, "(Resources)", 30)["job"]["id"] == job
    server.call("DELETE", "desktop/api/sessions/default")
    is_cancelled(cluster, job)


def test_programs_save_before_the_job_ends(
    start: Callable[..., JupyterServer], cluster: Cluster, visitor: Visitor
) -> None:
    server = start(saving.PATIENCE, start_script="~/start", prepare=saving.prepare)
    visitor.expects(*ENDS)
    job = server.start_desktop()["job"]["id"]
    until(lambda: text(server, "file") == "up", "the program's window", 45)
    page = saving.is_connected(visitor.opens(server))
    page.tool("Stop").click()
    page.confirms("Stop")
    saving.say_that_programs_save(server, page)
    assert cluster.job(job, "%T") == "RUNNING"
    saving.answers(page, Guest(server))
    page.becomes("stopped", seconds=30)
    assert set(saving.said(page)) == {"Stopping the desktop…", saving.SAVING}
    until(lambda: not cluster.jobs(), "the job to be gone")
    assert cluster.job(job, "%T") == "COMPLETED"


def test_an_application_runs_in_a_job(cluster: Cluster) -> None:
    def prepare(server: JupyterServer) -> None:
        folder = server.home / ".jupyter" / "desktop" / "applications"
        folder.mkdir(parents=True)
        told = {"command": "xterm -T term", "placement": "slurm"}
        (folder / "term.json").write_text(json.dumps(told))

    given = ("--Slurm.hours=1", "--Slurm.poll_interval=1")
    with running(*given, prepare=prepare, environment=cluster.environment) as server:
        session = server.start_desktop("term", application="term")
        assert cluster.jobs() == [session["job"]["id"]]
        assert server.process_named("xterm").environ()["SLURM_JOB_ID"] == session["job"]["id"]
        Guest(server, "term", "term").closes("term")
        session = server.wait_for("stopped", "term")
        assert (session["reason"], session["status"]) == ("It was closed.", 0)
        until(lambda: not cluster.jobs(), "the job to be gone")
        assert cluster.job(session["job"]["id"], "%T") == "COMPLETED"


@pytest.mark.parametrize("waiting", [False, True])
def test_a_killed_jupyter_leaves_no_job(
    start: Callable[..., JupyterServer], cluster: Cluster, waiting: bool
) -> None:
    server = start()
    fillers = cluster.fill() if waiting else []
    server.start_desktop(state="starting" if waiting else "running")
    until(lambda: len(cluster.jobs()) == len(fillers) + 1, "the job to be there")
    server.signal(signal.SIGKILL)
    server.process.wait(10)
    until(lambda: cluster.jobs() == fillers, "the job to be gone", 30)
    server.assert_nothing_left()


@pytest.mark.parametrize(
    ("which", "waiting"),
    [
        ("keeper", False),
        ("worker", False),
        ("keeper", True),
        ("worker", True),  # if both were killed, the job would end itself after its start
    ],
)
def test_a_killed_keeper_or_worker_leaves_no_job(
    server: JupyterServer, cluster: Cluster, which: str, waiting: bool
) -> None:
    fillers = cluster.fill() if waiting else []
    server.start_desktop(state="starting" if waiting else "running")
    until(lambda: len(cluster.jobs()) == len(fillers) + 1, "the job to be there")
    # The job's id is stored by then.
    until(lambda: server.session()["job"]["id"], "the job to be known")
    followers(server)[which].kill()
    session = ended(server)
    assert session["state"] in ("failed", "stopped")
    until(lambda: cluster.jobs() == fillers, "the job to be gone", 30)
    until(lambda: not server.processes("-m jupyter_desktop.s"), "our processes to be gone")
    assert not server.job_outputs()


def followers(server: JupyterServer) -> dict[str, psutil.Process]:
    """Return keeper and worker of the process that follows a job."""

    def found() -> tuple[psutil.Process, psutil.Process] | None:
        # A child for a Slurm command has the same command line between fork and exec.
        both = server.processes("-m jupyter_desktop.placements.slurm /")
        if len(both) != 2:
            return None
        with contextlib.suppress(psutil.NoSuchProcess):
            for keeper, worker in (both, both[::-1]):
                if worker.ppid() == keeper.pid:
                    return keeper, worker
        return None

    keeper, worker = until(found, "a keeper and its worker")
    return {"keeper": keeper, "worker": worker}


def test_killed_keeper_and_worker_leave_only_a_file_for_the_next_start(
    server: JupyterServer, cluster: Cluster
) -> None:
    server.start_desktop()
    for process in followers(server).values():
        process.kill()
    assert ended(server)["state"] == "failed"
    until(lambda: not cluster.jobs(), "the job to be gone", 30)
    until(lambda: not server.processes("-m jupyter_desktop.s"), "our processes to be gone")
    # The file is removed by a start some days later.
    (left,) = server.job_outputs()
    os.utime(left, (0, 0))
    server.start_desktop()
    assert left not in server.job_outputs()
    server.call("DELETE", "desktop/api/sessions/default")


def test_a_refusal_is_reported_in_slurm_s_words(
    start: Callable[..., JupyterServer], cluster: Cluster
) -> None:
    server = start("--Slurm.most_gpus=2", "--Slurm.partitions=nowhere", "--Slurm.partitions=main")
    refused = {"partition": {"partition": "nowhere"}, "gres": {"partition": "main", "gpus": "1"}}
    for words, options in refused.items():
        wish = {"name": "default", "options": options}
        assert server.call("POST", "desktop/api/sessions", wish).status in (200, 201)
        session = ended(server)
        assert session["state"] == "failed"
        assert words in session["error"]["message"]
        assert "sinfo" in session["error"]["remedy"]
    assert not cluster.jobs()


def test_a_job_accepted_despite_a_timeout_is_cancelled(
    start: Callable[..., JupyterServer], cluster: Cluster, tmp_path: Path
) -> None:
    real = shutil.which("sbatch", path=cluster.environment["PATH"])
    odd = tmp_path / "sbatch"
    odd.write_text(
        f'#!/bin/sh\n{real} "$@" > {tmp_path}/job || exit\n'
        "echo 'sbatch: error: Batch job submission failed: Socket timed out' >&2; exit 1\n"
    )
    odd.chmod(0o755)
    path = f"{tmp_path}:{cluster.environment['PATH']}"
    server = start(environment={**cluster.environment, "PATH": path})
    server.call("POST", "desktop/api/sessions", {})
    assert "Socket timed out" in ended(server)["error"]["message"]
    until(lambda: not cluster.jobs(), "the job to be gone")
    assert cluster.job((tmp_path / "job").read_text().strip(), "%T") == "CANCELLED"
    # The job may have started before the cancellation, and slurmd created its output again.
    for late in server.job_outputs():
        late.unlink()


def test_an_output_folder_missing_on_the_node_is_named(
    start: Callable[..., JupyterServer], cluster: Cluster, tmp_path: Path
) -> None:
    """The folder exists at the submission, but not when slurmd writes to it."""
    folder = tmp_path / "output"
    server = start(f"--Slurm.output_folder={folder}")
    fillers = cluster.fill()
    server.start_desktop(state="starting")
    until(lambda: len(cluster.jobs()) == len(fillers) + 1, "the job to be there")
    shutil.rmtree(folder)
    cluster.says("scancel", *fillers)
    session = ended(server, 60)
    assert session["state"] == "failed"
    assert "for an unknown reason" in session["error"]["message"]
    assert str(folder) in session["error"]["remedy"]
    assert "Slurm.output_folder" in session["error"]["remedy"]


def test_a_missing_sbatch_is_reported(
    start: Callable[..., JupyterServer], cluster: Cluster
) -> None:
    server = start(environment={"PATH": "/nowhere"})
    server.call("POST", "desktop/api/sessions", {})
    session = ended(server)
    assert "no sbatch on this machine's PATH" in session["error"]["message"]
    assert session["error"]["command"]


def test_the_doctor_checks_controller_and_partitions(
    server: JupyterServer, cluster: Cluster
) -> None:
    def doctor() -> Report:
        settings = ("--DesktopApp.placement=slurm", "--Slurm.hours=1")
        return ask(server, "--json", "--no-trial", *settings, **cluster.environment)

    report = doctor()
    assert (report.status, report.problems) == (0, [])
    (controller,) = report.about("Slurm controller")
    assert controller["facts"]["partitions"] == ["main", "small"]
    assert not cluster.jobs()
    cluster.end("slurmctld")
    try:
        report = doctor()
    finally:
        cluster.start_controller()
    assert report.status == 1
    (refused,) = report.problems
    assert "Unable to contact slurm controller" in refused["found"]
    assert "maintenance" in refused["remedy"]


def test_a_stop_does_not_wait_for_a_missing_controller(
    server: JupyterServer, cluster: Cluster
) -> None:
    """The last test, since nodes report to a restarted controller only after a minute."""
    server.start_desktop()
    cluster.end("slurmctld")
    assert server.call("DELETE", "desktop/api/sessions/default", timeout=10).status == 204
    assert server.session()["reason"] == "It was stopped."
    until(lambda: not server.processes("Xtigervnc"), "nothing of it to be left on the node")
