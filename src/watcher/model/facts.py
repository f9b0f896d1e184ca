"""What an item says."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from watcher.model.items import Span


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum of money. `text` as written; `usd` at the reference rate of the item's day, None where no rate is known.

    `qualifier`: '', at_least, up_to, about. `same_as` is the index of the amount that states the same
    sum in another currency («34 billions de won, soit 169,966 milliards de yuans») or in the title, or None.
    An `uncertain` amount is shown as such and never decides anything alone.
    """

    text: str
    value: Decimal
    currency: str
    usd: Decimal | None
    span: Span
    qualifier: str = ""
    uncertain: bool = False
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A fact read out of text: its value (a code or a name), where it stands and why it was taken for that."""

    value: str
    span: Span
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Something to come. `when` is ISO 8601 at the precision known (2027, 2027-03, 2027-03-14) or empty; `what` as written."""

    when: str
    what: str
    span: Span


@dataclass(frozen=True, slots=True)
class Facts:
    """What an item says, each with its place. `stage` is the furthest stage stated, None where none is."""

    countries: tuple[Found, ...] = ()
    amounts: tuple[Amount, ...] = ()
    stage: Found | None = None
    instruments: tuple[Found, ...] = ()
    actors: tuple[Found, ...] = ()
    ahead: tuple[Ahead, ...] = ()
    attributed_to: tuple[Found, ...] = ()


STAGES = (
    "considered",
    "planned",
    "announced",
    "proposed",
    "approved",
    "enacted",
    "launched",
    "funded",
    "delayed",
    "cancelled",
    "reviewed",
)
"""Stages in the order of progress; the last three are turns, not progress."""

INSTRUMENTS = (
    "fund", "loan", "equity", "grant", "tax_credit", "procurement", "compute", "law", "committee", "agency",
    "strategy", "education", "agreement",
)  # fmt: skip
