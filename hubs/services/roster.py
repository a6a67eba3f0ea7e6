"""Who may enter a hub, as what. Takes effect at the next sign-in; nothing restarts."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from pydantic import TypeAdapter, ValidationError

from hubs import access, audit, live
from hubs.errors import Invalid
from hubs.models import ChangeRequest, Hub, RosterEntry, User
from hubs.spec.types import Person

MOST = 2000  # names in one go
LONGEST_GROUP = 40
_person = TypeAdapter(Person)


@dataclass(frozen=True)
class Added:
    """How many were new, and how many stood there already."""

    new: int
    known: int


def _parse(names: list[str], hub: Hub) -> tuple[list[User], list[str]]:
    """Members by user name and everybody else by address. Raises Invalid naming every line that is neither."""
    wrong: list[str] = []
    addresses: list[str] = []
    handles: list[str] = []
    for name in dict.fromkeys(n.strip().lower() for n in names if n.strip()):
        try:
            (addresses if "@" in name else handles).append(_person.validate_python(name))
        except ValidationError:
            wrong.append(name)
    members = {user.username.lower(): user for user in hub.organization.members.filter(is_active=True)}
    by_email = {user.verified_email: user for user in members.values() if user.verified_email}
    wrong += [name for name in handles if name not in members]
    if wrong:
        shown = ", ".join(w[:60] for w in wrong[:10]) + ("…" if len(wrong) > 10 else "")
        complaint = f"Neither a member’s user name nor an e-mail address: {shown}"
        raise Invalid(complaint, {"names": [complaint]})
    people = [members[name] for name in handles] + [by_email[a] for a in addresses if a in by_email]
    return list(dict.fromkeys(people)), [a for a in addresses if a not in by_email]


def _group(text: str) -> str:
    """A group's name as it is kept. Raises Invalid. A colon begins the groups that roles make."""
    name = " ".join(text.split()).lower()
    if len(name) > LONGEST_GROUP or ":" in name or not (name.isprintable() or not name):
        words = f"Write a name of at most {LONGEST_GROUP} characters, without a colon."
        raise Invalid(words, {"group": [words]})
    return name


@transaction.atomic
def add(*, hub: Hub, by: User, names: list[str], role: str = RosterEntry.Role.USER, group: str = "") -> Added:
    """Let these people in. `names` are user names of members, or e-mail addresses. With a `group` they all belong to
    it, also those who stood there already. Raises Invalid naming each that is neither; then nobody was added."""
    if len(names) > MOST:
        raise Invalid("", {"names": [f"At most {MOST} at once."]})
    if role not in RosterEntry.Role.values:
        raise Invalid("Choose one of the roles.", {"role": ["Choose one of the roles."]})
    group = _group(group)
    people, addresses = _parse(names, hub)
    if not people and not addresses:
        raise Invalid("Write at least one name.", {"names": ["Write at least one name or e-mail address."]})
    before, there = hub.roster.count(), set(hub.roster.filter(user__in=people).values_list("user", flat=True))
    entries = [RosterEntry(hub=hub, user=user, role=role, group=group) for user in people]
    entries += [RosterEntry(hub=hub, email=address, role=role, group=group) for address in addresses]
    RosterEntry.objects.bulk_create(entries, ignore_conflicts=True)
    new = hub.roster.count() - before
    if group:
        hub.roster.filter(Q(user__in=people) | Q(email__in=addresses)).update(group=group)
    who = ", ".join([u.username for u in people] + addresses)[:1000]
    changes = {"people": ["", who], "role": ["", role], **({"group": ["", group]} if group else {})}
    tell = {"people": [user.username for user in people if user.pk not in there]}
    audit.record("roster.add", by=by, subject=hub.title, hub=hub, changes=changes, tell=tell)
    live.changed_on_commit(hub=hub)
    return Added(new, len(entries) - new)


@transaction.atomic
def change_role(*, entry: RosterEntry, by: User, role: str, group: str | None = None) -> RosterEntry:
    """Another role; another group, too, when one is given ("" is none). Raises Invalid ("", "group")."""
    if role not in RosterEntry.Role.values:
        raise Invalid("Choose one of the roles.")
    was, before = entry.role, entry.group
    entry.role, entry.group = role, before if group is None else _group(group)
    entry.save(update_fields=["role", "group"])
    name = entry.user.username if entry.user else entry.email
    changes = {"role": [was, role]} | ({"group": [before, entry.group]} if before != entry.group else {})
    audit.record("roster.role", by=by, subject=name, hub=entry.hub, changes=changes)
    live.changed_on_commit(hub=entry.hub)
    return entry


@transaction.atomic
def remove(*, entry: RosterEntry, by: User) -> None:
    """They no longer get in. A server that runs goes on until the hub asks about them again."""
    name = entry.user.username if entry.user else entry.email
    audit.record("roster.remove", by=by, subject=name, hub=entry.hub, changes={"role": [entry.role, ""]})
    hub = entry.hub
    entry.delete()
    live.changed_on_commit(hub=hub)
    if pk := entry.user_id:
        transaction.on_commit(lambda: live.publish([live.rights_topic(pk)]))


def bring_people(*, request: ChangeRequest, hub: Hub) -> int:
    """Put the people of the hub that this one is a copy of on its list, if that was asked for and whoever asked still
    runs that hub. In the approval's own transaction. Returns how many."""
    source = request.copied_from
    if source is None or not request.copy_people or source.organization_id != hub.organization_id:
        return 0
    if access.Permission.OPERATE not in access.on_hub(request.requester, source):
        return 0
    rows = [
        RosterEntry(hub=hub, user_id=user, email=email, role=role, group=group)
        for user, email, role, group in source.roster.values_list("user_id", "email", "role", "group")
    ]
    RosterEntry.objects.bulk_create(rows, ignore_conflicts=True)
    words = f"{len(rows)} people of {source.title}"
    audit.record("roster.add", by=request.requester, subject=words[:200], hub=hub, request=request)
    return len(rows)
