"""A kernel that gets requests all the time, as from a notebook."""

from __future__ import annotations

import json
import secrets
import socket
import threading
import time
from typing import Any

from tests import clients
from tests.servers import JupyterServer

_EVERY = 0.1  # seconds


class Kernel(threading.Thread):
    """Sends empty requests to a kernel until it is stopped; ``problem`` is an earlier error.

    ``asked`` counts the requests, ``answers`` has time and duration of each answer.
    """

    def __init__(self, server: JupyterServer) -> None:
        super().__init__(daemon=True)
        self.asked = 0
        self.answers: list[tuple[float, float]] = []
        self.problem: Exception | None = None
        self._session = secrets.token_hex(8)
        self._over = threading.Event()
        answer = server.call("POST", "api/kernels", {"name": "python3"})
        assert answer.status == 201, answer.body
        path = f"api/kernels/{answer.json['id']}/channels?session_id={self._session}"
        headers = {"Authorization": f"token {server.token}"}
        self._wire = clients.connect(server.url + path, headers=headers)
        self._wire.socket.settimeout(60)
        self._execute()  # the first answer takes as long as the kernel takes to start

    def stop(self) -> None:
        """Send no more requests; the kernel ends with its server."""
        self._over.set()

    def run(self) -> None:
        try:
            while not self._over.wait(_EVERY):
                self.asked += 1
                seconds = self._execute()
                self.answers.append((time.monotonic(), seconds))
        except Exception as problem:
            self.problem = problem
        finally:
            self._wire.socket.close()

    def _execute(self) -> float:
        request = self._request()
        start = time.perf_counter()
        self._wire.send(json.dumps(request).encode(), clients.TEXT)
        while True:
            message = self._receive()
            ours = message["parent_header"].get("msg_id") == request["header"]["msg_id"]
            if ours and message["msg_type"] == "execute_reply":
                assert message["content"]["status"] == "ok", message
                return time.perf_counter() - start

    def _request(self) -> dict[str, Any]:
        """Return an ``execute_request`` (Jupyter's messaging protocol, 5.3)."""
        header = {
            "msg_id": secrets.token_hex(8),
            "msg_type": "execute_request",
            "session": self._session,
            "username": "",
            "version": "5.3",
        }
        content = {"code": "pass", "silent": False, "store_history": False, "allow_stdin": False}
        rest = {"parent_header": {}, "metadata": {}, "content": content}
        return {"channel": "shell", "header": header, **rest}

    def _receive(self) -> dict[str, Any]:
        while True:
            # Jupyter leaves Nagle's algorithm on; acknowledgements delayed by 40 ms (tcp(7)) would
            # dominate the times.
            self._wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            came = self._wire.frame()
            if came.opcode == clients.PING:
                self._wire.send(came.payload, clients.PONG)
            elif came.opcode == clients.TEXT:
                message: dict[str, Any] = json.loads(came.payload)
                return message
            else:
                assert came.opcode != clients.CLOSE, "Jupyter has closed the kernel's connection"
