"""Messages for desktops that do not start."""

from __future__ import annotations

import asyncio

from jupyter_desktop.errors import StartFailed
from jupyter_desktop.session import failures
from jupyter_desktop.session.processes.children import Child


def test_a_desktop_is_suggested_only_where_the_start_script_lacks_a_program() -> None:
    async def errors() -> tuple[StartFailed, StartFailed]:
        child = Child("part", 1)
        child.exited.set_result(127)
        return failures.ended_early(child), failures.start_script_ended_early(child)

    server, script = asyncio.run(errors())
    assert server.message == script.message
    assert server.command is None
    assert "program or library that it needs is missing" in (server.remedy or "")
    assert "xfce" in (script.command or "")
