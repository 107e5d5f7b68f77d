"""A ticket is valid once, for a limited time, for one desktop and one user."""

from __future__ import annotations

import pytest

from jupyter_desktop.admission.tickets import Tickets
from jupyter_desktop.errors import Refused
from jupyter_desktop.system.access import Access
from tests.unit.conftest import Clock


@pytest.fixture
def tickets(clock: Clock) -> Tickets:
    return Tickets(30, clock)


def refusal(tickets: Tickets, identifier: str, session: str, user: str) -> str:
    with pytest.raises(Refused) as refused:
        tickets.use(identifier, session, user)
    assert refused.value.remedy
    return refused.value.message


def test_a_ticket_is_valid_once(tickets: Tickets) -> None:
    ticket = tickets.issue("one", "ann", "page", "secret")
    assert tickets.use(ticket.id, "one", "ann") is ticket
    assert refusal(tickets, ticket.id, "one", "ann") == "The ticket has been used."


@pytest.mark.parametrize(("waited", "works"), [(0, True), (29.9, True), (30, True), (30.1, False)])
def test_a_ticket_is_valid_until_it_expires(
    tickets: Tickets, clock: Clock, waited: float, works: bool
) -> None:
    ticket = tickets.issue("one", "ann", "page", "secret")
    clock.now += waited
    if works:
        assert tickets.use(ticket.id, "one", "ann")
    else:
        assert refusal(tickets, ticket.id, "one", "ann") == "The ticket has expired."


@pytest.mark.parametrize(("session", "user"), [("two", "ann"), ("one", "bob"), ("two", "bob")])
def test_a_ticket_of_another_desktop_or_user_is_refused_and_used_up(
    tickets: Tickets, session: str, user: str
) -> None:
    ticket = tickets.issue("one", "ann", "page", "secret")
    assert (
        refusal(tickets, ticket.id, session, user) == "The ticket is for another desktop or user."
    )
    assert refusal(tickets, ticket.id, "one", "ann") == "The ticket has been used."


@pytest.mark.parametrize("identifier", ["", "x", "ticket", "\0", "x" * 10_000])
def test_an_unknown_ticket_is_refused(tickets: Tickets, identifier: str) -> None:
    tickets.issue("one", "ann", "page", "secret")
    assert refusal(tickets, identifier, "one", "ann") == "The ticket is unknown."


def test_each_ticket_has_its_own_id_and_repr_hides_its_secrets(tickets: Tickets) -> None:
    made = [tickets.issue("one", "ann", "page", "pässword") for _ in range(50)]
    assert len({ticket.id for ticket in made}) == 50
    assert not any(ticket.id in repr(ticket) or ticket.password in repr(ticket) for ticket in made)


def test_use_newest_takes_the_newest_ticket_of_the_client(tickets: Tickets, clock: Clock) -> None:
    older = tickets.issue("one", "ann", "other", "secret")
    newer = tickets.issue("one", "bob", "other", "secret")
    tickets.issue("one", "ann", "page", "secret")
    tickets.issue("two", "ann", "other", "secret")
    assert tickets.use_newest("one", "other") is newer
    assert tickets.use_newest("one", "other") is older
    with pytest.raises(Refused, match="is missing"):
        tickets.use_newest("one", "other")


def test_use_newest_refuses_an_expired_ticket(tickets: Tickets, clock: Clock) -> None:
    tickets.issue("one", "ann", "other", "secret")
    clock.now += 31
    with pytest.raises(Refused, match="is missing"):
        tickets.use_newest("one", "other")


def test_use_newest_skips_the_tickets_of_a_share(tickets: Tickets) -> None:
    own = tickets.issue("one", "ann", "other", "secret")
    tickets.issue("one", "bob", "other", "secret", access=Access.VIEW, share="link")
    assert tickets.use_newest("one", "other") is own


def test_old_tickets_are_forgotten(tickets: Tickets, clock: Clock) -> None:
    for _ in range(10):
        tickets.use(tickets.issue("one", "ann", "page", "secret").id, "one", "ann")
        tickets.issue("one", "ann", "page", "secret")
    clock.now += 3631
    tickets.issue("one", "ann", "page", "secret")
    assert (len(tickets._unused), len(tickets._used)) == (1, 0)
