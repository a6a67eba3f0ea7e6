"""Warnings about the groups that profiles, choices and free answers are restricted to. Pure. They are not errors,
because people may be added to a group later. offers.py decides who sees a choice."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from hubs.language import _, lazy
from hubs.spec.amounts import either
from hubs.spec.offers import OF_ROLES, group_key
from hubs.spec.profile_outline import Loc, Problem
from hubs.spec.profiles import Choice, Profile, UnlistedChoice
from hubs.spec.sign_in import ANY_NAME, SignIn

NOBODY = lazy("The list of groups is empty, so no one can choose this. Remove the list to offer it to everyone.")
WITHOUT = lazy("People sign in without an account, so they are not in any group. No one sees this.")
UNSAID = lazy(
    "This sign-in method does not provide groups. People are only in the groups that the hub’s people list has for the "
    "name they sign in with, and in groups that hub admins put them into."
)
CHOSEN = lazy(
    "People choose their own names with this sign-in method, so anyone can sign in with a name on the hub’s people "
    "list and get its groups. Use another sign-in method if this must not be open to everyone."
)
SHARED = lazy(
    "Both the hub’s people list and the sign-in service put people into this group. If people can create groups at "
    "that service themselves, give this group another name."
)


@dataclass(frozen=True)
class GroupWarning(Problem):
    name: str  # of the profile, choice or free answer


def rules(profiles: Collection[Profile]) -> Iterator[tuple[Loc, str, Profile | Choice | UnlistedChoice]]:
    """Yield (path, name, object) of everything that can be restricted to groups, in order."""
    for number, profile in enumerate(profiles):
        yield (number,), profile.display_name, profile
        for key, option in profile.profile_options.items():
            within = (number, "profile_options", key)
            for name, choice in option.choices.items():
                yield (*within, "choices", name), f"{profile.display_name}: {choice.display_name}", choice
            if (free := option.unlisted_choice) and free.enabled:
                called = free.display_name_in_choices or option.display_name
                yield (*within, "unlisted_choice"), f"{profile.display_name}: {called}", free


def groups_named(profiles: Collection[Profile]) -> list[str]:
    """Return every group that a rule names, once, in its first spelling."""
    found: dict[str, str] = {}
    for *_path, rule in rules(profiles):
        for name in rule.allowed_groups or ():
            found.setdefault(group_key(name), name)
    return [name for key, name in found.items() if key]


def brings_groups(sign_in: SignIn) -> bool:
    """Return whether an external sign-in service provides groups, so that the hub's list may not have all of them."""
    return sign_in.method != "portal" and sign_in.tells_groups


def warnings(profiles: Collection[Profile], sign_in: SignIn, on_list: Collection[str] | None) -> list[GroupWarning]:
    """Return at most one warning per rule, in order. `on_list` are the groups of the hub's list that have members, None
    if there is no list yet."""
    roles = OF_ROLES if sign_in.method == "portal" else ()
    known = {group_key(name) for name in (*(on_list or ()), *roles)}
    found = []
    for path, name, rule in rules(profiles):
        if rule.allowed_groups is None:
            continue
        said = [one for one in rule.allowed_groups if group_key(one)]
        empty = [one for one in said if group_key(one) not in known]
        message = ""
        if not said:
            message = NOBODY
        elif sign_in.method == "tmp":
            message = WITHOUT
        elif on_list is not None and empty and not brings_groups(sign_in):
            message = _of_list(empty, alone=len(empty) == len(said))
        elif sign_in.method in ANY_NAME:
            message = CHOSEN
        elif brings_groups(sign_in):
            message = SHARED if len(empty) < len(said) else ""
        elif sign_in.method != "portal":
            message = UNSAID
        if message:
            found.append(GroupWarning(path, str(message), name))
    return found


def _of_list(empty: list[str], *, alone: bool) -> str:
    named = either(f"“{one}”" for one in empty[:5])
    if alone:
        return _("No one on this hub’s people list is in {groups}, so no one sees this yet.", groups=named)
    return _("No one on this hub’s people list is in {groups} yet.", groups=named)
