"""When: digest times, ends of quiet hours and windows, in local time with daylight saving.

All moments in and out are aware UTC. A local time that a change of clocks skips counts as the same
distance after the change; one that comes twice counts at its first coming.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from watcher.alerts.policy import Digest, QuietHours

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def digest_slot(digest: Digest, zone: ZoneInfo, now: datetime) -> datetime:
    """The first time after `now` at which the digest leaves."""
    local = now.astimezone(zone)
    if digest.every == "hourly":
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return now.astimezone(UTC) - past + timedelta(hours=1)
    for days in range(9):
        day = local.date() + timedelta(days=days)
        if digest.every == "weekly" and day.weekday() != digest.weekday:
            continue
        slot = _moment(day, digest.at, zone)
        if slot > now:
            return slot
    raise AssertionError("a week without its weekday")


def quiet_until(hours: QuietHours | None, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the quiet hours that `now` lies in end; None outside them.

    What the clock on the wall shows decides, also where the change of clocks shows an hour twice.
    """
    if hours is None or not _is_quiet(hours, now.astimezone(zone).time()):
        return None
    day = now.astimezone(zone).date()
    ends = (_moment(day + timedelta(days=n), hours.end, zone, fold) for n in range(3) for fold in (0, 1))
    return min(end for end in ends if end > now and not _is_quiet(hours, end.astimezone(zone).time()))


def window_end(now: datetime, length: timedelta) -> datetime:
    """End of the stretch of `length`, counted from 1970 UTC, that `now` lies in. Always after `now`."""
    return EPOCH + ((now - EPOCH) // length + 1) * length


def _is_quiet(hours: QuietHours, wall: time) -> bool:
    wall = wall.replace(fold=0)
    if hours.start < hours.end:
        return hours.start <= wall < hours.end
    return wall >= hours.start or wall < hours.end


def _moment(day: date, at: time, zone: ZoneInfo, fold: int = 0) -> datetime:
    return datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC)
