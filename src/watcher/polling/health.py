"""Which condition a feed is in, by its own habits; and whether it is not the feed but our own network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from watcher.errors import FetchError, ForbiddenAddress, ParseError, RefusedError, WatcherError
from watcher.polling.cadence import Rhythm, expected_entries

FAILURES_TO_TELL = 3
"""One failure is weather. From the third in a row the feed is called by what ails it."""
_PAGES_TO_TELL = 2
_REFUSAL_TO_TELL = timedelta(hours=2)
"""A host that asks us to slow down for a while is no news; all its feeds would be told of at once."""
_NEWS_TO_MISS = 12.0
"""A feed is silent when by its rhythm it owes news so many times …"""
_GAPS_TO_MISS = 1.5
"""… and has been quiet for so many times its longest pause, of at least …"""
_PAUSES_TO_KNOW = 8
"""… so many."""
_DOUBT = 2.0
"""Standard errors of the rate that are given to the feed."""
_SHORTEST_SILENCE = timedelta(hours=12)
_WEEKEND = timedelta(hours=60)
"""Before two weeks were watched, any two days and three nights may be its weekend."""
_SHORTEST_WATCH = timedelta(days=1)
"""So long a feed is watched before its silence is held against it; a first document's dates alone prove nothing."""
_DATES_TO_JUDGE = 3
_STREAK = 5
_QUIET = timedelta(minutes=1)

_BY_KIND = {
    "html": "html",
    "login": "login",
    "challenge": "challenge",
    "consent": "challenge",
    "empty": "empty",
    "poison": "poison",
}


REMEDIES = {
    "silent": "no news for longer than its habit explains, though its document changes: look at the site, the feed may have moved or narrowed",
    "frozen": "its document has not changed for longer than its habit explains: look at the site, the feed may have moved or been given up",
    "misdated": "its entries bear dates that can not be right, so their age is not known: tell the publisher",
    "empty": "it has lost all its entries: look at the site, the feed may have moved",
}
"""What is wrong with a feed that answers, and what to do, by condition."""

NO_NETWORK = "no host answers: check this machine's network, DNS and proxy; meanwhile nothing is held against any feed"


def is_unreachable(error: WatcherError) -> bool:
    """Whether nothing at all answered: no name, no route, no connection. Then it may be our own network."""
    return type(error) is FetchError and error.status == 0 and not error.permanent


def is_unasked(error: WatcherError) -> bool:
    """Whether no request went out, as the host had asked another feed's request to wait. It says nothing about the network."""
    return isinstance(error, RefusedError) and error.status == 0


def network_down(
    failures: int, polls: int, *, under_way: int = 0, streak: int = 0, quiet: timedelta = timedelta()
) -> bool:
    """Whether so many unreachable hosts among so many asked lately can only be our own network.

    `under_way` hosts are being asked and may yet answer. `streak` hosts in a row did not answer, for `quiet` since the last
    one that did: with many hosts it takes minutes until those that answered before the outage no longer count.
    Count hosts, not feeds, over the last few minutes. Then say it once, call `after_outage` for each of these feeds
    and blame none.
    """
    if failures >= 3 and failures == polls + under_way:
        return True
    return (failures >= 20 and failures >= 0.95 * polls) or (streak >= _STREAK and quiet >= _QUIET)


def condition_of(error: WatcherError, failures: int, lasted: timedelta, before: str) -> str:
    """What to call a feed after so many failures in a row, of which `error` is the last; the first is `lasted` ago."""
    if isinstance(error, FetchError) and error.status == 410:
        return "gone"
    if isinstance(error, ForbiddenAddress):
        return "failing"
    if isinstance(error, ParseError):
        named = _BY_KIND.get(error.kind, "failing")
        return named if failures >= (_PAGES_TO_TELL if named != "failing" else FAILURES_TO_TELL) else before
    if failures < FAILURES_TO_TELL:
        return before
    if isinstance(error, RefusedError):
        return "refused" if lasted >= _REFUSAL_TO_TELL else before
    return "failing"


def condition_of_answer(history: Mapping[str, Any], last_new: datetime | None, now: datetime) -> str:
    """What to call a feed that answers: ok, empty, misdated, silent or frozen (silent, and its document never moves)."""
    if history.get("empty", 0) >= 2:
        return "empty"
    if history.get("odd", 0.0) >= 0.8 and history.get("dated", 0) >= _DATES_TO_JUDGE:
        return "misdated"
    if last_new is not None and is_silent(history, last_new, now):
        # The document that we met the feed by is no movement.
        met = max(last_new, datetime.fromisoformat(history["since"]))
        moved = "changed" in history and datetime.fromisoformat(history["changed"]) > met + _SHORTEST_SILENCE
        return "silent" if moved else "frozen"
    return "ok"


def is_silent(history: Mapping[str, Any], last_new: datetime, now: datetime) -> bool:
    """Whether a feed has been quiet for longer than its own habit explains, as that was when it last brought news."""
    quiet = now - last_new
    watched_since = history.get("since")
    if watched_since is None or now - datetime.fromisoformat(watched_since) < _SHORTEST_WATCH:
        return False
    longest = timedelta(seconds=history.get("gap", 0.0))
    habit = Rhythm.load(history.get("rhythm"), last_new)
    shortest = _SHORTEST_SILENCE if habit.knows_weekdays else _SHORTEST_SILENCE + _WEEKEND
    if quiet < shortest or quiet < longest * _GAPS_TO_MISS or history.get("gaps", 0) < _PAUSES_TO_KNOW:
        return False
    owed = expected_entries(habit, last_new, min(now, last_new + timedelta(days=28)))
    burst = max(1.0, float(history.get("burst", 1.0)))
    # A rate known from few batches of entries may be this much lower.
    sure = 1.0 - _DOUBT / math.sqrt(max(habit.entries / burst, 1.0))
    return owed * sure >= _NEWS_TO_MISS * burst


def odd_dates(dates: Sequence[datetime | None], now: datetime) -> tuple[int, int]:
    """How many dates are given, and how many of them can not be: a day or more ahead, or before the web."""
    given = [date for date in dates if date is not None]
    odd = [date for date in given if date > now + timedelta(days=1) or date.year < 1995]
    return len(given), len(odd)
