"""What may stand in a configuration file: typed models, from which the JSON Schema is made.

Unknown keys are errors. A new option is a field here; its docstring-like description is its help.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from watcher.durations import parse_duration
from watcher.location import DATABASE

_SIZES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20}


def parse_size(text: Any) -> int:
    """`10MB`, `500KB` or bytes. Raises ValueError with the remedy."""
    if isinstance(text, int):
        return text
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", str(text).strip())
    if not match or match[2].upper() not in _SIZES:
        raise ValueError(f"'{text}' is not a size; write 500KB or 10MB")
    return int(float(match[1]) * _SIZES[match[2].upper()])


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(parse_duration, json_schema_input_type=str)]
Size = Annotated[int, BeforeValidator(parse_size, json_schema_input_type=str)]
Texts = Annotated[list[str], BeforeValidator(_listed, json_schema_input_type=str | list[str])]


class Model(BaseModel):
    """Base of all models: unknown keys are refused, values are never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PollingModel(Model):
    """How feeds are asked."""

    every: Duration = Field(timedelta(minutes=15), description="Starting interval; adapts between min and max.")
    min: Duration = Field(timedelta(minutes=2), description="Shortest interval.")
    max: Duration = Field(timedelta(hours=6), description="Longest interval.")
    concurrency: int = Field(64, ge=1, le=1000, description="Feeds fetched at once.")
    per_host: int = Field(2, ge=1, le=64, description="Connections to one host at once.")
    timeout: Duration = Field(timedelta(seconds=30), description="For the whole request.")
    max_bytes: Size = Field(10_000_000, description="Largest document, after decompression.")
    private_networks: Texts = Field(
        ["deny"], description="deny, allow, or a list of CIDR ranges that feeds may point to."
    )
    first_run: Literal["digest", "alert", "silent"] = Field(
        "digest", description="What the existing items of a newly added feed do."
    )
    max_age: Duration = Field(timedelta(days=7), description="Items published longer ago never alert.")
    contact: str = Field("", description="Address or page put into the User-Agent, so that publishers can reach you.")
    user_agent: str = Field("", description="Replaces the whole User-Agent.")
    proxy_from_environment: bool = Field(
        False,
        description="Use HTTP_PROXY, HTTPS_PROXY and NO_PROXY; private addresses that only the proxy can resolve are its affair.",
    )


class FeedModel(Model):
    """A subscription."""

    url: str = Field(description="http or https address of the feed.")
    name: str = Field("", description="The publisher's name in alerts; what the feed calls itself otherwise.")
    every: Duration | None = Field(None, description="Starting interval of this feed.")
    tags: Texts = Field([], description="Words that rules can ask for, by `tags` or tag:.")
    lang: str = Field("", description="A hint; detected otherwise.")
    country: str = Field("", description="ISO 3166-1 code; a hint for reading sums and states.")
    first_run: Literal["", "digest", "alert", "silent"] = Field("", description="As under polling, for this feed.")
    full_text: bool = Field(False, description="Fetch the pages of matched items and read them too.")
    headers: dict[str, str] = Field({}, description="Sent to the feed's own host only, such as Authorization.")
    cookies: dict[str, str] = Field({}, description="Sent to the feed's own host only.")
    proxy: str = Field("", description="http://[name:password@]host:port of the proxy that the feed is asked through.")
    user_agent: str = Field("", description="Replaces the User-Agent at the feed's own host.")


def _as_feed(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


class RuleTest(Model):
    """A text and whether the rule must match it."""

    title: str = ""
    text: str = ""
    lang: str = ""
    source: str = Field("", description="Publisher, for rules that ask for source:.")
    tags: Texts = Field([], description="Tags of the feed, for rules that ask for tag:.")
    match: bool = True


class OpinionModel(Model):
    """A linear judgement of the sentence vector of title and summary; without the extra `semantic` it adds nothing."""

    vector: str
    weight: float
    bias: float = 0.0
    base: float = 0.0
    limit: float = Field(4.0, gt=0)


class ScoreModel(Model):
    """Weighted expressions: the rule holds when base and the weights of those that hold reach at_least."""

    at_least: float
    base: float = 0.0
    opinion: OpinionModel | None = None
    add: dict[str, float]


class RuleModel(Model):
    """A rule: an expression (`match`), lists (`any`, `all`, `none`) or a score; all that are given must hold."""

    name: str = Field(pattern=r"^[\w][\w.-]*$", description="By which alerts and commands call it.")
    description: str = Field("", description="For people.")
    match: str = Field("", description="An expression.")
    any: Texts = Field([], description="Expressions of which one must hold.")
    all: Texts = Field([], description="Expressions that must all hold.")
    none: Texts = Field([], description="Expressions of which none may hold.")
    score: ScoreModel | None = Field(None, description="Weighted expressions and the sum that is enough.")
    per: Literal["story", "item"] = Field("story", description="What alerts: a story once, or every item.")
    severity: Literal["low", "normal", "high"] = Field("normal", description="Of its alerts.")
    notify: Annotated[list[str], BeforeValidator(_listed, json_schema_input_type=str | list[str])] | None = Field(
        None, description="Channels that are told; all without it."
    )
    langs: Texts = Field([], description="Only items in these languages.")
    tags: Texts = Field([], description="Only items of feeds with one of these tags.")
    feeds: Texts = Field([], description="Only items of these feeds, by name or URL.")
    within: Duration | None = Field(None, description="The time within which `publishers` must have carried the story.")
    publishers: int | None = Field(None, ge=1, description="Alerts once so many publishers carry the story.")
    tests: list[RuleTest] = Field([], description="Texts that it must, or must not, match; `check` runs them.")


class EscalateModel(Model):
    """A second channel, told when a high alert was not acknowledged in time."""

    to: str
    after: Duration


class ChannelModel(Model):
    """A destination and its policy."""

    name: str = Field(pattern=r"^[\w][\w.-]*$", description="By which rules and commands call it.")
    url: str = Field(description="Any Apprise URL, mailto(s):// or console://.")
    digest: str = Field("", description="hourly | daily HH:MM | weekly mon HH:MM; without it: at once.")
    quiet_hours: str = Field("", description="HH:MM-HH:MM; alerts are held, then delivered.")
    break_quiet: Literal["", "low", "normal", "high"] = Field(
        "", description="Severity that is delivered in quiet hours too."
    )
    timezone: str = Field("UTC", description="IANA name, such as Europe/Paris: of digest and quiet_hours.")
    at_most: str = Field("", description="Such as 30/h or 200/d; the rest is summarised, never dropped.")
    min_severity: Literal["low", "normal", "high"] = Field(
        "low", description="Alerts below it are not for this channel."
    )
    group: Duration = Field(timedelta(0), description="Gather alerts for so long into one message.")
    give_up: Duration = Field(timedelta(days=3), description="After so long a failing delivery becomes a dead letter.")
    on_uncertain: Literal["resend", "hold"] = Field(
        "resend", description="After a time-out that may have been delivered."
    )
    escalate: EscalateModel | None = Field(
        None, description="{to: CHANNEL, after: 30m}: told when nobody acknowledged a high alert."
    )
    language: str = Field("en", description="Language of labels, numbers and country names.")
    template: str = Field("", description="Message text with ${placeholders}; see docs/channels.md.")
    rate: str = Field("", description="Fastest pace to this service, such as 1/s.")


class WebModel(Model):
    """The dashboard and the addresses that machines ask."""

    listen: str = Field("127.0.0.1:8787", description="Address and port of the dashboard.")
    token: str = Field("", description="Asked for by every page; made at first start when empty.")
    public_url: str = Field("", description="Address under which hubs can reach us, for WebSub.")
    hosts: Texts = Field([], description="Further Host names that are answered.")


class HealthModel(Model):
    """Who hears of feeds that fail, and the dead man's switch."""

    channel: str = Field("", description="Channel that is told of failing feeds, and of recovery.")
    ping: str = Field("", description="URL pinged every minute while all is well (healthchecks.io style).")


class KeepModel(Model):
    """How long the store keeps what."""

    items: Duration = Field(timedelta(days=365), description="Items, by when they were last seen.")
    stories: Duration = Field(timedelta(days=1825), description="Stories with their alerts.")


def _term_lists(value: Any) -> Any:
    """A vocabulary may be one list (every language) or lists by language."""
    return {"*": value} if isinstance(value, (list, str)) else value


Vocabulary = Annotated[
    dict[str, Texts],
    BeforeValidator(_term_lists, json_schema_input_type=str | list[str] | dict[str, str | list[str]]),
]
FeedItem = Annotated[FeedModel, BeforeValidator(_as_feed, json_schema_input_type=str | FeedModel)]


class PartModel(Model):
    """What an included file may hold."""

    feeds: list[FeedItem] | None = Field(None, description="What to read.")
    vocabularies: dict[str, Vocabulary] | None = Field(None, description="Lists of terms that rules call @name.")
    rules: list[RuleModel] | None = Field(None, description="What to look for.")
    channels: list[ChannelModel] | None = Field(None, description="Whom to tell.")


class MainModel(PartModel):
    """The main file."""

    database: str = Field(DATABASE, description="SQLite file, or postgresql://user@host/name (extra `postgres`).")
    include: Texts = Field([], description="pack:NAME, or file patterns relative to this file.")
    polling: PollingModel = Field(PollingModel(), description="How feeds are asked.")
    web: WebModel | None = Field(None, description="The dashboard, /metrics, and addresses to pull from.")
    health: HealthModel = Field(HealthModel(), description="Who hears of feeds that fail.")
    keep: KeepModel = Field(KeepModel(), description="How long the store keeps what.")
    log: Literal["console", "json"] = Field("console", description="How the log is written to stderr.")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the main file, for editors."""
    schema = MainModel.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Watcher configuration", **schema}
