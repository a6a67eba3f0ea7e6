"""The approximate cost of a hub per month, from staff's prices and the resources of its servers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format

from hubs.language import _, number
from hubs.models import Cluster
from hubs.spec import HubSpec
from hubs.spec.diff import gib_text
from hubs.spec.types import storage_mib

HUB_MEMORY_MIB = 384  # reserved for hub and proxy together, all month: provisioning.render.kubernetes
MONTH = 730  # hours


@dataclass(frozen=True)
class Cost:
    """One line of the sum: `how` it was calculated, and the amount per month."""

    label: str
    how: str
    amount: float


@dataclass(frozen=True)
class Estimate:
    """The cost of a hub per month, in the cluster's currency."""

    currency: str
    parts: tuple[Cost, ...]

    @property
    def total(self) -> float:
        return sum(part.amount for part in self.parts)

    @property
    def text(self) -> str:
        return money(self.total, self.currency)


def money(amount: float, currency: str) -> str:
    """An estimate with two significant digits: "48 EUR", "1,200 EUR"."""
    if amount < 1:
        return _("less than 1 {currency}", currency=currency) if amount else f"0 {currency}"
    digits = 0 if amount < 100 else -(len(str(int(amount))) - 2)
    return f"{number(int(round(amount, digits)))} {currency}"


def _price(value: float) -> str:
    """Return a number with at most six digits."""
    return number(float(f"{value:g}"))


def pool_of(spec: HubSpec, cluster: Cluster) -> Mapping[str, Any]:
    """Return the node pool of people's servers: the requested one, otherwise the first; {} if there is none."""
    asked = [pool for pool in cluster.node_pools if pool["name"] == spec.singleuser.nodePool]
    return next(iter(asked or cluster.node_pools), {})


def _servers(spec: HubSpec, cluster: Cluster, pool: Mapping[str, Any]) -> list[Cost]:
    """A server costs the share of its node that it reserves, in memory or in cores, whichever is larger."""
    memory = storage_mib(pool["memory"])
    takes = spec.takes
    share = min(1.0, max(takes.set_aside_mib / memory, takes.set_aside_cpu / pool["cpu"]))
    hours = takes.seats * cluster.hours_a_month
    how = _(
        "{servers} × {hours} hours, each {share} of a node at {price} {currency} per hour",
        servers=number(takes.seats),
        hours=number(cluster.hours_a_month),
        share=_("{number}%", number=number_format(f"{100 * share:.2f}")),
        price=_price(pool["pricePerHour"]),
        currency=cluster.currency,
    )
    always = HUB_MEMORY_MIB / memory * MONTH * pool["pricePerHour"]
    return [
        Cost(_("Servers"), how, hours * share * pool["pricePerHour"]),
        Cost(_("The hub itself"), _("{memory} of a node, all month", memory=gib_text(HUB_MEMORY_MIB)), always),
    ]


def estimate(spec: HubSpec, cluster: Cluster) -> Estimate | None:
    """Return what this spec costs in the cluster, as far as staff entered prices; None if they entered none."""
    pool, parts = pool_of(spec, cluster), []
    if {"memory", "cpu", "pricePerHour"} <= set(pool):
        parts += _servers(spec, cluster, pool)
    if cluster.storage_price is not None and spec.storage_mib:
        each = spec.storage_mib / 1024
        how = _(
            "{people} × {size} GiB at {price} {currency} per GiB",
            people=number(spec.about.heads),
            size=_price(each),
            price=_price(cluster.storage_price),
            currency=cluster.currency,
        )
        parts.append(Cost(_("Home directories"), how, spec.about.heads * each * cluster.storage_price))
    return Estimate(cluster.currency, tuple(parts)) if parts else None
