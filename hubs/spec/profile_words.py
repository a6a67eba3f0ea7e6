"""Profiles in words: a table of environments and sizes for whoever reads, and the parts of it that differ. Pure.

Sizes are GiB and cores, as in the fields. No setting of KubeSpawner has its raw name here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hubs.spec.overrides import Override, size_in_bytes
from hubs.spec.profiles import Choice, Option, Profile, UnlistedChoice
from hubs.spec.types import MIB

Words = dict[str, str]  # name of an aspect -> what it is
Pools = Iterable[Mapping[str, Any]]  # node pools of a cluster: {"name", "nodeSelector"}
GPU, POOL, FIRST, GROUPS = "GPUs", "Node pool", "Chosen at first", "Only for"
ANYTHING = "what people type"
# What each setting is called; the others in plain words made of their names.
LABELS = {
    "image": "Image", "image_pull_policy": "Image pull policy", "default_url": "Opens with",
    "working_dir": "Working folder", "environment": "Environment variables", "init_containers": "Init containers",
    "extra_containers": "More containers", "uid": "User ID", "gid": "Group ID", "fs_gid": "Group ID of files",
    "cmd": "Command", "args": "Arguments", "http_timeout": "Time to answer", "start_timeout": "Start timeout",
    "mem_limit": "Memory limit", "mem_guarantee": "Guaranteed memory", "cpu_limit": "CPU limit",
    "cpu_guarantee": "Guaranteed CPU", "extra_resource_limits": "GPUs and other resources",
    "extra_resource_guarantees": "Guaranteed resources", "node_selector": "Node pool",
}  # fmt: skip
_SIZES = ("mem_limit", "mem_guarantee", "cpu_limit", "cpu_guarantee")


def gib(size: Any) -> str:
    """A size as KubeSpawner takes it: "1696M" -> "1.656 GiB"; what is none stays as it is."""
    try:
        mib = size_in_bytes(size) / MIB
    except ValueError:
        return "none" if size == 0 else str(size)
    return f"{mib:.4g} MiB" if mib < 1024 else f"{mib / 1024:.4g} GiB"


def cores(number: Any) -> str:
    """0.5 -> "half a core"; 2 -> "2 cores"."""
    known = {0.5: "half a core", 1: "1 core", 0: "none"}
    if isinstance(number, bool) or not isinstance(number, int | float):
        return str(number)
    return known.get(number) or f"{number:.4g} cores"


def _bounds(override: Override, short: str, read: Any) -> str:
    """ "2 GiB (1 GiB guaranteed)"; "" when nothing is said."""
    limit, sure = f"{short}_limit", f"{short}_guarantee"
    said_sure = override.get(sure) is not None
    if limit not in override:
        return f"at least {read(override[sure])}" if said_sure else "nothing guaranteed" if sure in override else ""
    if override[limit] is None:
        return f"no limit ({read(override[sure])} guaranteed)" if said_sure else "no limit"
    most = read(override[limit])
    if not said_sure:
        return f"up to {most}"
    least = str(read(override[sure]))
    return str(most) if least == most else f"{most} ({least.removesuffix(' cores')} guaranteed)"


def spelled(value: Any) -> str:
    """Any setting, to its last leaf, as text that a person can read."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_inside(one)}" for key, one in value.items()) or "none"
    if isinstance(value, list | tuple):
        return "; ".join(map(_inside, value)) or "none"
    if value is None or isinstance(value, bool):
        return {None: "not set", True: "yes", False: "no"}[value]
    return str(value)


def _inside(value: Any) -> str:
    return f"({spelled(value)})" if isinstance(value, dict | list | tuple) and value else spelled(value)


def _gpus(limits: Any) -> Words:
    """Graphics processors by count; everything else that Kubernetes counts by its name."""
    if not isinstance(limits, dict):
        return {"Other resources": spelled(limits)}
    found: Words = {}
    for name, count in limits.items():
        if str(name).endswith("/gpu"):
            found[GPU] = " and ".join(
                filter(None, [found.get(GPU, ""), f"{count} ({str(name).split('.')[0].upper()})"])
            )
        else:
            found["Other resources"] = ", ".join(filter(None, [found.get("Other resources", ""), f"{count} {name}"]))
    return found


def _pool(selector: Any, pools: Pools) -> str:
    """The pool's own name where staff gave it one; else the labels, without the part that says who made them up."""
    named = next((str(pool["name"]) for pool in pools if selector and pool.get("nodeSelector") == selector), "")
    if named or not isinstance(selector, dict):
        return named or spelled(selector)
    return ", ".join(f"{str(key).rpartition('/')[2]} {spelled(one)}" for key, one in selector.items()) or "any"


def label(name: str) -> str:
    """What a setting of KubeSpawner is called."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def server(override: Override, pools: Pools = ()) -> Words:
    """What a choice says of a server, by aspect: every setting is in one. {value} is what people type."""
    found: Words = {}
    if "image" in override:
        image = str(override["image"])
        found["Image"] = ANYTHING if image == "{value}" else image.replace("{value}", "…")
    for what, short, read in (("Memory", "mem", gib), ("CPU", "cpu", cores)):
        if words := _bounds(override, short, read):
            found[what] = words
    if "extra_resource_limits" in override:
        found |= _gpus(override["extra_resource_limits"])
    if "node_selector" in override:
        found[POOL] = _pool(override["node_selector"], pools)
    done = {"image", "extra_resource_limits", "node_selector", *_SIZES}
    for name, value in override.items():
        if name == "environment" and isinstance(value, dict):
            found[label(name)] = ", ".join(f"{key}={text}" for key, text in value.items()) or "none"
        elif name not in done:
            found[label(name)] = spelled(value)
    return found


# --- the table --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Row:
    """One way to answer a question, or a profile without questions."""

    name: str
    description: str
    first: bool
    groups: str  # "" for everybody
    image: str
    memory: str
    cpu: str
    more: list[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """The answers of one question. `columns`: which of image, memory and cpu any of them says."""

    question: str
    notes: list[str]
    rows: list[Row]
    columns: frozenset[str]


@dataclass(frozen=True)
class Card:
    """One profile: what its servers get in any case, and its questions."""

    own: Row
    tables: list[Table]


def _groups(part: Profile | Choice | UnlistedChoice) -> str:
    if part.allowed_groups is None:
        return ""
    return ", ".join(part.allowed_groups) or "nobody"


def _row(name: str, description: str, part: Profile | Choice | UnlistedChoice, pools: Pools, *, first: bool) -> Row:
    said = server(part.kubespawner_override, pools)
    image, memory, cpu = (said.pop(key, "") for key in ("Image", "Memory", "CPU"))
    return Row(name, description.strip(), first, _groups(part), image, memory, cpu, list(said.items()))


def _table(option: Option, pools: Pools) -> Table:
    choices = list(option.choices.values())
    usual = next((one for one in choices if one.default), choices[0] if choices else None)
    rows = [_row(one.display_name, one.description, one, pools, first=one is usual) for one in choices]
    if (free := option.unlisted_choice) and free.enabled:
        called = free.display_name_in_choices or free.display_name or "Another answer"
        rows.append(_row(called, free.description_in_choices or free.description, free, pools, first=not choices))
    notes = ["People may build an image from a repository."] if _builds(option) else []
    used = frozenset(key for key in ("image", "memory", "cpu", "more", "groups") if any(getattr(r, key) for r in rows))
    return Table(option.display_name, notes, rows, used)


def _builds(option: Option) -> bool:
    return bool(option.dynamic_image_building and option.dynamic_image_building.enabled)


def cards(profiles: tuple[Profile, ...], pools: Pools = ()) -> list[Card]:
    """The whole list as a person reads it, in its order."""
    pools = list(pools)
    usual = next((one for one in profiles if one.default), profiles[0] if profiles else None)
    return [
        Card(
            _row(one.display_name, one.description, one, pools, first=one is usual),
            [_table(option, pools) for option in one.profile_options.values()],
        )
        for one in profiles
    ]


class InWords(str):
    """A list of profiles in a line, with the table for whoever draws it."""

    cards: tuple[Card, ...]

    def __new__(cls, line: str, cards: Iterable[Card] = ()) -> "InWords":
        made = super().__new__(cls, line)
        made.cards = tuple(cards)
        return made


# --- what differs -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Part:
    """A profile, question, choice or free answer. `key` is the same in another version of it, `name` is for people."""

    key: tuple[str, ...]
    name: str
    words: Words = field(default_factory=dict)


def _said(part: Any) -> Words:
    """What a part says of itself, without its server and what is below it."""
    said = part.model_dump(mode="json")
    words: Words = {"Name": said.get("display_name", "")}
    labels = {"slug": "Short name", "description": "Description", "display_name_in_choices": "Name in the list",
              "description_in_choices": "Description in the list", "validation_regex": "Pattern",
              "validation_message": "What to say when it does not fit", "enabled": "Free answer"}  # fmt: skip
    for name, called in labels.items():
        if said.get(name) not in (None, "") and not (name == "description" and not said[name].strip()):
            words[called] = spelled(said[name])
    if said.get("default"):
        words[FIRST] = "yes"
    if said.get("allowed_groups") is not None:
        words[GROUPS] = ", ".join(said["allowed_groups"]) or "nobody"
    words |= {label(name): spelled(value) for name, value in (part.model_extra or {}).items()}
    return words | server(said.get("kubespawner_override") or {})


def _order(parts: Iterable[Any]) -> Words:
    names = [one.display_name for one in parts]
    return {"Order": ", ".join(names)} if len(names) > 1 else {}


def parts(profiles: tuple[Profile, ...]) -> Iterator[Part]:
    """Everything that such a list says, part by part. Two profiles of one name are two parts."""
    seen: dict[str, int] = {}
    for profile in profiles:
        own = profile.slug or profile.display_name
        seen[own] = seen.get(own, 0) + 1
        key, name = (own if seen[own] == 1 else f"{own} ({seen[own]})",), profile.display_name
        yield Part(key, name, _said(profile) | _order(profile.profile_options.values()))
        for option_key, option in profile.profile_options.items():
            at, asked = (*key, option_key), f"{name} › {option.display_name}"
            builds = {"Builds images": "yes"} if _builds(option) else {}
            yield Part(at, asked, _said(option) | builds | _order(option.choices.values()))
            for choice_key, choice in option.choices.items():
                yield Part((*at, "choices", choice_key), f"{asked} › {choice.display_name}", _said(choice))
            if free := option.unlisted_choice:
                called = free.display_name_in_choices or free.display_name or "Another answer"
                yield Part((*at, "free"), f"{asked} › {called}", _said(free))


def _summary(words: Words) -> str:
    told = [text if what in ("Image", "Memory", "CPU") else f"{what}: {text}" for what, text in words.items()
            if what not in ("Name", "Short name", "Order")]  # fmt: skip
    return " · ".join(told) or "as the hub has it"


def changed(old: tuple[Profile, ...], new: tuple[Profile, ...]) -> list[tuple[str, str, str]]:
    """(which part and what of it, before, after) in the order of the new list; "" where there was or will be nothing.
    A part that comes or goes is one line."""
    before, after = ({part.key: part for part in parts(profiles)} for profiles in (old, new))
    found: list[tuple[str, str, str]] = []
    for key in {**after, **before}:
        was, will = before.get(key), after.get(key)
        if was and will:
            for what in {**was.words, **will.words}:
                left, right = was.words.get(what, ""), will.words.get(what, "")
                if left != right and not (what == "Order" and sorted(left.split(", ")) != sorted(right.split(", "))):
                    found.append((f"{will.name} › {what}", left, right))
        elif part := was or will:
            words = _summary(part.words)
            found.append((part.name, words if was else "", words if will else ""))
    if [p.display_name for p in old] != [p.display_name for p in new] and before.keys() == after.keys():
        names = [", ".join(one.display_name for one in profiles) for profiles in (old, new)]
        if sorted(names[0]) == sorted(names[1]):
            found.append(("Order", names[0], names[1]))
    return found
