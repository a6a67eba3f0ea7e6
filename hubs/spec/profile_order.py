"""The order in which a profile asks its questions and offers its choices. It means something: people read it, and of
two choices that set the same the later one counts. PostgreSQL's jsonb sorts the keys of a map, and so does a digest,
so whoever stores or compares profiles keeps their order beside them. Pure.
"""

from collections.abc import Iterable, Mapping
from typing import Any

ORDER = "hubportal/order"  # a key of a profile: KubeSpawner and earlier versions of the portal do not read it
Order = list[list[Any]]  # [option, [its choices]] of one profile


def _map(node: Any, name: str) -> dict[str, Any]:
    found = node.get(name) if isinstance(node, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}


def order_of(profile: Any) -> Order:
    """The order of everything in this profile; [] where there is nothing to mix up."""
    found = [[name, list(_map(one, "choices"))] for name, one in _map(profile, "profile_options").items()]
    return found if len(found) > 1 or any(len(keys) > 1 for _, keys in found) else []


def orders(profiles: Any) -> list[Order]:
    """The order of everything in a list of profiles; [] where there is nothing to mix up."""
    found = [order_of(one) for one in profiles] if isinstance(profiles, list | tuple) else []
    return found if any(found) else []


def with_order(profiles: Any) -> Any:
    """The same profiles, each saying its order."""
    if not isinstance(profiles, list | tuple):
        return profiles
    return [{**one, ORDER: order} if (order := order_of(one)) else one for one in profiles]


def in_order(profiles: Any) -> Any:
    """The opposite of with_order, also after the keys of its maps were sorted. What says no order is older than this
    module: hubs had its questions and choices in the order of the alphabet, and keep it."""
    if not isinstance(profiles, list):
        return profiles
    return [_ordered(one) if isinstance(one, dict) and order_of(one) else one for one in profiles]


def _is_order(said: Any) -> bool:
    """Somebody may have written a key of this name before it meant something."""
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
    """What the order does not know comes last."""
    return {**{key: found[key] for key in keys if key in found}, **found}
