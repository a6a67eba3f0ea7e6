"""The origin of a person's groups in a hub: the roster, the sign-in, or a hub admin. With JupyterHub's own database and
its own class of users."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jupyterhub import orm  # type: ignore[import-untyped]
from jupyterhub.user import User  # type: ignore[import-untyped]

from hubs.roster.rules.group_names import LONGEST_KEY, spelled
from hubs.spec import offers
from hubs.spec.offers import group_key
from provisioning.hubside.common.hub_groups import LIST, SIGN_IN, Groups, Ledger, said_before

NAMES = st.text(max_size=30) | st.text("aAßẞİıſςΣǅﬃŉ \t\u00a0\u2003\u200bÅÅéЖж", max_size=12)


@given(NAMES)
@example("Lab  B")
@example("STRASSE")
@example("ΤΆΞΙΣ")
@example("Cafe\u0301")
def test_stored_names_are_compared_with_stored_names(name: str):
    key = group_key(name)
    assert group_key(key) == group_key(spelled(name)) == key
    assert len(key) <= LONGEST_KEY


@pytest.mark.parametrize("typed", ["Cafe\u0301", "CAFÉ", " café "])
def test_hub_roster_and_rule_compare_groups_in_the_same_way(hub, typed):
    """The spelling of accents, capitals and blanks never counts."""
    hub = hub()
    hub.admin("Café")
    assert hub.listed(typed) == {"Café"}
    assert offers.is_for({"allowed_groups": [typed]}, hub.of())


class Hub:
    """People and groups of a hub; `admin` is an action on the hub's admin page."""

    def __init__(self, folder: Path, **how: bool) -> None:
        self.db = orm.new_session_factory(f"sqlite:///{folder / 'jupyterhub.sqlite'}")()
        self.folder, self.how = folder, how
        self.people: dict[str, Any] = {}
        self.restart()

    def restart(self, begin: dict[str, Any] | None = None) -> None:
        self.groups = Groups(
            Ledger(self.folder / "groups.json", begin or {}), offers, roles=self.how.get("roles", False)
        )

    def person(self, name: str = "mia") -> Any:
        if name not in self.people:
            row = orm.User(name=name)
            self.db.add(row)
            self.db.commit()
            self.people[name] = User(row)
        return self.people[name]

    def admin(self, group: str, name: str = "mia", *, leaves: bool = False) -> None:
        row = orm.Group.find(self.db, group) or orm.Group(name=group)
        self.db.add(row)
        (row.users.remove if leaves else row.users.append)(self.person(name).orm_user)
        self.db.commit()

    def listed(self, *names: str, name: str = "mia") -> set[str]:
        self.groups.by_list(self.person(name), list(names))
        return self.of(name)

    def signed_in(self, *names: str, name: str = "mia") -> set[str]:
        self.groups.by_sign_in(self.person(name), list(names))
        return self.of(name)

    def of(self, name: str = "mia") -> set[str]:
        self.db.expire_all()
        return {group.name for group in self.person(name).groups}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Callable[..., Hub]]:
    made = []

    def make(**how: bool) -> Hub:
        made.append(Hub(tmp_path, **how))
        return made[-1]

    yield make
    for one in made:
        one.db.close()
        one.db.get_bind().dispose()


def test_the_roster_removes_only_groups_that_it_added(hub):
    hub = hub()
    hub.admin("Graders")
    assert hub.listed("Lab B", "Project 7") == {"Graders", "Lab B", "Project 7"}
    hub.restart()
    assert hub.listed("Project 7") == {"Graders", "Project 7"}, "also after a restart of the hub"
    assert hub.listed() == {"Graders"}


def test_a_group_added_by_an_admin_before_the_roster_stays(hub):
    hub = hub()
    hub.admin("lab b")
    assert hub.listed("Lab  B") == {"lab b"}, "the hub's existing group, in its spelling"
    assert hub.listed() == {"lab b"}


def test_sign_in_and_roster_do_not_remove_each_others_groups(hub):
    hub = hub()
    hub.admin("Graders")
    assert hub.signed_in("team", "shared") == {"Graders", "team", "shared"}
    assert hub.listed("Lab B", "shared") == {"Graders", "team", "shared", "Lab B"}
    assert hub.signed_in("shared") == {"Graders", "shared", "Lab B"}
    assert hub.signed_in() == {"Graders", "shared", "Lab B"}, "it is still on the roster"
    assert hub.listed("Lab B") == {"Graders", "Lab B"}


def test_the_portals_sign_in_sets_role_groups_and_the_roster_all_others(hub):
    hub = hub(roles=True)
    hub.admin("admins")
    hub.admin("Graders")
    assert hub.signed_in("users", "Lab B") == {"Graders", "users", "Lab B"}, "a group never makes a person admin"
    assert hub.listed("Project 7") == {"Graders", "users", "Project 7"}
    assert hub.signed_in("users", "admins") == {"Graders", "users", "admins"}
    assert hub.listed("Admins", "USERS", "users ") == {"Graders", "users", "admins"}
    assert hub.signed_in() == {"Graders"}


def test_role_groups_added_by_hand_are_removed_in_any_spelling(hub):
    """A rule for “admins” matches "Admins", too, so a hub admin must not be able to make such a group."""
    hub, dice = hub(roles=True), random.Random(29)
    for number in range(12):
        role, name = dice.choice(offers.OF_ROLES), f"mia{number}"
        written = "".join(dice.choice([sign, sign.upper(), "ſ" if sign == "s" else sign]) for sign in role)
        spelling = written if written != role else f" {role}\u2003"
        hub.admin(spelling, name)
        assert not offers.is_for({"allowed_groups": [role]}, hub.listed("Lab B", name=name)), spelling
        hub.admin(spelling, name)
        assert hub.signed_in("users", "Lab B", name=name) == {"users", "Lab B"}, spelling


def test_an_existing_group_with_another_spelling_is_found_in_any_order(hub):
    hub = hub()
    for name in ("LAB B", "Lab B"):
        hub.admin(name, "ada")
    assert hub.listed("Lab B") == {"Lab B"}
    assert hub.listed("lab b") == {"LAB B"}


def test_jupyterhubs_own_calls_use_the_ledger(hub):
    class Ours(User):
        pass

    hub = hub()
    hub.admin("Graders")
    hub.groups.take_over(Ours)
    Ours(hub.person().orm_user).sync_groups(["team"])
    assert hub.of() == {"Graders", "team"}
    Ours(hub.person().orm_user).sync_groups([])
    assert hub.of() == {"Graders"}


def test_an_older_hub_starts_with_the_groups_of_its_sign_in(hub, tmp_path):
    hub = hub()
    hub.admin("team")
    (tmp_path / "groups.json").unlink()
    assert said_before(tmp_path / "none.sqlite") == {}
    (tmp_path / "other.sqlite").write_bytes(b"no database")
    assert said_before(tmp_path / "other.sqlite") == {}
    hub.restart(said_before(tmp_path / "jupyterhub.sqlite"))
    assert hub.signed_in() == set(), "groups that the sign-in removed while the hub was being changed are gone"
    hub.admin("Graders")
    hub.restart(said_before(tmp_path / "jupyterhub.sqlite"))
    assert hub.signed_in() == {"Graders"}, "an existing ledger counts"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"list": []}', '{"list": {"mia": ["x"]}}'])
def test_a_damaged_ledger_is_replaced(tmp_path, text):
    path = tmp_path / "groups.json"
    path.write_text(text)
    ledger = Ledger(path, {})
    ledger.keep("mia", {LIST: ["Lab B"]})
    assert json.loads(path.read_text()) == {LIST: {"mia": ["Lab B"]}, SIGN_IN: {}}
    assert path.stat().st_mode & 0o777 == 0o600
