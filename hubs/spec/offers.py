"""Which profiles, choices and free answers of a hub are offered to whom. Pure.

`allowed_groups` says for which groups of the hub one is: without it (or with null) it is for everybody, with an empty
list for nobody. KubeSpawner ignores it, so each hub's own process runs this very file (people_servers.py): what a
preview of the portal shows is what a hub's page shows and what its start accepts. It imports the standard library
alone, and takes profiles as KubeSpawner writes them.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from unicodedata import normalize

Tree = Mapping[str, Any]
FREE = "unlisted-choice"
# What the portal's sign-in tells a hub about roles: whoever is in these may enter, or is an admin of the hub. No other
# group is called so.
OF_ROLES = ("users", "admins")
NOTHING = (
    "Every server of this hub is only for certain groups, and you are in none of them. Ask the person who runs this "
    "hub to add you."
)
NOT_YOURS = (
    "“{}” is only for certain groups of this hub, and you are in none of them. Choose something else on the start "
    "page, or ask the person who runs this hub to add you."
)
GONE = "This hub does not offer what you chose. Choose again on the start page."
UNANSWERED = "“{}” needs an answer. Choose on the start page."
UNFIT = "“{}” does not take this answer. Write another one on the start page."


def group_key(name: str) -> str:
    """Two spellings of a group are one group when this is the same: capitals and blanks do not count."""
    return " ".join(normalize("NFC", name).split()).casefold()


def is_for(rule: Tree, groups: Iterable[str]) -> bool:
    """Is this profile, choice or free answer for somebody in these groups? What can't be read is for nobody."""
    allowed = rule.get("allowed_groups")
    if allowed is None:
        return True
    named = [allowed] if isinstance(allowed, str) else allowed if isinstance(allowed, Sequence) else ()
    keys = {group_key(name) for name in named if isinstance(name, str)} - {""}
    return not keys.isdisjoint(map(group_key, groups))


def _maps(tree: Tree, key: str) -> dict[str, Tree]:
    found = tree.get(key)
    entries = found.items() if isinstance(found, Mapping) else ()
    return {name: one for name, one in entries if isinstance(one, Mapping)}


def _free(option: Tree) -> Tree:
    """The free answer of an option, where it has one."""
    free = option.get("unlisted_choice")
    return free if isinstance(free, Mapping) and free.get("enabled") else {}


def _only(option: Tree, allow: Callable[[Tree], bool]) -> dict[str, Any]:
    """KubeSpawner's page needs choices also where all answers are free. A rule of the option itself holds for each: the
    portal takes none, and a list from before may have one."""
    mine = allow(option)
    shown = {key: value for key, value in option.items() if key != "unlisted_choice"}
    shown["choices"] = {name: one for name, one in _maps(option, "choices").items() if mine and allow(one)}
    if mine and (free := _free(option)) and allow(free):
        shown["unlisted_choice"] = free
    return shown


def _answers(option: Tree) -> bool:
    return bool(option["choices"]) or "unlisted_choice" in option


def _those(profiles: Iterable[Any], allow: Callable[[Tree], bool]) -> list[dict[str, Any]]:
    found = []
    for profile in profiles:
        if isinstance(profile, Mapping) and allow(profile):
            shown = {key: value for key, value in profile.items() if value or key != "slug"}
            if "profile_options" in shown:
                options = {name: _only(one, allow) for name, one in _maps(profile, "profile_options").items()}
                shown["profile_options"] = {name: one for name, one in options.items() if _answers(one)}
            found.append(shown)
    return found


def offered(profiles: Iterable[Any], groups: Iterable[str]) -> list[dict[str, Any]]:
    """The profiles that somebody in these groups may start, with the choices that they may make, in order. An option
    in which nothing is left to choose is left out: its profile starts without it. Where the one that is chosen at
    first is not offered, it is the first of those that are, as KubeSpawner does it."""
    groups = list(groups)
    return _those(profiles, lambda rule: is_for(rule, groups))


def everything(profiles: Iterable[Any]) -> list[dict[str, Any]]:
    """All profiles as `offered` writes them, for whomever: without what is no profile or choice, such as null, and
    without empty short names, which a page would send as no choice."""
    return _those(profiles, lambda rule: True)


def apart(profiles: Iterable[Any], slug_of: Callable[[str], str]) -> list[Any]:
    """Each profile with a short name that no other has: KubeSpawner makes one of a name (`slug_of`), and of two that
    are alike it would start the first whichever is chosen. The first keeps its own."""
    found: list[Any] = []
    taken: set[str] = set()
    for profile in profiles:
        if not isinstance(profile, Mapping):
            found.append(profile)
            continue
        wanted = str(profile.get("slug") or slug_of(_name(profile)) or "profile")
        slug, number = wanted, 2
        while slug in taken:
            slug, number = f"{wanted}-{number}", number + 1
        taken.add(slug)
        found.append({**profile, "slug": slug})
    return found


def first(items: Iterable[Tree]) -> Tree | None:
    """Which of the profiles or choices is chosen at first; None when there are none."""
    items = list(items)
    return next((one for one in items if one.get("default")), items[0] if items else None)


def refusal(profiles: Iterable[Any], groups: Iterable[str], answers: Tree) -> str:
    """Why somebody in these groups starts nothing with these answers, as a sentence for them; "" when they may.
    `profiles` are `everything` with their short names; `answers` are KubeSpawner's `user_options`, whoever wrote
    them."""
    known, groups = list(profiles), list(groups)
    theirs = [one for one in known if is_for(one, groups)]
    if not theirs:
        return NOTHING if known else ""
    slug = answers.get("profile")
    chosen = next((one for one in theirs if one.get("slug") == slug), None) if slug else first(theirs)
    if chosen is None:
        hidden = next((one for one in known if one.get("slug") == slug), None)
        return NOT_YOURS.format(_name(hidden)) if hidden else GONE
    options = chosen.get("profile_options", {})
    wrong = (_refused(name, one, groups, answers if slug else {}) for name, one in options.items())
    return next(filter(None, wrong), "")


def _name(tree: Tree) -> str:
    return str(tree.get("display_name") or "This choice")


def _refused(name: str, option: Tree, groups: Sequence[str], answers: Tree) -> str:
    """The same for one option."""
    typed, given, free = answers.get(f"{name}--{FREE}"), answers.get(name), _free(option)
    shown = _only(option, lambda rule: is_for(rule, groups))
    if typed:
        if free and "unlisted_choice" not in shown:
            return NOT_YOURS.format(str(free.get("display_name_in_choices") or _name(option)))
        pattern = str(free.get("validation_regex") or "")
        if not free or not isinstance(typed, str) or not re.match(pattern, typed):
            return f"{UNFIT.format(_name(option))} {free.get('validation_message') or ''}".rstrip()
    if given:
        choice = _maps(option, "choices").get(given) if isinstance(given, str) else None
        if choice is None:
            return GONE
        if given not in shown["choices"]:
            return NOT_YOURS.format(_name(choice))
    if not typed and not given and _answers(shown) and not shown["choices"]:
        return UNANSWERED.format(_name(option))
    return ""
