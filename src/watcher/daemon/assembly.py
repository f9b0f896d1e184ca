"""Settings made into what runs: the plan of rules and channels, the bounds of fetching, a service that is ready."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from watcher.channels import senders
from watcher.config import Settings
from watcher.feeds.fetch import Extras, FetchLimits, HttpFetcher
from watcher.feeds.fulltext import with_full_text
from watcher.feeds.worker import ParserPool
from watcher.model import Entry, Feed
from watcher.pipeline import Policy
from watcher.polling import PollingPolicy
from watcher.rules import Rulebook, compile_rules
from watcher.service import Destination, Plan, Service


def plan_of(settings: Settings, *, rulebook: Rulebook | None = None, gather: timedelta | None = None) -> Plan:
    """What a reload swaps in; with `rulebook`, its own rules are left for later.

    Raises ConfigError when a rule does not compile or a channel's URL is not understood.
    """
    if rulebook is None:
        rulebook = compile_rules(settings.rules, settings.vocabularies)
    destinations = {
        policy.name: Destination(policy, sender)
        for channel in settings.channels
        for policy, sender in senders.open_all(channel.url, channel.policy, rate=channel.rate)
    }
    recipients: dict[str, tuple[str, ...]] = {}
    for channel in settings.channels:
        name = channel.policy.name
        recipients[name] = tuple(found for found in destinations if found == name or found.startswith(f"{name}/"))
    policy = Policy(
        channels=tuple(destination.policy for destination in destinations.values()),
        max_age=settings.polling.max_age,
        first_run=settings.polling.first_run,
        recipients=recipients,
    )
    if gather is not None:
        policy = replace(policy, gather=gather)
    polling = PollingPolicy(every=settings.polling.every, min=settings.polling.min, max=settings.polling.max)
    return Plan(
        {feed.url: feed for feed in settings.feeds}, rulebook, policy, polling, destinations, settings.health.channel
    )


def without_rules(settings: Settings) -> Settings:
    """Settings without the texts that a plan was made of: some megabytes, which nothing needs any more."""
    return replace(settings, rules=(), vocabularies=())


def limits_of(settings: Settings) -> FetchLimits:
    """The bounds of fetching."""
    polling = settings.polling
    private: str | tuple[str, ...] = (
        polling.private_networks[0]
        if polling.private_networks in (["deny"], ["allow"])
        else tuple(polling.private_networks)
    )
    return FetchLimits(
        timeout=polling.timeout,
        max_bytes=polling.max_bytes,
        concurrency=polling.concurrency,
        per_host=polling.per_host,
        private_networks=private,
        user_agent=polling.user_agent,
        contact=polling.contact,
        trust_env=polling.proxy_from_environment,
        extras={
            url: Extras(
                headers=options.headers,
                cookies=options.cookies,
                proxy=options.proxy,
                user_agent=options.user_agent,
                address=options.address,
            )
            for url, options in settings.requests.items()
        },
    )


def page_reader(fetcher: HttpFetcher, parser: ParserPool) -> Callable[[Entry, Feed], Awaitable[Entry]]:
    """Reads the whole page of an entry, for feeds with `full_text`."""
    return lambda entry, feed: with_full_text(entry, feed.url, fetcher, parser)


async def take_up(service: Service, plan: Plan, *, spread: bool = True) -> None:
    """Release what an earlier run left claimed, and make the store's feeds those of the plan."""
    now = service.now()
    hold = [name for name, destination in plan.destinations.items() if destination.policy.on_uncertain == "hold"]
    recovered = await service.write(service.store.recover, now, hold)
    if recovered:
        service.tell("outbox.recovered", n=recovered)
    await service.write(service.store.sync_feeds, list(plan.feeds.values()), now, spread=spread)
    await service.recall_health()
    await service.polls.take_up_copy()
