"""Checks of this user's Jupyter servers: addresses, without tokens, and their desktops."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from jupyter_core.paths import jupyter_runtime_dir

from .finding import Finding, note, ok
from .subject import Subject

_RESPONSE_TIMEOUT = 5.0  # seconds
_EVERYWHERE = {"": "localhost", "0.0.0.0": "127.0.0.1", "*": "localhost", "::": "::1"}  # noqa: S104


def address(subject: Subject) -> Iterator[Finding]:
    """The address of a server's desktops, its encryption, and other allowed origins."""
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    base = prefix or subject.server("base_url", "/")
    why = "from JUPYTERHUB_SERVICE_PREFIX" if prefix else "ServerApp.base_url"
    yield ok(
        "base URL", f"{base} ({why}); the desktop is at {base.rstrip('/')}/desktop/", base=base
    )
    certificate = subject.server("certfile", "")
    hub_certificate = os.environ.get("JUPYTERHUB_SSL_CERTFILE")
    if certificate or hub_certificate:
        how = "with the hub's internal certificates" if hub_certificate else "ServerApp.certfile"
        yield ok("TLS", f"Jupyter itself uses TLS ({how})", by_jupyter=True)
    origin = subject.server("allow_origin", "") or subject.server("allow_origin_pat", "")
    if origin:
        yield ok("other origins", f"pages of {origin} may connect", allow_origin=origin)


def hub(subject: Subject) -> Iterator[Finding]:
    """JupyterHub, if this is one of its servers."""
    if "JUPYTERHUB_SERVICE_PREFIX" not in os.environ:
        yield ok("JupyterHub", "this is not one of its servers", hub=False)
        return
    api = urlsplit(os.environ.get("JUPYTERHUB_API_URL", ""))
    where = f"{api.scheme}://{api.hostname}:{api.port}" if api.hostname else "an unknown address"
    yield ok("JupyterHub", f"its API is at {where}", hub=True)


def running(subject: Subject) -> Iterator[Finding]:
    """The running servers of this user, and whether they have loaded this extension."""
    servers = list(_running())
    if not servers:
        yield ok("running servers", "none of yours on this machine", count=0)
    for server in servers:
        yield _look_at(server)


def _running() -> Iterator[dict[str, Any]]:
    """Yield the runtime files of running servers.

    Jupyter Server's ``list_running_servers`` does the same, but removes the files of processes that
    it cannot see, such as those of other machines with the same home.
    """
    for path in sorted(Path(jupyter_runtime_dir()).glob("jpserver-*.json")):
        try:
            server = json.loads(path.read_text())
            if psutil.pid_exists(server["pid"]):
                yield server
        except (OSError, ValueError, LookupError, TypeError):
            continue  # incomplete, or not Jupyter's


def _look_at(server: dict[str, Any]) -> Finding:
    """Return whether ``server`` has desktops. The finding does not contain its token."""
    url = _url(server)
    facts = {"url": url, "pid": server["pid"], "version": server.get("version")}
    try:
        status = _status(server)
    except (OSError, http.client.HTTPException) as error:
        return note(
            "running server",
            f"{url} (process {server['pid']}) does not answer: {error}.",
            "If it runs on another machine, this is expected.",
            **facts,
            desktop=None,
        )
    if status == http.client.NOT_FOUND:
        return note(
            "running server",
            f"{url} (process {server['pid']}) has not loaded this extension.",
            "If jupyter-desktop was installed meanwhile, restart it; its log says more.",
            **facts,
            desktop=False,
        )
    if status >= http.client.INTERNAL_SERVER_ERROR:
        return note(
            "running server",
            f"{url} (process {server['pid']}) answers with status {status}.",
            "Its page, at desktop/, says what is wrong.",
            **facts,
            desktop=False,
        )
    return ok("running server", f"{url} has desktops", **facts, desktop=True)


def _url(server: dict[str, Any]) -> str:
    """Return the address without secrets."""
    if server.get("sock"):
        return f"{server['sock']} (a Unix socket), {server.get('base_url', '/')}"
    scheme = "https" if server.get("secure") else "http"
    host = server.get("hostname") or "localhost"
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}:{server.get('port')}{server.get('base_url', '/')}"


def _status(server: dict[str, Any]) -> int:
    token = server.get("token")
    sent = {"Authorization": f"token {token}"} if token and _is_known(server) else {}
    path = f"{server.get('base_url', '/')}desktop/api/sessions"
    connection = _connection(server)
    try:
        connection.request("GET", path, headers=sent)
        return connection.getresponse().status
    finally:
        connection.close()


def _is_known(server: dict[str, Any]) -> bool:
    """Whether only that server can answer, so that its token may be sent.

    On other machines with the same home, and after the server's end, any user may bind its port.
    """
    if server.get("sock"):
        return Path(server["sock"]).stat().st_uid == os.getuid()
    if server.get("secure"):
        return False  # the certificate is not verified
    try:
        process = psutil.Process(server["pid"])
        listening = [
            one.laddr.port
            for one in process.net_connections("tcp")
            if one.status == psutil.CONN_LISTEN
        ]
        return process.uids().real == os.getuid() and server["port"] in listening
    except psutil.Error:
        return False


def _connection(server: dict[str, Any]) -> http.client.HTTPConnection:
    if server.get("sock"):
        connection = http.client.HTTPConnection("localhost", timeout=_RESPONSE_TIMEOUT)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(_RESPONSE_TIMEOUT)
        connection.sock.connect(server["sock"])
        return connection
    host = server.get("hostname", "")
    host, port = _EVERYWHERE.get(host, host), server.get("port")
    if not server.get("secure"):
        return http.client.HTTPConnection(host, port, timeout=_RESPONSE_TIMEOUT)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=_RESPONSE_TIMEOUT, context=context)
