"""Profiles in words: tables of environments and sizes, and the differences between two lists. Pure.

Sizes are in GiB and cores, as in the fields. No setting of KubeSpawner is shown with its raw name.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hubs.language import _, lazy, listed, within
from hubs.spec.amounts import amount, decimal
from hubs.spec.overrides import Override, size_in_bytes
from hubs.spec.profiles import Choice, Option, Profile, UnlistedChoice
from hubs.spec.types import MIB

Words = dict[str, str]  # name of an aspect -> what it is
Pools = Iterable[Mapping[str, Any]]  # node pools of a cluster: {"name", "nodeSelector"}
# Labels that are keys of `Words`, too: str() of them.
IMAGE, MEMORY, CPU = lazy("Image"), lazy("Memory"), lazy("CPU")
GPU, POOL, OTHERS = lazy("GPUs"), lazy("Node pool"), lazy("Other resources")
NAME, SHORT_NAME, ORDER = lazy("Name"), lazy("Short name"), lazy("Order")
# Labels of settings; those of other settings are made from their names.
LABELS = {
    "image": IMAGE, "image_pull_policy": lazy("Image pull policy"), "default_url": lazy("Opens with"),
    "working_dir": lazy("Working directory"), "environment": lazy("Environment variables"),
    "init_containers": lazy("Init containers"), "extra_containers": lazy("Extra containers"), "uid": lazy("User ID"),
    "gid": lazy("Group ID"), "fs_gid": lazy("Group ID of files"), "cmd": lazy("Command"), "args": lazy("Arguments"),
    "http_timeout": lazy("HTTP timeout"), "start_timeout": lazy("Start timeout"), "mem_limit": lazy("Memory limit"),
    "mem_guarantee": lazy("Guaranteed memory"), "cpu_limit": lazy("CPU limit"),
    "cpu_guarantee": lazy("Guaranteed CPU"), "extra_resource_limits": lazy("GPUs and other resources"),
    "extra_resource_guarantees": lazy("Guaranteed resources"), "node_selector": POOL,
}  # fmt: skip
_SIZES = ("mem_limit", "mem_guarantee", "cpu_limit", "cpu_guarantee")


def gib(size: Any) -> str:
    """Return a size in KubeSpawner's notation as text: "1696M" -> "1.656 GiB". Invalid sizes stay as they are."""
    try:
        mib = size_in_bytes(size) / MIB
    except ValueError:
        return within("size", "none") if size == 0 else str(size)
    return f"{decimal(mib)} MiB" if mib < 1024 else f"{decimal(mib / 1024)} GiB"


def cores(number: Any, *, unit: bool = True) -> str:
    """Return a number of cores as text: 0.5 -> "half a core"; 2 -> "2 cores", or "2" without `unit`."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        return str(number)
    if number == 0:
        return within("size", "none")
    if unit or number in (0.5, 1):
        return _("half a core") if number == 0.5 else amount(float(f"{number:.4g}"), "cores")
    return decimal(number)


def _bounds(override: Override, short: str, read: Any) -> str:
    """Return limit and guarantee as text: "2 GiB (1 GiB guaranteed)"; "" if neither is set."""
    limit, sure = f"{short}_limit", f"{short}_guarantee"
    said_sure = override.get(sure) is not None
    if limit not in override:
        if said_sure:
            return _("at least {size}", size=read(override[sure]))
        return _("no guarantee") if sure in override else ""
    if override[limit] is None:
        return _("no limit ({size} guaranteed)", size=read(override[sure])) if said_sure else _("no limit")
    most = read(override[limit])
    if not said_sure:
        return _("up to {size}", size=most)
    if read(override[sure]) == most:
        return str(most)
    least = cores(override[sure], unit=False) if short == "cpu" else read(override[sure])
    return _("{most} ({sure} guaranteed)", most=most, sure=least)


def spelled(value: Any) -> str:
    """Return any setting, with everything inside it, as readable text."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_inside(one)}" for key, one in value.items()) or _("none")
    if isinstance(value, list | tuple):
        return "; ".join(map(_inside, value)) or _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _("not set") if value is None else str(value)


def _inside(value: Any) -> str:
    return f"({spelled(value)})" if isinstance(value, dict | list | tuple) and value else spelled(value)


def _gpus(limits: Any) -> Words:
    """Return GPUs by count, and other extended resources by name."""
    if not isinstance(limits, dict):
        return {str(OTHERS): spelled(limits)}
    found: dict[str, list[str]] = {}
    for name, count in limits.items():
        if str(name).endswith("/gpu"):
            found.setdefault(str(GPU), []).append(f"{count} ({str(name).split('.')[0].upper()})")
        else:
            found.setdefault(str(OTHERS), []).append(f"{count} {name}")
    return {what: listed(each) if what == str(GPU) else ", ".join(each) for what, each in found.items()}


def _pool(selector: Any, pools: Pools) -> str:
    """Return the pool's name if staff named it, else the labels, without their prefixes."""
    named = next((str(pool["name"]) for pool in pools if selector and pool.get("nodeSelector") == selector), "")
    if named or not isinstance(selector, dict):
        return named or spelled(selector)
    return ", ".join(f"{str(key).rpartition('/')[2]} {spelled(one)}" for key, one in selector.items()) or _("any")


def label(name: str) -> str:
    """Return the label of a setting of KubeSpawner."""
    return str(LABELS.get(name) or name.replace("_", " ").capitalize())


def server(override: Override, pools: Pools = ()) -> Words:
    """Return the settings of a server by label. Every setting is included; {value} stands for what people type."""
    found: Words = {}
    if "image" in override:
        image = str(override["image"])
        found[str(IMAGE)] = _("what people type") if image == "{value}" else image.replace("{value}", "…")
    for what, short, read in ((MEMORY, "mem", gib), (CPU, "cpu", cores)):
        if words := _bounds(override, short, read):
            found[str(what)] = words
    if "extra_resource_limits" in override:
        found |= _gpus(override["extra_resource_limits"])
    if "node_selector" in override:
        found[str(POOL)] = _pool(override["node_selector"], pools)
    done = {"image", "extra_resource_limits", "node_selector", *_SIZES}
    for name, value in override.items():
        if name == "environment" and isinstance(value, dict):
            found[label(name)] = ", ".join(f"{key}={text}" for key, text in value.items()) or _("none")
        elif name not in done:
            found[label(name)] = spelled(value)
    return found


# --- the table --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Row:
    """A choice of an option, or a profile without options."""

    name: str
    description: str
    first: bool
    groups: str  # "" for everyone
    image: str
    memory: str
    cpu: str
    more: list[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """The choices of an option. `columns` are the attributes of Row that any of them has."""

    question: str
    notes: list[str]
    rows: list[Row]
    columns: frozenset[str]


@dataclass(frozen=True)
class Card:
    """One profile: what its servers always get, and its options."""

    own: Row
    tables: list[Table]


def _groups(part: Profile | Choice | UnlistedChoice) -> str:
    return "" if part.allowed_groups is None else ", ".join(part.allowed_groups) or _("no one")


def _row(name: str, description: str, part: Profile | Choice | UnlistedChoice, pools: Pools, *, first: bool) -> Row:
    said = server(part.kubespawner_override, pools)
    image, memory, cpu = (said.pop(str(key), "") for key in (IMAGE, MEMORY, CPU))
    return Row(name, description.strip(), first, _groups(part), image, memory, cpu, list(said.items()))


def _table(option: Option, pools: Pools) -> Table:
    choices = list(option.choices.values())
    usual = next((one for one in choices if one.default), choices[0] if choices else None)
    rows = [_row(one.display_name, one.description, one, pools, first=one is usual) for one in choices]
    if (free := option.unlisted_choice) and free.enabled:
        called = free.display_name_in_choices or free.display_name or _("Another answer")
        rows.append(_row(called, free.description_in_choices or free.description, free, pools, first=not choices))
    notes = [_("People can build an image from a repository.")] if _builds(option) else []
    used = frozenset(key for key in ("image", "memory", "cpu", "more", "groups") if any(getattr(r, key) for r in rows))
    return Table(option.display_name, notes, rows, used)


def _builds(option: Option) -> bool:
    return bool(option.dynamic_image_building and option.dynamic_image_building.enabled)


def cards(profiles: tuple[Profile, ...], pools: Pools = ()) -> list[Card]:
    """Return a card for each profile, in the order of the list."""
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
    """A list of profiles as one line of text, with the cards for templates that show them."""

    cards: tuple[Card, ...]

    def __new__(cls, line: str, cards: Iterable[Card] = ()) -> "InWords":
        made = super().__new__(cls, line)
        made.cards = tuple(cards)
        return made


# --- what differs -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Part:
    """A profile, option, choice or free answer. `key` is the same in all versions of it, `name` is for people."""

    key: tuple[str, ...]
    name: str
    words: Words = field(default_factory=dict)


def _said(part: Any) -> Words:
    """Return the settings of a part and its server by label, without what is below it."""
    said = part.model_dump(mode="json")
    words: Words = {str(NAME): said.get("display_name", "")}
    labels = {
        "slug": str(SHORT_NAME), "description": _("Description"), "display_name_in_choices": _("Name in the list"),
        "description_in_choices": _("Description in the list"), "validation_regex": _("Pattern"),
        "validation_message": _("Error message"), "enabled": _("Free answer"),
    }  # fmt: skip
    for name, called in labels.items():
        if said.get(name) not in (None, "") and not (name == "description" and not said[name].strip()):
            words[called] = spelled(said[name])
    if said.get("default"):
        words[_("Default")] = _("yes")
    if said.get("allowed_groups") is not None:
        words[_("Only for")] = ", ".join(said["allowed_groups"]) or _("no one")
    words |= {label(name): spelled(value) for name, value in (part.model_extra or {}).items()}
    return words | server(said.get("kubespawner_override") or {})


def _order(parts: Iterable[Any]) -> Words:
    names = [one.display_name for one in parts]
    return {str(ORDER): ", ".join(names)} if len(names) > 1 else {}


def parts(profiles: tuple[Profile, ...]) -> Iterator[Part]:
    """Yield every part of a list. Two profiles with the same name are two parts."""
    seen: dict[str, int] = {}
    for profile in profiles:
        own = profile.slug or profile.display_name
        seen[own] = seen.get(own, 0) + 1
        key, name = (own if seen[own] == 1 else f"{own} ({seen[own]})",), profile.display_name
        yield Part(key, name, _said(profile) | _order(profile.profile_options.values()))
        for option_key, option in profile.profile_options.items():
            at, asked = (*key, option_key), f"{name} › {option.display_name}"
            builds = {_("Builds images"): _("yes")} if _builds(option) else {}
            yield Part(at, asked, _said(option) | builds | _order(option.choices.values()))
            for choice_key, choice in option.choices.items():
                yield Part((*at, "choices", choice_key), f"{asked} › {choice.display_name}", _said(choice))
            if free := option.unlisted_choice:
                called = free.display_name_in_choices or free.display_name or _("Another answer")
                yield Part((*at, "free"), f"{asked} › {called}", _said(free))


def _summary(words: Words) -> str:
    told = [text if what in (IMAGE, MEMORY, CPU) else f"{what}: {text}" for what, text in words.items()
            if what not in (NAME, SHORT_NAME, ORDER)]  # fmt: skip
    return " · ".join(told) or _("hub default")


def changed(old: tuple[Profile, ...], new: tuple[Profile, ...]) -> list[tuple[str, str, str]]:
    """Return (part and setting, before, after) of each difference, in the order of the new list; "" stands for nothing.
    An added or removed part is one difference."""
    before, after = ({part.key: part for part in parts(profiles)} for profiles in (old, new))
    found: list[tuple[str, str, str]] = []
    for key in {**after, **before}:
        was, will = before.get(key), after.get(key)
        if was and will:
            for what in {**was.words, **will.words}:
                left, right = was.words.get(what, ""), will.words.get(what, "")
                if left != right and not (what == ORDER and sorted(left.split(", ")) != sorted(right.split(", "))):
                    found.append((f"{will.name} › {what}", left, right))
        elif part := was or will:
            words = _summary(part.words)
            found.append((part.name, words if was else "", words if will else ""))
    if [p.display_name for p in old] != [p.display_name for p in new] and before.keys() == after.keys():
        names = [", ".join(one.display_name for one in profiles) for profiles in (old, new)]
        if sorted(names[0]) == sorted(names[1]):
            found.append((str(ORDER), names[0], names[1]))
    return found
