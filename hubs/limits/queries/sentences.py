"""Limits in words."""

from hubs.language import _, number
from hubs.models import Organization
from hubs.spec import Field, HubSpec
from hubs.spec.amounts import amount
from hubs.spec.diff import gib_text

from .meters import Meter


def bound(organization: Organization, name: str) -> float:
    """Return the value of a limit by the name of its column."""
    return float(getattr(organization, name))


def bound_text(organization: Organization, name: str, *, servers: bool = False) -> str:
    """Return a limit as text, such as "2 GiB". `servers`: a limit of people as one of servers, one for each person."""
    value = bound(organization, name)
    if name.endswith("_mib"):
        return gib_text(value)
    unit = {"cpu_per_user": "cores", "hubs": "hubs"}.get(name, "servers" if servers else "people")
    return amount(int(value) if value.is_integer() else value, unit)


def field_bound_text(organization: Organization, field: Field) -> str:
    """Return the limit of a field in the field's unit; "" for a field without one."""
    name = field.words.limit
    return bound_text(organization, name, servers=field.path == "hub.activeServerLimit") if name else ""


def above(meter: Meter, counted: str = "") -> str:
    """Return the message for a shared limit that would be exceeded. `counted`: the added amount, with how it was
    counted."""
    words = {
        "name": meter.label, "adds": counted or meter.adds_text, "used": meter.used_text, "total": meter.total_text,
        "limit": meter.limit_text,
    }  # fmt: skip
    if meter.day:
        return _(
            "{name}: this adds {adds}. With {used} already allocated on {day}, the total of {total} is above the "
            "limit of {limit}.",
            **words,
            day=meter.day_text,
        )
    return _(
        "{name}: this adds {adds}. With {used} already allocated, the total of {total} is above the limit of {limit}.",
        **words,
    )


def counted(meter: Meter, spec: HubSpec, before: HubSpec | None) -> str:
    """Return "360 GiB (24 people × 15 GiB more each)" if that is what a change adds to the total memory, else ""."""
    more = spec.memory_mib - (before.memory_mib if before else 0)
    if meter.name != "total_memory_mib" or spec.seats < 2 or spec.seats * more != meter.adds:
        return ""
    words = {"total": meter.adds_text, "people": number(spec.seats), "memory": gib_text(more)}
    if before:
        return _("{total} ({people} people × {memory} more each)", **words)
    return _("{total} ({people} people × {memory})", **words)
