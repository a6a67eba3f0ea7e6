"""The order of a profile's options and choices. It matters: people see it, and if two choices set the same, the later
one counts. PostgreSQL's jsonb and digests sort the keys of maps, so the order is stored and compared separately. Pure.
"""

from collections.abc import Iterable, Mapping
from typing import Any

ORDER = "hubportal/order"  # a key of a profile, ignored by KubeSpawner and earlier versions of the portal
Order = list[list[Any]]  # [option, [its choices]] of one profile


def _map(node: Any, name: str) -> dict[str, Any]:
    found = node.get(name) if isinstance(node, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}


def order_of(profile: Any) -> Order:
    """Return the order of options and choices in this profile; [] if there is only one order."""
    found = [[name, list(_map(one, "choices"))] for name, one in _map(profile, "profile_options").items()]
    return found if len(found) > 1 or any(len(keys) > 1 for _, keys in found) else []


def orders(profiles: Any) -> list[Order]:
    """Return the order of options and choices in each profile of a list; [] if there is only one order."""
    found = [order_of(one) for one in profiles] if isinstance(profiles, list | tuple) else []
    return found if any(found) else []


def with_order(profiles: Any) -> Any:
    """Return the same profiles, each with its order under ORDER."""
    if not isinstance(profiles, list | tuple):
        return profiles
    return [{**one, ORDER: order} if (order := order_of(one)) else one for one in profiles]


def in_order(profiles: Any) -> Any:
    """Undo with_order, also after the keys of its maps were sorted. Profiles without ORDER are older than this module;
    their options and choices stay in alphabetical order, as hubs had them."""
    if not isinstance(profiles, list):
        return profiles
    return [_ordered(one) if isinstance(one, dict) and order_of(one) else one for one in profiles]


def _is_order(said: Any) -> bool:
    """Whether this is an order. A key of this name may have been written before it had a meaning."""
    pairs = said if isinstance(said, list) else ()
    return bool(pairs) and all(
        isinstance(pair, list) and [type(one) for one in pair] == [str, list] and set(map(type, pair[1])) <= {str}
        for pair in pairs
    )


def _ordered(profile: dict[str, Any]) -> dict[str, Any]:
    said = profile.get(ORDER)
    known: Any = said if _is_order(said) else sorted([name, sorted(keys)] for name, keys in order_of(profile))
    order = dict(known)
    options = _sorted(_map(profile, "profile_options"), order)
    for name in order.keys() & options.keys():
        if isinstance(options[name], dict) and "choices" in options[name]:
            options[name] = {**options[name], "choices": _sorted(_map(options[name], "choices"), order[name])}
    found = {name: value for name, value in profile.items() if name != ORDER or not _is_order(said)}
    return {**found, "profile_options": options}


def _sorted(found: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return the map with its keys in this order; unknown keys come last."""
    return {**{key: found[key] for key in keys if key in found}, **found}
