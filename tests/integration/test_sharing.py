"""Sharing a desktop: access by a link, its limits, and its end."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from jupyter_desktop.backends.xpra import protocol as xpra_protocol
from jupyter_desktop.errors import NotReady
from tests import clients, servers
from tests.clients import Viewer, WrongPassword
from tests.servers import JupyterServer, until
from tests.xpra_viewer import connected

from .viewing import folder_of, open_socket, pointer, size, view, x_environment

SESSION = "desktop/api/sessions/default"
ENDED = 4002

# Two users: one may do everything, the other one has read permission.
CONFIGURATION = """
from jupyter_server.auth import Authorizer, IdentityProvider, User

class Named(IdentityProvider):
    async def _get_user(self, handler):
        user = await super()._get_user(handler)
        return user and User(handler.request.headers.get("X-User", "ann"))

class Readers(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return action == "read" or resource != "desktop" or user.username == "ann"

c.ServerApp.identity_provider_class = Named
c.ServerApp.authorizer_class = Readers
"""

BOB = {"X-User": "bob"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def with_users(server: JupyterServer) -> None:
    folder = server.home / ".jupyter"
    folder.mkdir()
    (folder / "jupyter_server_config.py").write_text(CONFIGURATION)


@pytest.fixture(scope="module", params=["vnc", "xpra"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(backend: str) -> Iterator[JupyterServer]:
    settings = (f"--DesktopApp.backend={backend}", "--Xpra.encryption=off")
    with servers.running(*settings, prepare=with_users) as server:
        server.start_desktop()
        yield server


def shared(server: JupyterServer, access: str = "view", lifetime: float = 60) -> dict[str, Any]:
    answer = server.call("POST", f"{SESSION}/share", {"access": access, "lifetime": lifetime})
    assert answer.status == 201, answer.body
    share: dict[str, Any] = answer.json
    return share


def ticket(server: JupyterServer, share: str = "", **headers: str) -> servers.Answer:
    return server.call("POST", f"{SESSION}/ticket", {"share": share}, headers=headers)


def guest(server: JupyterServer, share: dict[str, Any]) -> Viewer:
    """Connect a viewer of VNC's by a link."""
    shown = ticket(server, share["id"], **BOB).json
    return Viewer(open_socket(server, shown, BOB)).authenticate(shown["password"])


ONLY_VNC = pytest.mark.parametrize("backend", ["vnc"], indirect=True)
ONLY_XPRA = pytest.mark.parametrize("backend", ["xpra"], indirect=True)


# -- the links


def test_a_link_opens_the_page_and_its_key_is_not_logged(server: JupyterServer) -> None:
    share = shared(server)
    assert share["url"] == f"sessions/default/?share_key={share['id']}"
    assert share["access"] == "view"
    assert 0 < share["expires_in"] <= 60
    held = server.call("GET", f"{SESSION}/shares").json["shares"]
    assert share["id"] in [one["id"] for one in held]
    page = server.call("GET", f"desktop/{share['url']}", headers=BOB)
    assert page.status == 200
    assert f'"share": "{share["id"]}"' in page.body.decode()
    # Failed requests are logged with their address.
    assert server.call("GET", f"desktop/sessions/a%20b/?share_key={share['id']}").status == 400
    until(lambda: "share_key=[secret]" in server.log, "a line of the log")
    assert share["id"] not in server.log


def test_a_link_s_key_survives_the_login_and_is_not_logged(
    jupyter: Callable[..., JupyterServer],
) -> None:
    server = jupyter()
    back = quote("/desktop/?share_key=an-id", safe="")
    cookie = server.call("GET", "login", token=None).headers["Set-Cookie"].split(";")[0]
    headers = {"Cookie": cookie, "X-XSRFToken": cookie.split("=", 1)[1], **FORM}
    password = f"password={server.token}".encode()
    answer = server.call("POST", f"login?next={back}", password, token=None, headers=headers)
    assert (answer.status, answer.headers["Location"]) == (302, "/desktop/?share_key=an-id")
    until(lambda: "POST /login?next=[secret]" in server.log, "a line of the log")
    assert "an-id" not in server.log


NO_LIFETIMES: list[object] = [0, -1, 1e9, "60", True, None, []]


@pytest.mark.parametrize(
    "body",
    [
        *({"access": access} for access in ("", "all", 7, None)),
        *({"lifetime": lifetime} for lifetime in NO_LIFETIMES),
    ],
)
def test_an_invalid_share_request_is_answered_with_400(
    server: JupyterServer, body: dict[str, object]
) -> None:
    answer = server.call("POST", f"{SESSION}/share", body)
    assert (answer.status, answer.json["reason"]) == (400, "bad-request")


def test_a_user_with_read_permission_needs_a_link(server: JupyterServer) -> None:
    """Bob can read page and state; he needs a link for a ticket, and cannot list links."""
    assert server.call("GET", SESSION, headers=BOB).status == 200
    answer = ticket(server, **BOB)
    assert (answer.status, answer.json["reason"]) == (403, "not-permitted")
    assert "link" in answer.json["remedy"]
    for method, path in (("GET", "shares"), ("POST", "share"), ("DELETE", "viewers/1")):
        answer = server.call(method, f"{SESSION}/{path}", {}, headers=BOB)
        assert (answer.status, answer.json["reason"]) == (403, "not-permitted"), path
    assert ticket(server, shared(server)["id"], **BOB).status == 200


def test_a_view_link_cannot_resize(server: JupyterServer) -> None:
    body = {"geometry": "800x600", "share": shared(server)["id"]}
    answer = server.call("PUT", f"{SESSION}/geometry", body, headers=BOB)
    assert (answer.status, answer.json["reason"]) == (403, "not-permitted")
    body["share"] = shared(server, "full")["id"]
    assert server.call("PUT", f"{SESSION}/geometry", body, headers=BOB).status == 204


def test_an_ended_or_unknown_link_is_refused(server: JupyterServer) -> None:
    share = shared(server)
    before = ticket(server, share["id"], **BOB).json
    assert server.call("DELETE", f"{SESSION}/shares/{share['id']}").status == 204
    for identifier in (share["id"], "x"):
        answer = ticket(server, identifier, **BOB)
        assert (answer.status, answer.json["reason"]) == (410, "share-ended")
    with pytest.raises(clients.Denied) as denied:
        open_socket(server, before, BOB)
    assert denied.value.status == 410


def test_an_expired_link_is_refused_and_not_listed(server: JupyterServer) -> None:
    share = shared(server, lifetime=0.2)
    until(lambda: ticket(server, share["id"], **BOB).status == 410, "its end", 5)
    held = server.call("GET", f"{SESSION}/shares").json["shares"]
    assert share["id"] not in [one["id"] for one in held]


@pytest.mark.parametrize(("allowed", "works"), [("view", ["view"]), ("off", [])])
def test_only_shares_allowed_by_the_setting_are_made(
    jupyter: Callable[..., JupyterServer], allowed: str, works: list[str]
) -> None:
    server = jupyter(f"--DesktopApp.sharing={allowed}")
    server.start_desktop()
    for access in ("view", "full"):
        answer = server.call("POST", f"{SESSION}/share", {"access": access})
        assert answer.status == (201 if access in works else 403), access


# -- guests and others


@ONLY_VNC
def test_a_guest_s_password_does_not_invalidate_a_connecting_viewer_s(
    server: JupyterServer,
) -> None:
    """Both use the same password file."""
    shown = ticket(server).json
    with open_socket(server, shown) as wire:
        share = shared(server)
        theirs = ticket(server, share["id"], **BOB).json
        with open_socket(server, theirs, BOB) as other:
            Viewer(wire).authenticate(shown["password"])
            Viewer(other).authenticate(theirs["password"])


@ONLY_VNC
def test_a_guest_with_the_owner_s_page_id_does_not_replace_the_owner(server: JupyterServer) -> None:
    by_the_side = {"client": "websockify"}
    own = server.ticket(client="websockify")
    with Viewer(open_socket(server, own)).authenticate(own["password"]) as owner:
        body = {**by_the_side, "share": shared(server)["id"]}
        theirs = server.call("POST", f"{SESSION}/ticket", body, headers=BOB).json
        with open_socket(server, theirs, BOB) as other:
            Viewer(other).authenticate(theirs["password"])
            owner.set_encodings(clients.RAW)
            owner.request_update()
            assert owner.update()


# -- access of guests


def move_by_vnc(viewer: Viewer, x: int, y: int) -> None:
    """Send a PointerEvent (RFC 6143, 7.5.5), and wait until it is processed."""
    viewer.send(struct.pack(">BBHH", 5, 0, x, y))
    viewer.request_update()
    viewer.update()


@ONLY_VNC
def test_a_view_only_vnc_viewer_cannot_move_the_pointer_or_resize(server: JupyterServer) -> None:
    with guest(server, shared(server)) as looks, guest(server, shared(server, "full")) as works:
        for viewer in (looks, works):
            viewer.set_encodings(clients.RAW, clients.EXTENDED_DESKTOP_SIZE)
        move_by_vnc(works, 40, 50)
        until(lambda: pointer(server) == (40, 50), "the pointer moved")
        move_by_vnc(looks, 140, 150)
        # SetDesktopSize (rfbproto): 1 screen of 640x480.
        looks.send(struct.pack(">BxHHBxIHHHHI", 251, 640, 480, 1, 1, 0, 0, 640, 480, 0))
        looks.request_update()
        looks.update()
        assert pointer(server) == (40, 50)
        assert size(server) != (640, 480)
        move_by_vnc(works, 60, 70)
        until(lambda: pointer(server) == (60, 70), "the pointer moved again")


@ONLY_VNC
def test_a_view_only_password_is_for_one_connection(server: JupyterServer) -> None:
    share = shared(server)
    first = ticket(server, share["id"], **BOB).json
    with open_socket(server, first, BOB) as wire:
        Viewer(wire).authenticate(first["password"])
    with (
        open_socket(server, ticket(server, share["id"], **BOB).json, BOB) as wire,
        pytest.raises(WrongPassword),
    ):
        Viewer(wire).authenticate(first["password"])


@ONLY_XPRA
def test_a_view_only_xpra_viewer_cannot_move_the_pointer_or_resize(server: JupyterServer) -> None:
    shared(server)
    folder = folder_of(server)
    small = {"desktop_mode_size": [640, 480]}
    with connected(folder) as works, connected(folder, "view", **small) as looks:
        works.moves(40, 50)
        until(lambda: pointer(server) == (40, 50), "the pointer moved")
        looks.moves(140, 150)
        looks.send(["button-action", 1, 1, 1, [140, 150], []])
        looks.send(["configure-window", 1, 0, 0, 640, 480, {}])
        looks.is_heard()
        works.is_heard()
        assert pointer(server) == (40, 50)
        assert size(server) != (640, 480)
        works.moves(60, 70)
        until(lambda: pointer(server) == (60, 70), "the pointer moved again")


@ONLY_XPRA
def test_a_view_only_xpra_greeting_changes_nothing(server: JupyterServer) -> None:
    shared(server)
    before = root_window(server)
    wishes = {"icc": {"data": b"profile"}, "dpi": 300, "cursor.size": 99, "desktop_names": ["x"]}
    with connected(folder_of(server), "view", **wishes) as looks:
        looks.is_heard()
        assert root_window(server) == before


def root_window(server: JupyterServer) -> str:
    """Return the properties of the root window except those that change by themselves."""
    told = subprocess.run(
        ["xprop", "-root"],
        env=x_environment(server),
        stdout=subprocess.PIPE,
        text=True,
        timeout=10,
        check=True,
    )
    changing = ("_NET_ACTIVE_WINDOW", "XPRA_", "PULSE_")
    return "\n".join(one for one in told.stdout.splitlines() if not one.startswith(changing))


@ONLY_XPRA
def test_an_xpra_viewer_with_full_access_sets_the_size(server: JupyterServer) -> None:
    """This shows that the test above can fail."""
    before = size(server)
    with connected(folder_of(server), desktop_mode_size=[640, 480]):
        until(lambda: size(server) == (640, 480), "the size that was asked for")
    body = {"geometry": "{}x{}".format(*before)}
    assert server.call("PUT", f"{SESSION}/geometry", body).status == 204
    until(lambda: size(server) == before, "the size as it was")


@ONLY_XPRA
def test_a_killed_view_only_server_is_replaced(server: JupyterServer) -> None:
    shared(server)
    (process,) = server.processes("--readonly=yes")
    process.kill()
    process.wait(10)  # reaped: until then its sockets may still be open
    shown = ticket(server, shared(server)["id"], **BOB).json
    open_socket(server, shown, BOB).socket.close()
    assert server.processes("--readonly=yes")
    assert server.session()["state"] == "running"


def test_a_suspended_view_only_server_is_replaced(
    jupyter: Callable[..., JupyterServer],
) -> None:
    server = jupyter("--DesktopApp.backend=xpra", "--DesktopApp.start_timeout=8")
    server.start_desktop()
    share = shared(server)
    assert share["access"] == "view"
    (process,) = server.processes("--readonly=yes")
    process.suspend()
    answer = server.call("POST", f"{SESSION}/share", {"access": "view"})
    assert (answer.status, answer.json["reason"]) == (500, "start-timeout")
    assert not process.is_running()
    shared(server)


def test_view_only_viewers_have_another_key(jupyter: Callable[..., JupyterServer]) -> None:
    server = jupyter("--DesktopApp.backend=xpra")
    server.start_desktop()
    key = ticket(server).json["key"]
    other = ticket(server, shared(server)["id"]).json["key"]
    assert len({key, other}) == 2
    folder = folder_of(server)
    password = (folder / "view-password").read_text()
    xpra_protocol.handshake(folder / "view.sock", password, other)
    with pytest.raises(NotReady):
        xpra_protocol.handshake(folder / "view.sock", password, key)


def test_view_links_are_refused_in_seamless_mode(
    jupyter: Callable[..., JupyterServer], tmp_path: Path
) -> None:
    script = tmp_path / "one-program"
    script.write_text("#!/bin/sh\nexec xterm\n")
    server = jupyter("--DesktopApp.backend=xpra", "--Xpra.mode=seamless", start_script=script)
    server.start_desktop()
    answer = server.call("POST", f"{SESSION}/share", {"access": "view"})
    assert (answer.status, answer.json["reason"]) == (409, "share-unsupported")
    assert server.call("POST", f"{SESSION}/share", {"access": "full"}).status == 201


# -- viewers and ends


@ONLY_VNC
def test_the_owner_lists_and_disconnects_viewers(server: JupyterServer) -> None:
    until(lambda: server.session()["viewers"] == [], "nobody left")
    share = shared(server)
    with view(server), guest(server, share) as one, guest(server, share) as other:
        seen = server.session()["viewers"]
        assert [(viewer["user"], viewer["access"]) for viewer in seen] == [
            *[("ann", "full")],
            *[("bob", "view")] * 2,
        ]
        assert server.call("DELETE", f"{SESSION}/viewers/{seen[1]['id']}").status == 204
        assert one.wire.closing().code == ENDED
        assert server.call("DELETE", f"{SESSION}/shares/{share['id']}").status == 204
        assert other.wire.closing().code == ENDED
        until(lambda: len(server.session()["viewers"]) == 1, "the owner alone")
    answer = server.call("DELETE", f"{SESSION}/viewers/{seen[1]['id']}")
    assert (answer.status, answer.json["reason"]) == (404, "unknown-viewer")


@ONLY_VNC
def test_guests_are_disconnected_when_their_link_expires(server: JupyterServer) -> None:
    with view(server) as owner, guest(server, shared(server, "full", 0.5)) as viewer:
        assert viewer.wire.closing().code == ENDED
        owner.set_encodings(clients.RAW)
        owner.request_update()
        owner.update()


def test_a_link_ends_with_its_desktop(
    jupyter: Callable[..., JupyterServer],
) -> None:
    server = jupyter()
    server.start_desktop()
    share = shared(server)
    server.call("POST", f"{SESSION}/restart")
    server.wait_for("running")
    assert ticket(server, share["id"]).json["reason"] == "share-ended"
    assert server.call("GET", f"{SESSION}/shares").json["shares"] == []
    with guest(server, shared(server)) as viewer:
        server.call("DELETE", SESSION)
        assert viewer.wire.closing().code
