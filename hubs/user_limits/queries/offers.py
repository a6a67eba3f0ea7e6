"""Who sees which server options of a hub, and which ones no one sees. Reads only."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from hubs.models import Hub
from hubs.roster.queries.people import groups_of, on_list, people_of
from hubs.spec.group_rules import GroupWarning, brings_groups, groups_named, rules, warnings
from hubs.spec.offers import OF_ROLES, first, group_key, is_for, offered
from hubs.spec.profile_doubts import doubts
from hubs.spec.profiles import Profile, as_values
from hubs.spec.sign_in import SignIn
from hubs.user_limits.rules import ADMINS, USERS


def group_warnings(profiles: Collection[Profile], sign_in: SignIn, hub: Hub | None) -> list[GroupWarning]:
    """Return warnings about these profiles, compared with the hub's list if there is one. At most one query."""
    ruled = groups_named(profiles)
    found = warnings(profiles, sign_in, groups_of(hub) if hub and ruled else None if hub is None else ())
    return [*found, *(GroupWarning(path, said, name) for path, name, said in doubts(profiles))]


def groups_of_person(hub: Hub, name: str) -> list[str]:
    """Return the groups that the hub will have for this person, as far as the portal knows: those of its list, and of
    their role if people sign in through the portal. Sorted, in the spelling of the list."""
    known = people_of(hub, [name])[name]
    of_role = {USERS: OF_ROLES[:1], ADMINS: OF_ROLES} if hub.spec.signIn.method == "portal" else {}
    roles = {one for role in known.groups for one in of_role.get(role, ())}
    return sorted({*on_list(known), *roles}, key=group_key)


def groups_to_choose(hub: Hub, *, of_list: bool) -> list[str]:
    """Return groups to preview profiles for, without duplicates: those that rules name and, with `of_list`, those of
    the hub's list (only for people who may read it)."""
    roles = OF_ROLES if hub.spec.signIn.method == "portal" else ()
    names = [*(groups_of(hub) if of_list else ()), *groups_named(hub.spec.singleuser.profileList), *roles]
    return list({group_key(name): name for name in reversed(names)}.values())[::-1]


def as_spelled(name: str, names: Iterable[str]) -> str:
    """Return a group's name in the spelling of one of these names, or unchanged if none is the same."""
    return next((one for one in names if group_key(one) == group_key(name)), name)


@dataclass(frozen=True)
class Question:
    """One profile option as a person sees it. `first` is the default choice."""

    name: str
    choices: list[str]
    free: str  # label of the free-text choice; "" if there is none
    first: str


@dataclass(frozen=True)
class Card:
    name: str
    first: bool
    questions: list[Question]


@dataclass(frozen=True)
class Hidden:
    """A server option that the person doesn't see, and the groups that do."""

    name: str
    groups: list[str]


@dataclass(frozen=True)
class Seen:
    """What people in these groups can start. `incomplete`: the sign-in adds groups that the portal can't know."""

    groups: list[str]
    cards: list[Card]
    hidden: list[Hidden]
    incomplete: bool


def _question(option: dict[str, Any]) -> Question:
    choices, free = list(option["choices"].values()), option.get("unlisted_choice") or {}
    called = str(free.get("display_name_in_choices") or "Other...") if free else ""
    chosen = first(choices)
    names = [str(one["display_name"]) for one in choices]
    return Question(str(option["display_name"]), names, called, str(chosen["display_name"]) if chosen else called)


def seen(hub: Hub, groups: Collection[str]) -> Seen:
    """Return what the hub's start page shows and hides for people in these groups. No query."""
    profiles = hub.spec.singleuser.profileList
    shown = offered(as_values(profiles), groups)
    start = first(shown)
    cards = [
        Card(one["display_name"], one is start, [_question(asked) for asked in one.get("profile_options", {}).values()])
        for one in shown
    ]
    hidden: dict[tuple[str | int, ...], Hidden] = {}
    for path, name, rule in rules(profiles):
        if path[:1] not in hidden and not is_for({"allowed_groups": rule.allowed_groups}, groups):
            hidden[path] = Hidden(name, list(rule.allowed_groups or ()))
    return Seen(sorted(groups, key=group_key), cards, list(hidden.values()), brings_groups(hub.spec.signIn))
