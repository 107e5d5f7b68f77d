"""Shares: the desktop, the access and the time that a link is for."""

from __future__ import annotations

import pytest

from jupyter_desktop.admission.shares import Shares
from jupyter_desktop.errors import ShareEnded
from jupyter_desktop.system.access import Access
from tests.unit.conftest import Clock


@pytest.fixture
def shares(clock: Clock) -> Shares:
    return Shares(clock)


def test_a_share_is_valid_until_it_expires(shares: Shares, clock: Clock) -> None:
    share = shares.make("default", 1, Access.VIEW, 10)
    clock.now += 9.9
    assert shares.get(share.id, "default", 1) is share
    clock.now += 0.1
    with pytest.raises(ShareEnded, match="new link"):
        shares.get(share.id, "default", 1)


@pytest.mark.parametrize("session", [("other", 1), ("default", 2), ("default", 0)])
def test_a_share_of_another_desktop_or_start_is_refused(
    shares: Shares, session: tuple[str, int]
) -> None:
    share = shares.make("default", 1, Access.FULL, 10)
    with pytest.raises(ShareEnded):
        shares.get(share.id, *session)


def test_an_ended_or_unknown_share_is_refused(shares: Shares) -> None:
    share = shares.make("default", 1, Access.FULL, 10)
    shares.end(share.id)
    shares.end(share.id)
    for identifier in (share.id, "", "x"):
        with pytest.raises(ShareEnded):
            shares.get(identifier, "default", 1)


def test_an_expired_or_ended_share_has_no_time_left(shares: Shares, clock: Clock) -> None:
    share = shares.make("default", 1, Access.VIEW, 10)
    clock.now += 4
    assert shares.left(share) == 6
    clock.now += 60
    assert shares.left(share) == 0
    other = shares.make("default", 1, Access.VIEW, 10)
    shares.end(other.id)
    assert shares.left(other) == 0


def test_the_list_has_the_valid_shares_of_one_start(shares: Shares, clock: Clock) -> None:
    old = shares.make("default", 1, Access.VIEW, 5)
    first = shares.make("default", 1, Access.VIEW, 10)
    second = shares.make("default", 1, Access.FULL, 20)
    ended = shares.make("default", 1, Access.FULL, 20)
    shares.make("other", 1, Access.FULL, 20)
    shares.make("default", 2, Access.FULL, 20)
    shares.end(ended.id)
    clock.now += 6
    assert shares.of("default", 1) == [first, second]
    assert old.id not in str(shares.of("default", 1))


def test_the_owner_gets_the_link_its_access_and_the_time_left(shares: Shares, clock: Clock) -> None:
    share = shares.make("work.2", 1, Access.VIEW, 10)
    clock.now += 2.5
    assert shares.as_json(share) == {
        "id": share.id,
        "url": f"sessions/work.2/?share_key={share.id}",
        "access": "view",
        "expires_in": 7.5,
    }
    assert share.id not in repr(share)
    assert len(share.id) == 43
