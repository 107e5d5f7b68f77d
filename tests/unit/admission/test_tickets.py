"""A ticket lets through once, for a while, and only whom it was made for."""

from __future__ import annotations

import pytest

from jupyter_desktop.admission.tickets import Tickets
from jupyter_desktop.errors import Refused
from jupyter_desktop.system.access import Access


@pytest.fixture
def tickets(clock):
    return Tickets(30, clock)


def refusal(tickets, *arguments):
    with pytest.raises(Refused) as refused:
        tickets.use(*arguments)
    assert refused.value.remedy
    return refused.value.message


def test_it_works_once(tickets):
    ticket = tickets.issue("one", "ann", "page", "secret")
    assert tickets.use(ticket.id, "one", "ann") is ticket
    assert refusal(tickets, ticket.id, "one", "ann") == "The ticket has been used."


@pytest.mark.parametrize(("waited", "works"), [(0, True), (29.9, True), (30, True), (30.1, False)])
def test_it_works_for_a_while(tickets, clock, waited, works):
    ticket = tickets.issue("one", "ann", "page", "secret")
    clock.now += waited
    if works:
        assert tickets.use(ticket.id, "one", "ann")
    else:
        assert refusal(tickets, ticket.id, "one", "ann") == "The ticket has expired."


@pytest.mark.parametrize(("session", "user"), [("two", "ann"), ("one", "bob"), ("two", "bob")])
def test_it_is_for_one_desktop_and_user_and_used_up_by_others(tickets, session, user):
    ticket = tickets.issue("one", "ann", "page", "secret")
    assert (
        refusal(tickets, ticket.id, session, user) == "The ticket is for another desktop or user."
    )
    assert refusal(tickets, ticket.id, "one", "ann") == "The ticket has been used."


@pytest.mark.parametrize("identifier", ["", "x", "ticket", "\0", "x" * 10_000])
def test_an_invented_one_is_not_known(tickets, identifier):
    tickets.issue("one", "ann", "page", "secret")
    assert refusal(tickets, identifier, "one", "ann") == "The ticket is unknown."


def test_each_has_its_own_name_and_no_secret_is_shown(tickets):
    made = [tickets.issue("one", "ann", "page", "pässword") for _ in range(50)]
    assert len({ticket.id for ticket in made}) == 50
    assert not any(ticket.id in repr(ticket) or ticket.password in repr(ticket) for ticket in made)


def test_the_newest_of_a_client_is_used_first(tickets, clock):
    older = tickets.issue("one", "ann", "other", "secret")
    newer = tickets.issue("one", "bob", "other", "secret")
    tickets.issue("one", "ann", "page", "secret")
    tickets.issue("two", "ann", "other", "secret")
    assert tickets.use_newest("one", "other") is newer
    assert tickets.use_newest("one", "other") is older
    with pytest.raises(Refused, match="is missing"):
        tickets.use_newest("one", "other")


def test_the_newest_may_not_have_expired(tickets, clock):
    tickets.issue("one", "ann", "other", "secret")
    clock.now += 31
    with pytest.raises(Refused, match="is missing"):
        tickets.use_newest("one", "other")


def test_the_newest_is_not_one_that_came_by_a_link(tickets):
    own = tickets.issue("one", "ann", "other", "secret")
    tickets.issue("one", "bob", "other", "secret", access=Access.VIEW, share="link")
    assert tickets.use_newest("one", "other") is own


def test_tickets_are_forgotten_in_the_end(tickets, clock):
    for _ in range(10):
        tickets.use(tickets.issue("one", "ann", "page", "secret").id, "one", "ann")
        tickets.issue("one", "ann", "page", "secret")
    clock.now += 3631
    tickets.issue("one", "ann", "page", "secret")
    assert (len(tickets._unused), len(tickets._used)) == (1, 0)
