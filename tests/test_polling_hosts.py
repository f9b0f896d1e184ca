"""Manners per host as decisions: the gap between requests, the line, and who is sent away from it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from watcher.feeds.hosts import Hosts


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50))
def test_no_two_requests_begin_closer_than_the_gap(times: list[float]) -> None:
    hosts = Hosts(gap=0.5)
    begun = sorted(now + hosts.book("h", now) for now in sorted(times))
    assert all(later - earlier > 0.499 for earlier, later in pairwise(begun))


def test_a_host_that_answers_takes_a_line_and_one_that_hangs_takes_hardly_any() -> None:
    quick, hung = Hosts(gap=0.2), Hosts(gap=0.2)
    for hosts, took in ((quick, 0.1), (hung, 30.0)):
        for i in range(20):
            assert hosts.join("h", f"{i}", i * 100.0, 10.0) == 0
            hosts.leave("h", took)
    joined = [sum(hosts.join("h", f"{i}", 3000.0, 10.0) == 0 for i in range(300)) for hosts in (quick, hung)]
    assert 40 <= joined[0] <= 60
    assert joined[1] == 1


def test_who_is_sent_away_comes_back_to_a_place_of_its_own() -> None:
    hosts = Hosts(gap=0.2)
    for _ in range(20):
        assert hosts.join("h", "other", 0.0, 10.0) == 0
        hosts.leave("h", 5.0)
    now, backs, served = 100.0, {f"{i}": 100.0 for i in range(30)}, []
    rounds = 0
    while backs and rounds < 200:
        who = min(backs, key=lambda name: backs[name])
        now = max(now, backs[who])
        if (wait := hosts.join("h", who, now, 10.0)) > 0:
            backs[who] = now + wait
        else:
            hosts.leave("h", 5.0)
            served.append(now)
            del backs[who]
        rounds += 1
    assert not backs
    assert rounds <= 2 * 30  # each asks again at most once
    assert served[-1] - served[0] <= 30 * 2.5 * 1.2  # and the host is not left idle


def test_pages_stand_in_line_however_long_it_is() -> None:
    hosts = Hosts(gap=0.2)
    assert all(hosts.join("h", f"{i}", 0.0) == 0 for i in range(1000))


def test_another_host_has_a_line_of_its_own() -> None:
    hosts = Hosts(gap=0.2)
    while hosts.join("h", "x", 0.0, 10.0) == 0:
        pass
    assert hosts.join("other", "x", 0.0, 10.0) == 0
