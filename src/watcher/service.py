"""The use cases: poll one feed, deliver what is due on one channel, and the sweeps between.

The daemon, `once` and the demo call these; nothing here knows when. Edges are awaited, the store works
on one writer thread, and each channel sends on a thread of its own, so that a slow one delays no other.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from watcher import alerts, polling
from watcher.alerts import ChannelPolicy
from watcher.channels import render
from watcher.errors import DeliveryError, FetchError, ParseError, StoreError
from watcher.feeds import websub
from watcher.feeds.fetch import body_hash
from watcher.feeds.parsed import ParsedFeed
from watcher.model import Alert, Delivery, Document, Entry, Feed, FeedState, Update, Verdict
from watcher.pipeline import Policy, judge, lookup, remind, settle
from watcher.polling import PollingPolicy
from watcher.ports import Claim, Event, Fetcher, Observer, Sender
from watcher.rules import Rulebook
from watcher.store import SqliteStore

_T = TypeVar("_T")

POLL_LEASE = timedelta(minutes=5)
SEND_LEASE = timedelta(minutes=5)
NETWORK_MEMORY = timedelta(minutes=5)

REMEMBERED = timedelta(days=730)
"""Stories whose last report is older than this are reminded of no date."""

ABSENCE = timedelta(days=2)
"""Away for longer than this, what came meanwhile is told in one digest a channel."""


class Parser(Protocol):
    """Parses one document somewhere that may be killed. Raises ParseError."""

    async def parse(self, document: Document, known: frozenset[str]) -> ParsedFeed:
        """The document's entries; blocks whose hash is in `known` are left out."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A channel ready to send: its policy and one sender for each recipient behind its URL."""

    policy: ChannelPolicy
    sender: Sender


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a reload may change, swapped in whole."""

    feeds: Mapping[str, Feed]
    rulebook: Rulebook
    policy: Policy
    polling: PollingPolicy
    destinations: Mapping[str, Destination]
    health_channel: str = ""


@dataclass(slots=True)
class Network:
    """Which hosts answered lately: tells our own outage from a feed's fault."""

    hosts: dict[str, tuple[bool, datetime]] = field(default_factory=dict)
    is_down: bool = False

    def note(self, host: str, answered: bool, now: datetime) -> None:
        """Remember whether a host answered; what is older than a few minutes no longer counts."""
        self.hosts.pop(host, None)
        self.hosts[host] = (answered, now)  # the dict is in order of time, so that only its oldest need a look
        while now - next(iter(self.hosts.values()))[1] > NETWORK_MEMORY:
            del self.hosts[next(iter(self.hosts))]
        if answered:
            self.is_down = False
        elif not self.is_down:
            failures = sum(not answered for answered, _ in self.hosts.values())
            self.is_down = polling.network_down(failures, len(self.hosts))


class Service:
    """Use cases over the ports. `clock` and `chance` are injected; `woken` is called when deliveries were planned."""

    def __init__(
        self,
        plan: Plan,
        store: SqliteStore,
        fetcher: Fetcher,
        parser: Parser,
        observe: Observer,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self.plan = plan
        self.store = store
        self.woken: Callable[[], None] = lambda: None
        self.takes_push = False
        self.whole_page: Callable[[Entry], Awaitable[Entry]] | None = None
        self._fetcher, self._parser, self._observe = fetcher, parser, observe
        self._clock, self._chance = clock, chance
        self._writer = ThreadPoolExecutor(1, "store")
        self._judges = ThreadPoolExecutor(1, "judge")
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._failed_in_row: dict[str, int] = {}
        self._resting: dict[str, datetime] = {}
        self._network = Network()
        self._health: list[Alert] = []

    async def close(self) -> None:
        """Wait for the writer, then close the store. Sends that still hang are left behind."""
        for pool in self._threads.values():
            pool.shutdown(wait=False, cancel_futures=True)
        self._judges.shutdown(wait=True)
        await self.write(self.store.close)
        self._writer.shutdown(wait=True)

    async def write(self, work: Callable[..., _T], *args: Any, **named: Any) -> _T:
        """Run a store method on the writer thread."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, lambda: work(*args, **named))

    def tell(self, name: str, **fields: Any) -> None:
        """Report an event."""
        self._observe(Event(name, fields))

    async def claim(self, limit: int, *, every: bool = False) -> list[Claim]:
        """Feeds to poll now, at most `limit`."""
        return await self.write(self.store.claim_due_feeds, self._clock(), limit, POLL_LEASE, every=every)

    async def poll(self, claim: Claim) -> Update | None:
        """Fetch, parse, judge and settle one feed; whatever happens is recorded with it. None: nothing was new."""
        feed = self.plan.feeds.get(claim.state.url)
        if feed is None:
            return None
        try:
            document = await self._fetcher.fetch(feed, claim.state)
        except FetchError as error:
            await self._failed(claim, error)
            return None
        if document is None:
            await self._unchanged(claim)
            return None
        return await self.take(claim, document)

    async def take(self, claim: Claim, document: Document) -> Update | None:
        """Parse, judge and settle a document of a claimed feed, however it came."""
        feed = self.plan.feeds[claim.state.url]
        try:
            known = await self.write(self.store.known_hashes, feed.url)
            parsed = await self._parser.parse(document, known)
        except ParseError as error:
            await self._failed(claim, error)
            return None
        return await self._commit(claim, feed, document, parsed)

    def now(self) -> datetime:
        """The clock's time."""
        return self._clock()

    def forget_rests(self) -> None:
        """The clock was set: until when channels were left alone is no longer known."""
        self._resting.clear()

    async def _unchanged(self, claim: Claim) -> None:
        self._reachable(claim.state.url, True, self._clock())
        state = polling.not_modified(
            claim.state, now=self._clock(), policy=self._policy_for(claim.state.url), jitter=self._chance()
        )
        await self.write(self.store.save_feed, claim, state, self._clock())
        self._told_condition(claim.state, state)
        self.tell("feed.polled", feed=claim.state.url, outcome="unchanged")

    async def _failed(self, claim: Claim, error: FetchError | ParseError) -> None:
        """Record a failure against the feed; or, when no host at all answers, against our own network and no feed."""
        now, policy = self._clock(), self._policy_for(claim.state.url)
        self._reachable(claim.state.url, not polling.is_unreachable(error), now)
        if self._network.is_down:
            state = polling.after_outage(claim.state, now, policy, self._chance())
            await self.write(self.store.save_feed, claim, state, now)
            return
        state = polling.after_failure(claim.state, error, now, policy, self._chance())
        await self.write(self.store.save_feed, claim, state, now)
        self.tell("feed.failed", feed=claim.state.url, reason=error.reason, failures=state.failures)
        self._told_condition(claim.state, state)

    def _reachable(self, url: str, answered: bool, now: datetime) -> None:
        """Note whether a host answered, and tell when our own network goes down or comes back."""
        before = self._network.is_down
        self._network.note(urlsplit(url).hostname or url, answered, now)
        if self._network.is_down and not before:
            self.tell("network.down", hosts=len(self._network.hosts))
            self._tell_health("network", "down", "no host answers: check this machine's network and DNS", now)
        if before and not self._network.is_down:
            self.tell("network.up")
            self._tell_health("network", "up", "hosts answer again", now)

    async def _commit(self, claim: Claim, feed: Feed, document: Document, parsed: ParsedFeed) -> Update | None:
        now = self._clock()
        self._reachable(feed.url, True, now)
        verdicts = await asyncio.get_running_loop().run_in_executor(
            self._judges, self._judge_all, parsed.entries, self._read_as(feed, parsed), now
        )
        if feed.full_text and self.whole_page is not None:
            verdicts = [await self._with_whole_page(verdict, now) for verdict in verdicts]
        policy = replace(self.plan.policy, counts=await self._counts(now), catch_up=self._was_away(claim.state, now))
        states: list[FeedState] = []

        def finish(update: Update) -> FeedState:
            fresh = [write.verdict.item.entry.published for write in update.items if write.version == 1]
            states[:] = [
                polling.after_success(
                    claim.state,
                    document=document,
                    hints=parsed.hints,
                    entries=parsed.total,
                    new_entries=fresh,
                    body_hash=body_hash(document.body),
                    now=now,
                    policy=self._policy_for(feed.url),
                    jitter=jitter,
                )
            ]
            if self.takes_push:
                wanted = websub.announced(websub.of_state(claim.state), document, parsed.hub, parsed.self_url)
                states[0] = websub.with_subscription(states[0], wanted)
            return states[0]

        jitter = self._chance()
        asked = await asyncio.get_running_loop().run_in_executor(self._judges, lookup, verdicts, now)
        update = await self.write(
            self.store.commit_poll,
            claim,
            asked,
            lambda known: settle(verdicts, known, policy, now),
            finish,
            parsed.blocks,
            now,
        )
        if update is None:
            self.tell("feed.lost_lease", feed=feed.url)
            return None
        self._told_condition(claim.state, states[0])
        self.tell(
            "feed.polled", feed=feed.url, outcome="new" if update.items else "nothing new", items=len(update.items)
        )
        self._told_update(update, now)
        return update

    def _read_as(self, feed: Feed, parsed: ParsedFeed) -> Feed:
        """The subscription, with what the document says of itself where the configuration is silent."""
        return replace(feed, name=feed.name or parsed.title, lang=feed.lang or parsed.lang)

    def _judge_all(self, entries: Sequence[Entry], feed: Feed, now: datetime) -> list[Verdict]:
        """Verdicts in the order of the entries' age, oldest first; an entry that can not be read is reported, not its neighbours'."""
        verdicts = []
        for entry in reversed(entries):
            try:
                verdicts.append(judge(entry, feed, self.plan.rulebook, now))
            except Exception:
                self.tell(
                    "internal.error",
                    feed=feed.url,
                    entry=entry.guid or entry.url or entry.title[:80],
                    trace=traceback.format_exc(),
                )
        return verdicts

    async def _with_whole_page(self, verdict: Verdict, now: datetime) -> Verdict:
        """A matched entry judged once more on the text of its page; where that can not be had, as it was."""
        if not verdict.matches or self.whole_page is None:
            return verdict
        entry = verdict.item.entry
        try:
            fuller = await self.whole_page(entry)
        except (FetchError, ParseError) as error:
            self.tell("page.failed", feed=verdict.item.feed.url, page=entry.url, reason=error.reason)
            return verdict
        if fuller.content == entry.content:
            return verdict
        return judge(replace(fuller, summary=fuller.content, content=""), verdict.item.feed, self.plan.rulebook, now)

    async def _counts(self, now: datetime) -> dict[str, int]:
        """Messages of each capped channel within its window."""
        since = {
            name: start
            for name, destination in self.plan.destinations.items()
            if (start := alerts.counted_since(destination.policy, now)) is not None
        }
        return await self.write(self.store.counts, since) if since else {}

    def _was_away(self, state: FeedState, now: datetime) -> bool:
        return state.last_polled_at is not None and now - state.last_polled_at > max(ABSENCE, 2 * self.plan.polling.max)

    def _policy_for(self, url: str) -> PollingPolicy:
        feed = self.plan.feeds.get(url)
        return self.plan.polling.for_feed(feed) if feed else self.plan.polling

    def _told_condition(self, before: FeedState, after: FeedState) -> None:
        """Report that a feed fell ill or is well again: an event, and an alert where `health:` names a channel."""
        if before.condition == after.condition or (before.condition == "new" and after.condition == "ok"):
            return
        self.tell(
            "feed.condition",
            feed=after.url,
            condition=after.condition,
            before=before.condition,
            reason=after.last_error,
        )
        feed = self.plan.feeds.get(after.url)
        self._tell_health(after.url, after.condition, after.last_error, self._clock(), feed.name if feed else "")

    def _tell_health(self, about: str, condition: str, reason: str, now: datetime, name: str = "") -> None:
        if self.plan.health_channel:
            self._health.append(alerts.health(about, name, condition, reason, now))

    async def flush_health(self) -> None:
        """Plan deliveries of what was said about health since the last time."""
        told, self._health = self._health, []
        if not told:
            return
        now = self._clock()
        channels = tuple(
            d.policy for n, d in self.plan.destinations.items() if n.split("/")[0] == self.plan.health_channel
        )
        planned = tuple(delivery for alert in told for delivery in alerts.plan(alert, channels, (), {}, now))
        await self.write(self.store.add_update, Update(alerts=tuple(told), deliveries=planned), now)
        self.woken()

    def _told_update(self, update: Update, now: datetime) -> None:
        for write in update.items:
            for match in write.verdict.matches:
                published = write.verdict.item.published
                delay = (now - published).total_seconds() if published else None
                self.tell(
                    "item.matched",
                    rule=match.rule,
                    title=write.verdict.item.title.plain,
                    story=write.story,
                    fate=write.fate,
                    delay=delay,
                )
        if update.deliveries:
            self.woken()

    async def deliver(self, channel: str) -> datetime | None:
        """Send everything that is due on one channel. Returns when it next has something, None when it has nothing."""
        while (destination := self.plan.destinations.get(channel)) is not None:
            now = self._clock()
            rest = self._resting.get(channel)
            if rest is not None and now < rest < now + alerts.LONGEST_RETRY_AFTER * 2:
                return rest
            token, deliveries = await self.write(self.store.claim_message, channel, now, SEND_LEASE)
            if not deliveries:
                return await self.write(self.store.next_due, channel)
            keys = [delivery.key for delivery in deliveries]
            since = alerts.counted_since(destination.policy, now)
            sent = await self.write(self.store.sent_times, channel, since) if since else []
            hold_until = alerts.release(deliveries, destination.policy, now, sent)
            if hold_until is not None:
                await self.write(self.store.unclaimed, keys, token, hold_until)
                continue
            await self._send(destination, deliveries, keys, token)
        return None

    async def _send(
        self, destination: Destination, deliveries: Sequence[Delivery], keys: Sequence[str], token: str
    ) -> None:
        """Send one claimed message and write down what became of it."""
        name = destination.policy.name
        try:
            message = render.render(
                deliveries, destination.policy, now=self._clock(), service=destination.sender.service
            )
            await self._in_thread(name, destination.sender.send, message)
        except DeliveryError as error:
            await self._unsent(destination.policy, deliveries, keys, token, error)
            return
        except Exception as error:
            self.tell("internal.error", channel=name, trace=traceback.format_exc())
            await self._unsent(
                destination.policy, deliveries, keys, token, DeliveryError(f"internal error: {type(error).__name__}")
            )
            return
        self._failed_in_row.pop(name, None)
        await self._settled(self.store.delivered, keys, token, self._clock(), message.message_id)
        late = (self._clock() - min(delivery.alert.created_at for delivery in deliveries)).total_seconds()
        self.tell(
            "alert.delivered", channel=name, n=len(deliveries), alert=deliveries[0].alert.key, seconds=round(late, 3)
        )

    async def remind(self) -> None:
        """Follow up on stories whose dates are reached."""
        now = self._clock()
        known = await self.write(self.store.stories_with_dates, now - REMEMBERED)
        update = remind(known, replace(self.plan.policy, counts=await self._counts(now)), now)
        if update.stories:
            await self.write(self.store.add_update, update, now)
            self.woken()

    async def escalate(self) -> None:
        """Tell second channels of high alerts that nobody acknowledged in time."""
        policies = [destination.policy for destination in self.plan.destinations.values()]
        asking = {policy.name: policy.escalate_after for policy in policies if policy.escalate_after is not None}
        if not asking:
            return
        now = self._clock()
        waiting = await self.write(
            self.store.unacknowledged, sorted(asking), now - 2 * max(asking.values()) - timedelta(days=1)
        )
        planned = alerts.escalations(waiting, policies, now)
        if planned:
            await self.write(self.store.add_update, Update(deliveries=planned), now)
            self.woken()

    async def _in_thread(self, channel: str, work: Callable[..., _T], *args: Any) -> _T:
        pool = self._threads.setdefault(channel, ThreadPoolExecutor(1, f"send-{channel}"))
        return await asyncio.get_running_loop().run_in_executor(pool, work, *args)

    async def _unsent(
        self,
        policy: ChannelPolicy,
        deliveries: Sequence[Delivery],
        keys: Sequence[str],
        token: str,
        error: DeliveryError,
    ) -> None:
        now = self._clock()
        first = await self.write(self.store.first_tried, keys) or now
        attempts = max(delivery.attempts for delivery in deliveries)
        outcome = alerts.after_failure(attempts, first, error, policy, now, self._chance())
        self._rest(policy.name, alerts.rest_after(error, outcome, self._failed_in_row.get(policy.name, 0) + 1, now))
        fields = {
            "channel": policy.name,
            "reason": error.reason,
            "attempts": attempts,
            "alert": deliveries[0].alert.key,
        }
        if isinstance(outcome, alerts.Postponed):
            await self._settled(self.store.postponed, keys, token, now, outcome.due_at, error.reason)
            self.tell("delivery.failed", **fields, again=outcome.due_at.isoformat(timespec="seconds"))
        elif isinstance(outcome, alerts.Held):
            await self._settled(self.store.held, keys, token, now, error.reason)
            self.tell("delivery.held", **fields)
        else:
            await self._settled(self.store.given_up, keys, token, now, error.reason)
            self.tell("delivery.dead", **fields)

    def _rest(self, channel: str, until: datetime | None) -> None:
        """Note a failure of the channel, and how long it is left alone."""
        self._failed_in_row[channel] = self._failed_in_row.get(channel, 0) + 1
        self._resting.pop(channel, None)
        if until is not None:
            self._resting[channel] = until

    async def _settled(self, verb: Callable[..., int], *args: Any) -> None:
        """Write an outcome, however long the disk is full or locked: the attempt is counted, the result must not be lost."""
        wait = 0.5
        while True:
            try:
                await self.write(verb, *args)
                return
            except StoreError as error:
                self.tell("store.failed", kind=error.kind, reason=error.reason)
                await asyncio.sleep(wait)
                wait = min(30.0, wait * 2)


async def gather_limited(jobs: Sequence[Callable[[], Awaitable[None]]], limit: int) -> None:
    """Run jobs, at most `limit` at once."""
    gate = asyncio.Semaphore(limit)

    async def run(job: Callable[[], Awaitable[None]]) -> None:
        async with gate:
            await job()

    await asyncio.gather(*(run(job) for job in jobs))
