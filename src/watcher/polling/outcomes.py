"""What a poll's outcome makes of a feed's state: its validators, its condition, its next time.

`jitter` is 0–1, uniform; every wait is spread by it, so that feeds that met in one refusal or outage part again.
`FeedState.history` belongs to these functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from watcher.errors import FetchError, HostBusy, RefusedError, WatcherError
from watcher.model import Document, FeedState
from watcher.polling import cadence
from watcher.polling.cadence import Rhythm
from watcher.polling.health import REMEDIES, condition_of, condition_of_answer, is_unasked, odd_dates
from watcher.polling.policy import Hints, PollingPolicy

RETIRED_EVERY = timedelta(days=7)
"""How often a feed that is gone (410) is asked whether it is back."""
_PERMANENT_EVERY = timedelta(days=1)
_LONGEST_SKIP = timedelta(days=3)
_TRUST_IN_304 = timedelta(days=3)
"""So long 'not modified' is believed; then the whole document is asked for, as some servers say it for ever."""
_TOGETHER = timedelta(minutes=5)
_MOVES_TO_BELIEVE = 3
_TIME_TO_BELIEVE = timedelta(days=1)
_OF_FAILURES = ("wait", "failing", "slow")
"""What of a history ends with the first good answer."""
_MOST_SLOWING = 8.0
_PUSHED_SLOWING = 4.0
"""A feed that a hub pushes to us is polled so much less: as a safety net."""


def after_success(
    state: FeedState,
    *,
    document: Document,
    hints: Hints | None,
    entries: int,
    new_entries: Sequence[datetime | None],
    body_hash: str,
    now: datetime,
    policy: PollingPolicy,
    jitter: float,
) -> FeedState:
    """The state after a document was read.

    `entries` counts all that it holds; `new_entries` are the publication dates, as written, of those not seen before.
    `hints` None keeps what an earlier document said.
    """
    history = dict(state.history)
    is_first = state.last_success_at is None
    rhythm = Rhythm.load(history.get("rhythm"), now)
    moments = _appearances(state, new_entries, now)
    rhythm.learn(moments, now, min(moments, default=now) if is_first else None)
    if moments or is_first:
        history["rhythm"] = rhythm.dump()
    _note_news(history, state, moments)
    _note_dates(history, state, new_entries, now)
    history.setdefault("since", _stamp(now))
    if body_hash != state.body_hash:
        history["changed"] = _stamp(now)
    history["full"] = _stamp(now)
    history["empty"] = 0 if entries or not history.get("had") else history.get("empty", 0) + 1
    history["had"] = bool(history.get("had")) or entries > 0
    if hints is not None:
        history["hints"] = _dump(hints)
    history.pop("fresh", None)
    if document.max_age:
        history["fresh"] = round(document.max_age.total_seconds())
    last_new = (now if not is_first else max(moments)) if moments else state.last_new_at
    answered = replace(
        state,
        etag=document.etag,
        last_modified=document.last_modified,
        body_hash=body_hash,
        last_new_at=last_new,
        redirect_to=_believed_move(history, state, document.permanent_url, now),
        history=history,
    )
    return _answered(answered, rhythm, document.max_age, now, policy, jitter)


def not_modified(state: FeedState, *, now: datetime, policy: PollingPolicy, jitter: float) -> FeedState:
    """The state after the server said that nothing changed, or sent the same bytes again.

    It stays as fresh as the server said of the document.
    """
    # What brought no news is learned with the next news; so the history of a feed at rest stays as it is stored.
    if state.history.get("empty") == 1:  # the same document without entries once more: it is no slip
        state = replace(state, history={**state.history, "empty": 2})
    history = state.history
    rhythm = Rhythm.load(history.get("rhythm"), now)
    rhythm.learn((), now)
    max_age = timedelta(seconds=history["fresh"]) if "fresh" in history else None
    full = history.get("full")
    if full is not None and now - datetime.fromisoformat(full) <= _TRUST_IN_304:
        return _answered(state, rhythm, max_age, now, policy, jitter)
    doubted = replace(state, etag="", last_modified="", history={**history, "full": _stamp(now)})
    return _answered(doubted, rhythm, max_age, now, policy, jitter)


def after_failure(
    state: FeedState, error: WatcherError, now: datetime, policy: PollingPolicy, jitter: float
) -> FeedState:
    """The state after a FetchError or ParseError. Validators stay those of the last document that was read.

    Waits grow by chance (decorrelated jitter) up to `policy.max`; a refusal also slows the polls that follow it.
    """
    history = dict(state.history)
    failures = state.failures + 1
    retry_after = error.retry_after if isinstance(error, FetchError) else None
    gone = isinstance(error, FetchError) and error.status == 410
    longest = policy.max
    if isinstance(error, FetchError) and error.permanent and failures > 5:
        longest = max(longest, _PERMANENT_EVERY)
    if gone:
        wait = RETIRED_EVERY * (0.9 + 0.2 * jitter)
    else:
        shortest = max(policy.min, policy.every / 2)
        before = timedelta(seconds=history.get("wait", policy.every.total_seconds()))
        wait = shortest + jitter * (max(min(before * 3, longest), shortest) - shortest)
    if not retry_after:
        history["wait"] = wait.total_seconds()
    if isinstance(error, RefusedError) and not is_unasked(error):
        history["slow"] = min(history.get("slow", 1.0) * 2, _MOST_SLOWING)
    if retry_after:
        # The server has said when; all that met in this refusal must only not come back together. A feed that is asked
        # more often than others is also back earlier: within two of its own rounds.
        own = cadence.interval(Rhythm.load(history.get("rhythm"), now), now, policy.every, policy.max)
        wait = retry_after + jitter * max(retry_after / 2, min(policy.every, 2 * max(own, policy.min)))
    redirect_to = state.redirect_to
    if redirect_to and isinstance(error, FetchError) and (error.permanent or failures >= 3):
        redirect_to, wait = "", min(wait, policy.every)  # where it had moved to is no good: back to its own address
        history.pop("moved", None)
    failing_since = history.setdefault("failing", _stamp(now))
    condition = condition_of(error, failures, now - datetime.fromisoformat(failing_since), state.condition)
    return replace(
        state,
        next_poll_at=now + wait,
        last_polled_at=now,
        failures=failures,
        last_error=getattr(error, "reason", "") or str(error),
        condition=condition,
        redirect_to=redirect_to,
        retired=gone or (state.retired and condition == "gone"),
        history=history,
    )


def after_outage(state: FeedState, now: datetime, policy: PollingPolicy, jitter: float) -> FeedState:
    """The state of a feed that could not be asked because our own network was down: nothing is held against it."""
    return replace(state, next_poll_at=now + policy.min + jitter * max(policy.every - policy.min, policy.min))


def after_sent_away(state: FeedState, busy: HostBusy, now: datetime) -> FeedState:
    """The state of a feed that was not asked because many others of its host are before it: it comes back at its turn."""
    return replace(state, next_poll_at=now + (busy.retry_after or timedelta()))


def expected_delay(state: FeedState, policy: PollingPolicy | None = None) -> timedelta | None:
    """How long after publication an entry of this feed is likely to be seen; None before anything is known, and while it fails.

    Measured on what came lately where entries have dates; else half of the present interval.
    """
    if state.failures:
        return None
    if state.history.get("delays", 0) >= 3:
        return timedelta(seconds=state.history["delay"])
    if state.next_poll_at and state.last_polled_at:
        return (state.next_poll_at - state.last_polled_at) / 2
    return policy.every / 2 if policy else None


def _answered(
    state: FeedState, rhythm: Rhythm, max_age: timedelta | None, now: datetime, policy: PollingPolicy, jitter: float
) -> FeedState:
    """Common end of every answer that was no failure."""
    history = state.history
    slow = float(history.get("slow", 1.0))
    if not history.keys().isdisjoint(_OF_FAILURES):
        history = {name: value for name, value in history.items() if name not in _OF_FAILURES}
    wait = cadence.interval(rhythm, now, policy.every, policy.max) * slow
    if slow > 1.5:
        history = {**history, "slow": round(slow / 2, 2)}
    if _is_pushed(history, now):
        wait *= _PUSHED_SLOWING
    hints = _load(history.get("hints"))
    asked = [max_age] + ([hints.ttl, hints.period] if policy.heeds_hints else [])
    wait = max(min(max(wait, policy.min), policy.max), *(min(each, policy.max) for each in asked if each), policy.min)
    next_at = _outside_skipped(now + wait * (1 + 0.1 * jitter), hints, now)
    condition = condition_of_answer(history, state.last_new_at, now)
    return replace(
        state,
        next_poll_at=next_at,
        last_polled_at=now,
        last_success_at=now,
        failures=0,
        last_error=REMEDIES.get(condition, ""),
        condition=condition,
        retired=False,
        history=history,
    )


def _appearances(state: FeedState, dates: Sequence[datetime | None], now: datetime) -> list[datetime]:
    """When new entries appeared: by their dates in a first document, else between the last poll and now."""
    if state.last_success_at is None:
        return [date for date in dates if date is not None and cadence.FADE > now - date >= timedelta()]
    last = state.last_polled_at or now
    middle = last + (now - last) / 2
    return [date if date is not None and last <= date <= now else middle for date in dates]


def _note_news(history: dict[str, Any], state: FeedState, moments: Sequence[datetime]) -> None:
    """Remember the longest pause and how many entries come at a time, for telling silence."""
    if not moments:
        return
    times = sorted(moments)
    pauses = [later - earlier for earlier, later in pairwise(times)]
    if state.last_success_at is None:
        # A first document shows many times at once: entries a few minutes apart came together.
        came = 1 + sum(pause > _TOGETHER for pause in pauses)
        pauses = [pause for pause in pauses if pause > _TOGETHER]
    else:
        came = 1
    if state.last_new_at:
        pauses.append(times[0] - state.last_new_at)
    if pauses:
        longest = max(pause.total_seconds() for pause in pauses)
        history["gap"] = max(longest, history.get("gap", 0.0) * 0.995)
        history["gaps"] = min(history.get("gaps", 0) + len(pauses), 1000)
    seen = history.get("bursts", 0)
    weight = max(0.1, came / (seen + came))
    history["burst"] = round(history.get("burst", 1.0) * (1 - weight) + len(moments) / came * weight, 2)
    history["bursts"] = min(seen + came, 100)


def _note_dates(history: dict[str, Any], state: FeedState, dates: Sequence[datetime | None], now: datetime) -> None:
    """Remember how far behind publication we saw entries, and how many dates can not be right."""
    given, odd = odd_dates(dates, now)
    if given:
        share, count = odd / given, history.get("dated", 0)
        weight = min(given / (min(count, 10) + given), 1.0)
        history["odd"] = round(history.get("odd", 0.0) * (1 - weight) + share * weight, 3)
        history["dated"] = min(count + given, 1000)
    if state.last_success_at is None:
        return
    for date in dates:
        age = (now - date).total_seconds() if date else -1.0
        if 0 <= age <= 2 * 86_400:
            seen = history.get("delays", 0)
            weight = max(0.05, 1 / (seen + 1))
            history["delay"] = round(history.get("delay", 0.0) * (1 - weight) + age * weight, 1)
            history["delays"] = min(seen + 1, 1000)


def _believed_move(history: dict[str, Any], state: FeedState, moved: str, now: datetime) -> str:
    """Where the feed lives: a permanent redirect counts once it has been the same for a day and three polls."""
    if not moved:
        history.pop("moved", None)
        return state.redirect_to
    seen = history.get("moved") or {}
    if seen.get("to") != moved:
        seen = {"to": moved, "since": _stamp(now), "times": 0}
    seen = seen | {"times": seen["times"] + 1}
    history["moved"] = seen
    proved = seen["times"] >= _MOVES_TO_BELIEVE and now - datetime.fromisoformat(seen["since"]) >= _TIME_TO_BELIEVE
    return moved if proved else state.redirect_to


def _outside_skipped(when: datetime, hints: Hints, now: datetime) -> datetime:
    """The first moment from `when` on that the feed does not ask to be left alone in, at most three days on."""
    if not hints.skip_hours and not hints.skip_days:
        return when
    first = when
    while when.hour in hints.skip_hours or when.weekday() in hints.skip_days:
        if when.weekday() in hints.skip_days:
            when = when.replace(hour=0) + timedelta(days=1)
        else:
            when += timedelta(hours=1)
        if when - now > _LONGEST_SKIP:
            return first
    return when


def _is_pushed(history: dict[str, Any], now: datetime) -> bool:
    until = (history.get("push") or {}).get("until")
    return until is not None and now < datetime.fromisoformat(until)


def _stamp(now: datetime) -> str:
    return now.isoformat(timespec="seconds")


def _dump(hints: Hints) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if hints.ttl:
        data["ttl"] = hints.ttl.total_seconds()
    if hints.period:
        data["period"] = hints.period.total_seconds()
    if hints.skip_hours:
        data["hours"] = sorted(hints.skip_hours)
    if hints.skip_days:
        data["days"] = sorted(hints.skip_days)
    return data


def _load(data: dict[str, Any] | None) -> Hints:
    data = data or {}
    return Hints(
        ttl=timedelta(seconds=data["ttl"]) if "ttl" in data else None,
        period=timedelta(seconds=data["period"]) if "period" in data else None,
        skip_hours=frozenset(data.get("hours", ())),
        skip_days=frozenset(data.get("days", ())),
    )
