"""A hub with internal TLS: Jupyter terminates TLS, and the doorman relays."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.conftest import at_work
from tests.browser.guest import Guest, with_terminals
from tests.browser.visitor import Visitor

from .hub import ANN, running_hub
from .member import Member


def test_a_desktop_works_with_internal_tls(visit: Callable[..., Visitor]) -> None:
    with running_hub(internal_ssl=True) as hub:
        server = hub.server(ANN, prepare=with_terminals, start_script="xfce")
        environment = server.process_of("jupyterhub.singleuser").environ()
        assert environment["JUPYTERHUB_SERVICE_URL"].startswith("https://")
        server.start_xfce()
        member = Member(visit(), ANN, server.address)
        member.logs_in()
        guest = Guest(server)
        desktop = at_work(member.opens(server), guest)
        assert guest.output(desktop, "\necho tls", "typed") == "tls\n"
        desktop.page.close()
        server.stop()
        server.assert_nothing_left()
