"""Deliveries → the message that leaves: in the reader's language, the service's markup, and within its lengths."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from watcher.alerts import SEVERITIES, ChannelPolicy
from watcher.channels import page, templates
from watcher.channels.clean import cut, without_calls
from watcher.channels.content import Card, card, compact_lines, full_lines, terse_lines
from watcher.channels.markup import BREAKS, Line, Span, escaped, write
from watcher.channels.message import Message, Part, Service, measure
from watcher.channels.speaker import Speaker, speaker
from watcher.channels.split import Ranked, fit, longest, pack
from watcher.model import Alert, Delivery

MOST_PARTS = 10
"""A batch that would take more parts is told in less detail."""

FULL_ITEMS = 12
"""Up to so many alerts of a batch are told in full."""

PLAIN = Service("text", mentions=False, body_maxlen=1_000_000, title_maxlen=1_000)


def render(deliveries: Sequence[Delivery], channel: ChannelPolicy, *, now: datetime, service: Service) -> Message:
    """Render the deliveries of one claim (one alert, or one batch) for `service`.

    In a batch a story is told once, as it stands last, with all that changed; what is urgent comes first.
    """
    voice = speaker(channel.language, channel.timezone)
    ordered = _by_story(deliveries)
    cards = [card(alert, voice, now) for alert in ordered]
    batch = (
        deliveries[0].batch.partition(":")[0] if len(cards) > 1 or deliveries[0].batch.startswith("escalated") else ""
    )
    heading = _heading(batch, len(cards), voice) if batch else ""
    subject = _subject(cards, heading, voice)
    key = _key(deliveries)
    return Message(
        channel=channel.name,
        key=key,
        message_id=key,
        thread=deliveries[0].thread if len(cards) == 1 else "",
        kind=batch or ordered[0].kind,
        severity=max((alert.severity for alert in ordered), key=_rank),
        language=voice.language,
        direction=voice.direction,
        subject=subject,
        text=_whole(cards, heading, voice, channel, "text") if service.whole else "",
        html=page.html(cards, heading, voice, channel.name, key) if service.whole else "",
        markdown=_whole(cards, heading, voice, channel, "markdown") if service.whole else "",
        parts=_parts(cards, heading, voice, channel, service),
        facts=tuple(_facts(alert) for alert in ordered),
    )


def _by_story(deliveries: Sequence[Delivery]) -> list[Alert]:
    """One alert for each story, the last with the changes of all, urgent ones first."""
    latest: dict[str, Alert] = {}
    for delivery in deliveries:
        alert = delivery.alert
        at = alert.story or alert.key
        if at in latest:
            before = latest[at]
            alert = replace(
                alert,
                kind="new" if before.kind == "new" else alert.kind,
                rules=tuple(dict.fromkeys(before.rules + alert.rules)),
                severity=max(before.severity, alert.severity, key=_rank),
                changes=before.changes + alert.changes,
            )
        latest[at] = alert
    return sorted(latest.values(), key=lambda alert: -_rank(alert.severity))


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _key(deliveries: Sequence[Delivery]) -> str:
    if len(deliveries) == 1:
        return deliveries[0].key
    return hashlib.sha256("\n".join(sorted(delivery.key for delivery in deliveries)).encode()).hexdigest()[:32]


def _heading(batch: str, n: int, voice: Speaker) -> str:
    return f"{voice.name('batches', batch)} · {voice.count('alerts', n)}"


def _subject(cards: Sequence[Card], heading: str, voice: Speaker) -> str:
    first = cards[0]
    if len(cards) > 1:
        said = f"{first.flags} {first.headline}".strip()
    else:
        said = f"{first.title}{voice.colon}{first.headline}" if first.lead else first.title
    return cut(f"{heading}{voice.colon}{said}" if heading else said, 200)


def _facts(alert: Alert) -> Mapping[str, object]:
    """What a program wants: as in the alert, with its names."""
    changes = [{"kind": change.kind, "old": change.old, "new": change.new} for change in alert.changes]
    return {
        **alert.body,
        "key": alert.key,
        "kind": alert.kind,
        "severity": alert.severity,
        "rules": list(alert.rules),
        "story": alert.story,
        "item": alert.item,
        "changes": changes,
        "created_at": alert.created_at.isoformat(),
    }


def _whole(cards: Sequence[Card], heading: str, voice: Speaker, channel: ChannelPolicy, markup: str) -> str:
    """Everything in one piece, whatever its length; the tail of a long digest in short."""
    whole = replace(PLAIN, markup=markup)
    blocks = [_block(one, voice, channel, whole, with_lead=True) for one in cards[: page.FULL_CARDS]]
    blocks += [fit(compact_lines(one, voice), whole.body_maxlen, whole) for one in cards[page.FULL_CARDS :]]
    head = [write([(Span(heading, "bold"),)], markup)] if heading else []
    return (BREAKS[markup] * 2).join(head + blocks)


def _block(one: Card, voice: Speaker, channel: ChannelPolicy, service: Service, *, with_lead: bool) -> str:
    """One alert in full, by the channel's template where it has one, within the service's length."""
    if channel.template:
        made = _templated(one, channel.template, service)
        if made and measure(made, service.unit) <= service.body_maxlen:
            return made
    return fit(full_lines(one, voice, with_lead=with_lead), service.body_maxlen, service)


def _templated(one: Card, template: str, service: Service) -> str:
    def safe(value: str) -> str:
        return escaped(value, service.markup, mentions=service.mentions)

    return templates.fill(template, values(one), safe).strip()


def values(one: Card) -> Mapping[str, str]:
    """What a template may name, of one alert."""
    return {
        "title": one.headline,
        "lead": one.lead,
        "label": one.label,
        "flag": one.flags,
        "country": one.countries,
        "amount": one.sums,
        "stage": one.stage,
        "instrument": one.instruments,
        "change": "; ".join(one.changes),
        "reported": one.reported,
        "ahead": "; ".join(one.ahead),
        "said_by": one.said_by,
        "matched": one.matched,
        "rule": one.rules,
        "severity": one.alert.severity,
        "kind": one.alert.kind,
        "summary": one.summary,
        "source": str(one.alert.body.get("source") or ""),
        "url": one.url,
        "host": one.host,
        "story": one.alert.story,
        "key": one.alert.key,
    }


def _parts(
    cards: Sequence[Card], heading: str, voice: Speaker, channel: ChannelPolicy, service: Service
) -> tuple[Part, ...]:
    titled = service.title_maxlen > 0
    if len(cards) == 1:
        lead = cards[0].title
        title = _title(f"{heading}{voice.colon}{lead}" if heading else lead, service) if titled else ""
        body = _block(cards[0], voice, channel, _within(service, title), with_lead=not titled)
        return (Part(title, body),)
    title = _title(heading, service, " (10/10)") if titled else ""
    room = _within(service, title + " (10/10)")
    head = [] if titled else [write([(Span(heading, "bold"),)], service.markup)]
    packed = _packed(cards, head, voice, channel, room)
    if len(packed) == 1:
        return (Part(title, packed[0]),)
    return tuple(Part(f"{title} ({n}/{len(packed)})" if titled else "", text) for n, text in enumerate(packed, 1))


def _packed(cards: Sequence[Card], head: list[str], voice: Speaker, channel: ChannelPolicy, room: Service) -> list[str]:
    """All cards in at most MOST_PARTS texts, in as much detail as that allows."""
    if len(cards) <= FULL_ITEMS:
        packed = pack(
            head + [_block(one, voice, channel, room, with_lead=True) for one in cards], room.body_maxlen, room
        )
        if len(packed) <= MOST_PARTS:
            return packed
    for lines in (compact_lines, lambda one, _: terse_lines(one, voice)):
        made: list[Ranked] = [lines(one, voice) for one in cards]
        packed = pack(head + [fit(ranked, room.body_maxlen, room) for ranked in made], room.body_maxlen, room)
        if len(packed) <= MOST_PARTS:
            return packed
    kept = MOST_PARTS - 1
    shown = "".join(packed[:kept]).count("\n") + 1
    return [*packed[:kept], _left_out(max(1, len(cards) - shown), voice, room)]


def _left_out(n: int, voice: Speaker, service: Service) -> str:
    line: Line = (Span(voice.count("left_out", n)),)
    return fit([(0, line)], service.body_maxlen, service)


def _title(text: str, service: Service, reserve: str = "") -> str:
    """A title is plain text everywhere."""
    text = without_calls(text) if service.mentions else text
    # Where the title counts against a short message, half of it belongs to the body.
    most = min(service.title_maxlen, service.body_maxlen // 2) if service.title_counts else service.title_maxlen
    room = most - measure(reserve, service.unit)
    return longest(lambda length: cut(text, length), max(1, room), service, len(text))


def _within(service: Service, title: str) -> Service:
    taken = measure(title, service.unit) + 2 if service.title_counts and title else 0
    return replace(service, body_maxlen=max(20, service.body_maxlen - taken))
