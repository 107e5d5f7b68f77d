"""A hub whose parts talk TLS with each other: Jupyter ends it, and the doorman relays."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.desktop import Desktop
from tests.browser.guest import TERMINAL, Guest, with_terminals
from tests.browser.visitor import Visitor

from .hub import ANN, running_hub
from .member import Member


def test_with_internal_tls(visit: Callable[..., Visitor]) -> None:
    with running_hub(internal_ssl=True) as hub:
        server = hub.server(ANN, prepare=with_terminals, start_script="xfce")
        assert (
            "https://"
            in server.process_of("jupyterhub.singleuser").environ()["JUPYTERHUB_SERVICE_URL"]
        )
        member = Member(visit(), ANN, server.address)
        member.logs_in()
        desktop: Desktop = member.opens(server)
        desktop.shows_desktop(colours=200)
        guest = Guest(server)
        guest.await_terminals()
        desktop.is_live()
        desktop.clicks(TERMINAL)
        desktop.types("echo tls > typed\n")
        assert guest.file("typed") == "tls\n"
        server.stop()
        server.assert_nothing_left()
