"""Samples of all JSON bodies that the server sends to the page.

These tests compare a real server's answers with the samples, ``static/test/contract.test.ts`` the
types of the page: a change on one side needs a change of the samples and of the other side.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_desktop.app import DesktopApp
from jupyter_desktop.bridge import closing
from jupyter_desktop.bridge.closing import Closing
from jupyter_desktop.system.access import Access
from jupyter_desktop.system.session_messages import Phase, Step
from tests import servers
from tests.integration.test_api import events
from tests.integration.viewing import view
from tests.servers import until

HERE = Path(__file__).parent
WORDS = json.loads((HERE / "words.json").read_text())
SCALARS = {str: "text", bool: "boolean", int: "number", float: "number", type(None): "null"}
APPLICATIONS = {
    "missing": {"command": "/nowhere/program"},
    "brief": {"command": ["xterm", "-e", "sleep", "1"]},
}
# Slurm's commands, with a job that waits.
SLURM = {
    "sbatch": "cat >/dev/null; echo 7",
    "squeue": "echo 'PENDING|1795289058|N/A||Priority'",
    "scancel": ":",
}


def sample(name: str) -> Any:
    return json.loads((HERE / f"{name}.json").read_text())


def form(value: Any) -> Any:
    """Return the keys and types of ``value``; of a list, each type of its items once."""
    if isinstance(value, dict):
        return {key: form(inner) for key, inner in value.items()}
    if isinstance(value, list):
        forms = {json.dumps(form(item), sort_keys=True): form(item) for item in value}
        return [forms[key] for key in sorted(forms)]
    return SCALARS[type(value)]


def assert_like(sent: Any, like: Any) -> None:
    assert form(sent) == form(like)


@pytest.fixture(scope="module")
def server() -> Iterator[servers.JupyterServer]:
    with servers.running(f"--DesktopApp.applications={APPLICATIONS}") as started:
        started.start_desktop()
        yield started


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.JupyterServer]:
    """A JupyterLab with desktops in jobs, and all else that can be in page data."""
    folder = tmp_path_factory.mktemp("bin")
    for name, script in SLURM.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    with servers.running(
        "--DesktopApp.placement=slurm",
        "--DesktopApp.sharing=view",
        "--DesktopApp.clipboard=out",
        "--DesktopApp.video=off",
        "--Xpra.client_folder=/nowhere",
        *("--Slurm.partitions=gui", "--Slurm.partitions=gpu"),
        "--Slurm.poll_interval=1",
        "--DesktopApp.applications={'plain': {'command': 'xterm'}}",
        "--ServerApp.jinja_template_vars={'hub_control_panel_url': '/hub/home'}",
        application="lab",
        environment={"PATH": f"{folder}:{os.environ['PATH']}"},
    ) as started:
        yield started


def page_data(server: servers.JupyterServer, path: str = "") -> dict[str, Any]:
    page = server.call("GET", f"desktop/{path}").body.decode()
    found = re.search(r'id="page-data">(.*?)</script>', page, re.DOTALL)
    assert found, page
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.mark.needs("xpra")
def test_the_page_data_of_a_desktop_match_the_sample(server: servers.JupyterServer) -> None:
    assert_like(page_data(server), sample("page-data")["desktop"])


def test_the_page_data_of_a_shared_application_match_the_sample(
    cluster: servers.JupyterServer,
) -> None:
    sent = page_data(cluster, "sessions/plain/?backend=xpra&share_key=0123456789abcdef")
    assert_like(sent, sample("page-data")["application, by a link"])
    kinds = {field["kind"] for place in sent["placements"] for field in place["fields"]}
    assert kinds == set(WORDS["kinds of fields"])


def test_a_running_desktop_matches_the_sample(server: servers.JupyterServer) -> None:
    with view(server):
        until(lambda: server.session()["viewers"], "the viewer to be known")
        sent = server.session()
    assert_like(sent, sample("session")["running"])
    listed = server.call("GET", "desktop/api/sessions").json
    assert list(listed) == ["sessions"]
    assert_like({**listed["sessions"][0], "viewers": sent["viewers"]}, sent)


def test_a_failed_desktop_matches_the_sample(server: servers.JupyterServer) -> None:
    server.call("POST", "desktop/api/sessions", {"application": "missing"})
    assert_like(server.wait_for("failed", "missing"), sample("session")["failed"])


def test_an_ended_application_matches_the_sample(server: servers.JupyterServer) -> None:
    server.call("POST", "desktop/api/sessions", {"application": "brief"})
    assert_like(server.wait_for("stopped", "brief"), sample("session")["stopped"])


def test_a_desktop_whose_job_waits_matches_the_sample(cluster: servers.JupyterServer) -> None:
    cluster.call("POST", "desktop/api/sessions", {"name": "queued"})

    def waiting() -> dict[str, Any] | None:
        session = cluster.session("queued")
        return session if (session["job"] or {}).get("starts") else None

    assert_like(until(waiting, "its job to wait", 45), sample("session")["waiting for a job"])
    cluster.call("DELETE", "desktop/api/sessions/queued")


def test_events_match_the_samples(server: servers.JupyterServer) -> None:
    server.call("POST", "desktop/api/sessions", {"name": "second"})
    seen: dict[str, Any] = {}
    for event, data in events(server, "second"):
        assert event
        seen.setdefault(event, data)
        if event == "state" and data["state"] == "running":
            break
    assert sorted(seen) == sorted(WORDS["events"])
    assert_like(seen["log"], sample("log-event"))
    assert_like({**seen["state"], "viewers": []}, {**sample("session")["running"], "viewers": []})
    server.call("DELETE", "desktop/api/sessions/second")


def test_a_ticket_matches_the_sample(server: servers.JupyterServer) -> None:
    assert_like(server.ticket(), sample("ticket")["vnc"])


@pytest.mark.needs("xpra")
def test_a_ticket_of_xpra_matches_the_sample(server: servers.JupyterServer) -> None:
    server.start_desktop("other", backend="xpra")
    assert_like(server.ticket("other"), sample("ticket")["xpra"])


def test_shares_match_the_sample(server: servers.JupyterServer) -> None:
    made = server.call("POST", "desktop/api/sessions/default/share", {"access": "view"})
    assert made.status == 201
    shares = server.call("GET", "desktop/api/sessions/default/shares").json
    assert_like(shares, sample("shares"))
    assert_like(made.json, sample("shares")["shares"][0])


def test_an_error_matches_the_sample(server: servers.JupyterServer) -> None:
    answer = server.call("GET", "desktop/api/sessions/none")
    assert answer.status == 404
    assert_like(answer.json, sample("problem"))


def test_the_values_of_enums_and_settings_match_the_sample() -> None:
    assert [one.value for one in Phase] == WORDS["states"]
    assert [one.value for one in Step] == WORDS["steps"]
    assert [one.value for one in Access] == WORDS["access"]
    assert list(DesktopApp.sharing.values or []) == WORDS["sharing"]


def test_closing_codes_match_the_sample() -> None:
    codes = {name: one.code for name, one in vars(closing).items() if isinstance(one, Closing)}
    assert codes == sample("closing")
