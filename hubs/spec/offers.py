"""Which profiles, choices and free answers of a hub are offered to whom. Pure.

`allowed_groups` lists the groups of the hub that can use one: without it (or with null), everyone can; with an empty
list, no one can. KubeSpawner ignores it, so each hub's own process runs this file (people_servers.py): the portal's
preview, the hub's page and its check at each start agree. It imports only the standard library, and reads profiles in
KubeSpawner's format.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from unicodedata import normalize

Tree = Mapping[str, Any]
FREE = "unlisted-choice"
# Groups that the portal's sign-in sends for roles: members have access, or are admins of the hub. No other group has
# these names.
OF_ROLES = ("users", "admins")
Say = Callable[..., str]  # a sentence and its named values -> the sentence in a person's language


def lazy(sentence: str, /) -> str:
    """Mark a sentence for the catalogues of translations. It stays English, because no Django is here."""
    return sentence


NOTHING = lazy(
    "All servers of this hub are restricted to certain groups, and you are not in any of them. Ask a hub admin to add "
    "you."
)
NOT_YOURS = lazy(
    "“{name}” is restricted to certain groups of this hub, and you are not in any of them. Choose something else on "
    "the start page, or ask a hub admin to add you."
)
GONE = lazy("What you chose is not available on this hub. Choose again on the start page.")
UNANSWERED = lazy("“{name}” needs an answer. Choose one on the start page.")
UNFIT = lazy("“{name}” does not accept this answer. Enter another one on the start page.")
NAMELESS = lazy("This choice")


def in_english(sentence: str, /, **values: str) -> str:
    return sentence.format(**values)


def group_key(name: str) -> str:
    """Return a key for comparing names of groups: case and extra spaces are ignored."""
    return " ".join(normalize("NFC", name).split()).casefold()


def is_for(rule: Tree, groups: Iterable[str]) -> bool:
    """Whether a member of these groups can use this profile, choice or free answer. No if the rule is invalid."""
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
    """Return the free answer of an option; {} if it has none."""
    free = option.get("unlisted_choice")
    return free if isinstance(free, Mapping) and free.get("enabled") else {}


def _only(option: Tree, allow: Callable[[Tree], bool]) -> dict[str, Any]:
    """Return an option with its allowed choices. KubeSpawner's page needs `choices` even if it is empty. A rule of the
    option itself applies to all of them: the portal refuses one, but older lists may have it."""
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
    """Return the profiles and choices that are available to a member of these groups, in order. Options without any
    available choice are left out: their profile starts without them. If the default is not available, the first one
    that is becomes the default, as in KubeSpawner."""
    groups = list(groups)
    return _those(profiles, lambda rule: is_for(rule, groups))


def everything(profiles: Iterable[Any]) -> list[dict[str, Any]]:
    """Return all profiles in the format of `offered`, for all groups: without invalid entries, such as null, and
    without empty short names, which a page would send as no choice."""
    return _those(profiles, lambda rule: True)


def apart(profiles: Iterable[Any], slug_of: Callable[[str], str]) -> list[Any]:
    """Return the profiles with unique short names. KubeSpawner derives one from the name (`slug_of`), and of two equal
    ones it would always start the first. The first one keeps its own."""
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
    """Return the default of these profiles or choices; None if there are none."""
    items = list(items)
    return next((one for one in items if one.get("default")), items[0] if items else None)


def refusal(profiles: Iterable[Any], groups: Iterable[str], answers: Tree, say: Say = in_english) -> str:
    """Return why a member of these groups can't start a server with these answers, as a sentence for them, or "" if
    they can. `profiles` come from `everything`, with short names; `answers` are KubeSpawner's `user_options`, which are
    not trusted. `say` translates."""
    known, groups = list(profiles), list(groups)
    theirs = [one for one in known if is_for(one, groups)]
    if not theirs:
        return say(NOTHING) if known else ""
    slug = answers.get("profile")
    chosen = next((one for one in theirs if one.get("slug") == slug), None) if slug else first(theirs)
    if chosen is None:
        hidden = next((one for one in known if one.get("slug") == slug), None)
        return say(NOT_YOURS, name=_name(hidden, say)) if hidden else say(GONE)
    options = chosen.get("profile_options", {})
    wrong = (_refused(name, one, groups, answers if slug else {}, say) for name, one in options.items())
    return next(filter(None, wrong), "")


def _name(tree: Tree, say: Say = in_english) -> str:
    return str(tree.get("display_name") or say(NAMELESS))


def _refused(name: str, option: Tree, groups: Sequence[str], answers: Tree, say: Say) -> str:
    """Return the same for one option."""
    typed, given, free = answers.get(f"{name}--{FREE}"), answers.get(name), _free(option)
    shown = _only(option, lambda rule: is_for(rule, groups))
    if typed:
        if free and "unlisted_choice" not in shown:
            return say(NOT_YOURS, name=str(free.get("display_name_in_choices") or _name(option, say)))
        pattern = str(free.get("validation_regex") or "")
        if not free or not isinstance(typed, str) or not re.match(pattern, typed):
            return f"{say(UNFIT, name=_name(option, say))} {free.get('validation_message') or ''}".rstrip()
    if given:
        choice = _maps(option, "choices").get(given) if isinstance(given, str) else None
        if choice is None:
            return say(GONE)
        if given not in shown["choices"]:
            return say(NOT_YOURS, name=_name(choice, say))
    if not typed and not given and _answers(shown) and not shown["choices"]:
        return say(UNANSWERED, name=_name(option, say))
    return ""
