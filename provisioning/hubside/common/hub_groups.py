"""Groups of a hub's people, in its own process. Loaded by `jupyterhub`: not a module of the portal.

A person's groups come from three sources: the hub's people list in the portal, the sign-in (JupyterHub's
manage_groups), and hub admins, who set them manually. JupyterHub replaces all of them with those of the sign-in. Here
each source only removes what it added itself. It imports only what is installed where the hub runs, and no modules of
the portal.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from jupyterhub import orm  # type: ignore[import-untyped]

LIST, SIGN_IN = "list", "sign-in"  # sources of groups, in addition to hub admins


class Ledger:
    """The sources of groups: {source: {person: [names]}}, in a file next to the hub's database."""

    def __init__(self, path: Path, begin: Mapping[str, Mapping[str, list[str]]]) -> None:
        """`begin`: the content if there is no file yet."""
        self.path = path
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            kept = begin
        except (OSError, ValueError):
            kept = {}
        places = kept if isinstance(kept, Mapping) else {}
        self.places: dict[str, dict[str, list[str]]] = {
            place: dict(found) if isinstance(found := places.get(place), Mapping) else {} for place in (LIST, SIGN_IN)
        }
        if path.parent.is_dir():
            self.write()

    def of(self, place: str, person: str) -> set[str]:
        return set(self.places[place].get(person, ()))

    def keep(self, person: str, groups: Mapping[str, Iterable[str]]) -> None:
        """Save groups, atomically, if they changed. Raise OSError."""
        new = {place: sorted(names) for place, names in groups.items()}
        if all(self.places[place].get(person, []) == names for place, names in new.items()):
            return
        for place, names in new.items():
            self.places[place].pop(person, None)
            if names:
                self.places[place][person] = names
        self.write()

    def write(self) -> None:
        new = self.path.with_name(f".{self.path.name}.new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(self.places, file)
        new.replace(self.path)


def said_before(database: Path) -> dict[str, dict[str, list[str]]]:
    """Return the first ledger of a hub that manages groups by sign-in and ran without a ledger: all groups came from
    the sign-in, because JupyterHub removed the others."""
    if not database.exists():
        return {}
    found: dict[str, list[str]] = {}
    query = (
        "select users.name, groups.name from user_group_map "
        "join users on users.id = user_group_map.user_id join groups on groups.id = user_group_map.group_id"
    )
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            for person, group in connection.execute(query):
                found.setdefault(person, []).append(group)
    except sqlite3.Error:
        return {}
    return {SIGN_IN: found}


class Groups:
    """Puts people into groups of the hub. With `roles`, groups come from the portal's sign-in: groups of roles always
    follow it, and the others are from the people list. `rule` is offers.py, by which the portal and the hub's servers
    also compare names of groups."""

    def __init__(self, ledger: Ledger, rule: Any, *, roles: bool) -> None:
        self.ledger, self.key, self.of_roles, self.roles = ledger, rule.group_key, rule.OF_ROLES, roles
        self._sync: Callable[[Any, Iterable[str]], None] = lambda user, names: user.sync_groups(names)

    def take_over(self, user_class: Any) -> None:
        """Replace User.sync_groups, which JupyterHub calls with all groups from the sign-in at each sign-in and
        refresh."""
        self._sync = user_class.sync_groups
        user_class.sync_groups = lambda user, names: self.by_sign_in(user, list(names or ()))

    def by_sign_in(self, user: Any, names: list[str]) -> None:
        if not self.roles:
            self._put(user, {SIGN_IN: names})
            return
        said = [name for name in names if name in self.of_roles]
        self._put(user, {SIGN_IN: said, LIST: self._in_the_hub(user, names)})

    def by_list(self, user: Any, names: list[str]) -> None:
        """Set the groups that the portal returned for this person. Raise OSError."""
        self._put(user, {LIST: self._in_the_hub(user, names)})

    def _of_role(self, name: str) -> bool:
        return self.key(name) in self.of_roles

    def _in_the_hub(self, user: Any, listed: list[str]) -> list[str]:
        """Return these groups as spelled in the hub, if they exist there: "Lab B" is the group "lab b" that an admin
        created. Groups of roles are excluded."""
        names = [name for name in listed if not self._of_role(name)]
        have = {group.name for group in user.groups}
        if have.issuperset(names):
            return names
        known: dict[str, str] = {}
        for [name] in user.db.query(orm.Group.name).order_by(orm.Group.id):
            known.setdefault(self.key(name), name)
            if name in names:
                known[self.key(name)] = name
        return [known.get(self.key(name), name) for name in names]

    def _put(self, user: Any, said: Mapping[str, list[str]]) -> None:
        """Apply groups. A group that a person already has keeps its source: one from a hub admin is not removed
        later."""
        have = {group.name for group in user.groups}
        ours = {place: self.ledger.of(place, user.name) for place in (LIST, SIGN_IN)}
        put = ours[LIST] | ours[SIGN_IN]
        new = {place: {name for name in names if name in put or name not in have} for place, names in said.items()}
        gone = put - set().union(*{**ours, **new}.values())
        if self.roles:  # also "Admins", created by a hub admin, because a rule for "admins" matches it
            stay = set(said[SIGN_IN]) if SIGN_IN in said else set(self.of_roles)
            gone |= {name for name in have if self._of_role(name)} - stay
        # Saved before it is done: an entry in the ledger that is not in the hub does no harm.
        self.ledger.keep(user.name, {place: ours[place] | new[place] for place in said})
        self._sync(user, (have - gone).union(*said.values()))
        self.ledger.keep(user.name, new)


def follow_sign_ins(handler_class: Any, follow: Callable[[Any], Any]) -> None:
    """Call `follow(user)` after each sign-in by any method."""
    original = handler_class.auth_to_user

    async def auth_to_user(handler: Any, authenticated: Any, user: Any = None) -> Any:
        found = await original(handler, authenticated, user)
        if user is None and found is not None:
            await follow(found)
        return found

    handler_class.auth_to_user = auth_to_user
