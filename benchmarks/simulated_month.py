"""A month of polling in a minute: the real polling functions and host manners under an injected clock.

    python benchmarks/simulated_month.py [--feeds 5000] [--days 30] [--seed 1]

Feeds publish by rhythms drawn from a heavy-tailed law (a few bring hundreds of entries a day, most a few a week), by the
hours of their time zone, fewer at weekends, some only in bursts and some at a fixed hour. A fixed interval of 15 minutes
is computed beside it. One host with many feeds answers 429 for an hour in the middle.
"""

from __future__ import annotations

import argparse
import bisect
import heapq
import math
import random
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from watcher.errors import RefusedError
from watcher.feeds.hosts import Hosts
from watcher.model import Document, FeedState
from watcher.polling import PollingPolicy, after_failure, after_success, not_modified

START = datetime(2026, 11, 2, tzinfo=UTC)
DAY_SHAPE = [2, 1, 1, 1, 2, 4, 8, 12, 16, 18, 18, 17, 16, 16, 16, 16, 15, 14, 12, 10, 8, 6, 4, 3]
HOST_LIMIT = 60
"""Requests a minute that any host bears."""
FIXED = timedelta(minutes=15)


@dataclass
class Source:
    """A simulated feed: when it publishes, and what we know of it."""

    host: str
    items: list[float]
    """Seconds from the start, sorted; negative ones were there before us."""
    state: FeedState
    taken: int = 0
    delays: list[float] = field(default_factory=list)


def publish(chance: random.Random, per_day: float, zone: int, style: str, days: int) -> list[float]:
    """Publication times, from two weeks before the start (what a first document shows) to the end."""
    times: list[float] = []
    peak = max(DAY_SHAPE) / statistics.mean(DAY_SHAPE)
    if style == "clockwork":
        for day in range(-14, days):
            at = (day * 24 + (9 - zone)) * 3600.0
            times += [at + chance.gauss(0, 60) for _ in range(max(1, round(per_day)))]
        return sorted(times)
    moment, end = -14 * 86400.0, days * 86400.0
    batch = 4.0 if style == "bursts" else 1.0
    while True:
        moment += chance.expovariate(per_day * peak / batch / 86400.0)
        if moment >= end:
            return sorted(times)
        local = START + timedelta(seconds=moment, hours=zone)
        share = DAY_SHAPE[local.hour] / max(DAY_SHAPE) * (0.35 if local.weekday() >= 5 else 1.0)
        if chance.random() < share:
            times += [moment + chance.uniform(0, 120) for _ in range(chance.randint(1, 7) if batch > 1 else 1)]


def sources(chance: random.Random, count: int, days: int) -> list[Source]:
    """Feeds on hosts of very different sizes; the first host has 6 % of all."""
    made = []
    for i in range(count):
        per_day = min(max(math.exp(chance.gauss(math.log(3.0), 1.7)), 0.05), 300.0)
        host = "h0" if chance.random() < 0.06 else f"h{int(chance.paretovariate(0.6)) % (count // 3) + 1}"
        style = chance.choices(["people", "bursts", "clockwork"], [80, 12, 8])[0]
        zone = chance.choice([-8, -5, -5, -3, 0, 1, 1, 1, 2, 3, 5, 8, 8, 9])
        items = publish(chance, min(per_day, 20) if style == "clockwork" else per_day, zone, style, days)
        url = f"https://{host}.example/{i}"
        made.append(Source(host, items, FeedState(url, next_poll_at=START + timedelta(seconds=chance.random() * 900))))
    return made


def poll(source: Source, now: datetime, jitter: float, policy: PollingPolicy) -> None:
    """One poll that succeeds: new entries are those published since the last."""
    seconds = (now - START).total_seconds()
    first = source.state.last_success_at is None
    upto = bisect.bisect_right(source.items, seconds, source.taken)
    new = source.items[max(source.taken, upto - 30) : upto]
    if not first:
        source.delays += [seconds - item for item in new if item > 0]
    source.taken = upto
    if not new and not first:
        source.state = not_modified(source.state, now=now, policy=policy, jitter=jitter)
        return
    source.state = after_success(
        source.state,
        document=Document(source.state.url, b"", etag="x"),
        hints=None,
        entries=30,
        new_entries=[START + timedelta(seconds=item) for item in new],
        body_hash="",
        now=now,
        policy=policy,
        jitter=jitter,
    )


def simulate(feeds: list[Source], days: int, policy: PollingPolicy, chance: random.Random) -> dict[str, object]:
    """Run the month; figures on requests, hosts and the refusal."""
    hosts = Hosts(gap=1.0)
    queue = [((s.state.next_poll_at or START).timestamp(), i) for i, s in enumerate(feeds)]
    heapq.heapify(queue)
    end = (START + timedelta(days=days)).timestamp()
    told: Counter[str] = Counter()
    refusing = ((START + timedelta(days=days / 2)).timestamp(), (START + timedelta(days=days / 2, hours=1)).timestamp())
    per_minute: Counter[tuple[str, int]] = Counter()
    requests = refused = 0
    healed: dict[int, float] = {}
    while queue:
        at, i = heapq.heappop(queue)
        if at >= end:
            break
        source = feeds[i]
        before = source.state.condition
        if (wait := hosts.asked_to_wait(source.host, at)) > 0:
            error = RefusedError(
                source.state.url, "its host asked us to wait", status=429, retry_after=timedelta(seconds=wait)
            )
            now = datetime.fromtimestamp(at, UTC)
            source.state = after_failure(source.state, error, now, policy, chance.random())
        else:
            at += hosts.book(source.host, at)
            now = datetime.fromtimestamp(at, UTC)
            requests += 1
            per_minute[source.host, int(at // 60)] += 1
            if source.host == "h0" and refusing[0] <= at < refusing[1]:
                refused += 1
                hosts.refused("h0", at, 600)
                error = RefusedError(source.state.url, "slow down", status=429, retry_after=timedelta(minutes=10))
                source.state = after_failure(source.state, error, now, policy, chance.random())
            else:
                poll(source, now, chance.random(), policy)
                if source.host == "h0" and at >= refusing[1] and i not in healed:
                    assert source.state.next_poll_at is not None
                    healed[i] = (at - refusing[1]) / (source.state.next_poll_at.timestamp() - at)
        if source.state.condition != before:
            told[source.state.condition] += 1
        assert source.state.next_poll_at is not None
        heapq.heappush(queue, (max(source.state.next_poll_at.timestamp(), at + 1), i))
    after = sorted(healed.values())
    return {
        "requests": requests,
        "most requests of a host in a minute": max(per_minute.values()),
        "requests answered 429 in its hour": refused,
        "changes of condition": dict(told),
        "feeds of the refusing host": len(after),
        "cycles after its end until 90 % / all were read": (
            f"{after[int(len(after) * 0.9)]:.2f} / {after[-1]:.2f}" if after else None
        ),
    }


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=5000)
    options.add_argument("--days", type=int, default=30)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    chance = random.Random(given.seed)
    begun = time.process_time()
    feeds = sources(chance, given.feeds, given.days)
    figures = simulate(feeds, given.days, PollingPolicy(), chance)
    requests = int(str(figures["requests"]))
    fixed = given.feeds * given.days * (86400 / FIXED.total_seconds())
    delays = [delay for source in feeds for delay in source.delays]
    by_feed = [statistics.median(source.delays) for source in feeds if len(source.delays) >= 3]
    fixed_delays = [chance.uniform(0, FIXED.total_seconds()) for _ in range(100_000)]
    print(f"{given.feeds} feeds, {given.days} days, {len(delays)} entries, {time.process_time() - begun:.0f} s of CPU")
    print(f"requests: {requests} against {fixed:.0f} at a fixed {FIXED}: {requests / fixed:.1%}")
    for name, share in (("median", 0.5), ("90 %", 0.9), ("99 %", 0.99)):
        ours = sorted(delays)[int(len(delays) * share)]
        theirs = sorted(fixed_delays)[int(len(fixed_delays) * share)]
        print(f"delay, {name} of entries: {ours / 60:.1f} min against {theirs / 60:.1f} min")
    print(f"median of the feeds' own medians: {statistics.median(by_feed) / 60:.1f} min")
    conditions = Counter(source.state.condition for source in feeds)
    print(f"conditions at the end: {dict(conditions)}")
    for name, value in figures.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
