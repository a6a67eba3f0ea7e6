"""People to whom a hub's rules may apply: by their names in the hub, with their groups. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Lower
from pydantic import TypeAdapter, ValidationError

from hubs.language import _
from hubs.models import Hub, Role, RosterEntry, User
from hubs.roster.rules.group_names import of_role
from hubs.spec.offers import group_key
from hubs.spec.types import Person as PersonName
from hubs.spec.types import Username
from hubs.user_limits.rules import ADMINS, EVERYBODY, GROUP, PERSON, USERS, Person, role_groups

_name = TypeAdapter(PersonName)
_username = TypeAdapter(Username)


def _users(hub: Hub, small: set[str]) -> dict[str, User]:
    """Return portal accounts by user name, or {} if the hub's user names are not those of the portal."""
    if hub.spec.signIn.method != "portal":
        return {}
    return {user.username.lower(): user for user in User.objects.alias(small=Lower("username")).filter(small__in=small)}


def _admins(hub: Hub, users: Collection[User]) -> set[str]:
    """Return names and addresses of hub admins who are not on the list, by the rule of Hub.role_of."""
    rows = hub.organization.memberships.filter(user__in=[user.pk for user in users])
    members = dict(rows.values_list("user_id", "role"))
    runs, strangers = set[str](), set[str]()
    for user in users:
        role, name = members.get(user.pk), user.username.lower()
        if role is None:
            strangers.add(name)
        elif role in (Role.OWNER, Role.ADMIN) or (role == Role.INSTRUCTOR and user.pk == hub.created_by_id):
            runs.add(name)
    return runs | set(hub.spec.signIn.adminUsers) - strangers


def _called(entry: RosterEntry, at_portal: bool) -> set[str]:
    """Return the names of an entry in a hub. If people don't sign in through the portal, a member may be known by their
    verified address."""
    if entry.user is None:
        return {entry.email}
    return {entry.user.username.lower()} | ({entry.user.verified_email} - {""} if not at_portal else set())


def people_of(hub: Hub, names: Iterable[str]) -> dict[str, Person]:
    """Return the person of each name: user name and address, role and groups. Constant number of queries."""
    asked = {name: name.strip().lower() for name in names}
    users, at_portal = _users(hub, set(asked.values())), hub.spec.signIn.method == "portal"
    called = {
        small: {small, users[small].verified_email} - {""} if small in users else {small} for small in asked.values()
    }
    admins = _admins(hub, list(users.values()))
    every = {one for mine in called.values() for one in mine}
    meant = Q(small__in=every) | Q(email__in=every)
    if not at_portal:
        meant |= Q(mail__in=every, user__email_verified=True)
    rows = hub.roster.alias(small=Lower("user__username"), mail=Lower("user__email")).filter(meant)
    entries: dict[str, list[RosterEntry]] = defaultdict(list)
    for entry in rows.select_related("user").prefetch_related("groups"):
        for one in _called(entry, at_portal):
            entries[one].append(entry)
    found = {}
    for asked_name, small in asked.items():
        mine = called[small]
        on_list = [entry for other in mine for entry in entries.get(other, ())]
        runs_it = mine & admins or any(entry.role == RosterEntry.Role.ADMIN for entry in on_list)
        of_role = {ADMINS} if runs_it else {USERS} if on_list else set()
        groups = {group.key: group.name for entry in on_list for group in entry.groups.all()}
        listed = tuple(groups[key] for key in sorted(groups))
        own = users[small].display_name if small in users else ""
        found[asked_name] = Person(frozenset(mine), frozenset({*of_role, *groups}), listed, own)
    return found


def on_list(person: Person) -> list[str]:
    """Return the groups of the hub's list that are sent to the hub: never one that looks like a role group, whatever is
    stored, because people in "admins" are hub admins."""
    return [name for name in person.listed if not of_role(name)]


def groups_of(hub: Hub) -> list[str]:
    """Return names of the non-empty groups on the hub's list, in their spelling."""
    return list(
        hub.roster_groups.filter(entries__isnull=False).order_by("key").values_list("name", flat=True).distinct()
    )


@dataclass(frozen=True)
class Directory:
    """People and groups that a rule of this hub may name. `known`: each accepted name -> the stored one; if user names
    are not those of the portal (`strict` is False), any valid name is accepted. `groups`: keys as rules store
    them -> the names as written."""

    organization: str
    known: Mapping[str, str]
    groups: Mapping[str, str]
    strict: bool
    addresses: frozenset[str] = frozenset()  # on the list, of people who have not signed in yet

    def nobody(self, name: str) -> str:
        """Return that no one has this name or address, as a sentence, or "" if someone has or names are not those of
        the portal. The name is repeated as it was typed."""
        if not self.strict or name.lower() in self.known or name.lower() in self.addresses:
            return ""
        if "@" in name:
            return _("No one in this hub or in {organization} has the email address “{name}”.",
                     organization=self.organization, name=name[:60])  # fmt: skip
        return _("No one in this hub or in {organization} has the user name “{name}”.",
                 organization=self.organization, name=name[:60])  # fmt: skip

    def complaint(self, kind: str, name: str) -> str:
        """Return why a rule can't be for this name, as a sentence, or "" if it can."""
        if kind == EVERYBODY:
            return _("A rule for everyone can’t have a name.") if name else ""
        if kind == GROUP:
            missing = _("There is no group “{name}” on this hub’s people list.", name=name[:60])
            return "" if group_key(name) in self.groups else missing
        if kind != PERSON:
            return _("Choose who the rule is for: everyone, group or person.")
        try:
            address = "@" in (_name if self.strict else _username).validate_python(name.lower())
        except ValidationError:
            return _("“{name}” is neither a user name nor an email address.", name=name[:60])
        return "" if address else self.nobody(name)

    def kept(self, kind: str, name: str) -> tuple[str, str]:
        """Return (kind, name) as a rule stores it. Call it only if there is no complaint."""
        if kind == GROUP:
            return kind, group_key(name)
        name = name.lower()
        return kind, self.known.get(name, name) if kind == PERSON else name


def directory(hub: Hub) -> Directory:
    """Return members and people on the list, with their verified addresses; no service accounts. Three queries."""
    strict = hub.spec.signIn.method == "portal"
    mine = Q(memberships__organization=hub.organization_id) | Q(roster__hub=hub)
    known = {}
    for user in User.objects.filter(mine, is_active=True, service_of=None).distinct() if strict else ():
        known[user.username.lower()] = user.username.lower()
        if user.verified_email:
            known[user.verified_email] = user.username.lower()
    groups = {**role_groups(), **{group_key(name): name for name in groups_of(hub)}}
    waiting = hub.roster.exclude(email="").values_list("email", flat=True) if strict else ()
    return Directory(hub.organization.name, known, groups, strict, frozenset(waiting))


def unknown(hub: Hub, names: Collection[str]) -> list[str]:
    """Return a sentence about each of these addresses that no one has: people may sign in later, or it may be a typing
    mistake. Three queries, none without addresses."""
    addresses = [name for name in names if "@" in name]
    who = directory(hub) if addresses else None
    found = [who.nobody(name) for name in addresses] if who else []
    return [" ".join([sentence, _("Check the spelling.")]) for sentence in found if sentence]


def nobody(hub: Hub, name: str) -> str:
    """Return that no one in this hub has this name, as a sentence, or "" if someone has or the portal can't know. A few
    queries for one name, however many people there are."""
    small = name.strip().lower()
    if hub.spec.signIn.method != "portal":
        return ""
    here = Q(memberships__organization=hub.organization_id) | Q(roster__hub=hub)
    named = Q(small=small) | Q(mail=small, email_verified=True)
    rows = User.objects.alias(small=Lower("username"), mail=Lower("email")).filter(named, here, is_active=True)
    if rows.filter(service_of=None).exists() or hub.roster.filter(email=small).exists():
        return ""
    return Directory(hub.organization.name, {}, {}, strict=True).nobody(small)
