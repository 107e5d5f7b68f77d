"""A client for a kernel, as in a notebook."""

from __future__ import annotations

import json
import secrets
import socket
import time
from typing import Any

import raw_client
from servers import JupyterServer

_TEXT, _PING, _PONG = 0x1, 0x9, 0xA
_LENGTHS = {126: 2, 127: 8}


class Kernel:
    """A running kernel, and a WebSocket to it."""

    def __init__(self, server: JupyterServer) -> None:
        self._session = secrets.token_hex(8)
        kernel = server.call("POST", "/api/kernels", {"name": "python3"})
        path = f"/api/kernels/{kernel['id']}/channels?session_id={self._session}"
        self._socket = raw_client.connect(server.port, path, server.token)
        self.execute()

    def execute(self) -> float:
        """Execute an empty request; return the milliseconds until the reply."""
        request = self._request()
        start = time.perf_counter()
        raw_client.send(self._socket, json.dumps(request).encode(), _TEXT)
        answered, idle = 0.0, False
        while not (answered and idle):
            message = self._receive()
            if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                continue
            if message["msg_type"] == "execute_reply":
                answered = time.perf_counter() - start
            idle |= message["content"].get("execution_state") == "idle"
        return answered * 1000

    def close(self) -> None:
        """Close the WebSocket; the kernel ends with its server."""
        self._socket.close()

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
        opcode, data = self._receive_frame()
        while opcode == _PING:
            raw_client.send(self._socket, data, _PONG)
            opcode, data = self._receive_frame()
        message: dict[str, Any] = json.loads(data)
        return message

    def _receive_frame(self) -> tuple[int, bytes]:
        # Jupyter leaves Nagle's algorithm on, and waits for the acknowledgement of a kernel's first
        # message before it sends the second. A delayed one (40 ms, tcp(7)) would hide all else.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        first, length = raw_client.receive_exactly(self._socket, 2)
        if length in _LENGTHS:
            header = raw_client.receive_exactly(self._socket, _LENGTHS[length])
            length = int.from_bytes(header, "big")
        return first & 0x0F, raw_client.receive_exactly(self._socket, length)
