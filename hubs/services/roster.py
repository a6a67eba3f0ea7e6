"""Who may enter a hub, as what. Takes effect at the next sign-in; nothing restarts."""

from dataclasses import dataclass

from django.db import transaction
from pydantic import TypeAdapter, ValidationError

from hubs import audit, live
from hubs.errors import Invalid
from hubs.models import Hub, RosterEntry, User
from hubs.spec.types import Person

MOST = 2000  # names in one go
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


@transaction.atomic
def add(*, hub: Hub, by: User, names: list[str], role: str = RosterEntry.Role.USER) -> Added:
    """Let these people in. `names` are user names of members, or e-mail addresses. Raises Invalid naming each that is
    neither; then nobody was added."""
    if len(names) > MOST:
        raise Invalid("", {"names": [f"At most {MOST} at once."]})
    if role not in RosterEntry.Role.values:
        raise Invalid("Choose one of the roles.", {"role": ["Choose one of the roles."]})
    people, addresses = _parse(names, hub)
    if not people and not addresses:
        raise Invalid("Write at least one name.", {"names": ["Write at least one name or e-mail address."]})
    before = hub.roster.count()
    entries = [RosterEntry(hub=hub, user=user, role=role) for user in people]
    entries += [RosterEntry(hub=hub, email=address, role=role) for address in addresses]
    RosterEntry.objects.bulk_create(entries, ignore_conflicts=True)
    new = hub.roster.count() - before
    who = ", ".join([u.username for u in people] + addresses)[:1000]
    audit.record("roster.add", by=by, subject=hub.title, hub=hub, changes={"people": ["", who], "role": ["", role]})
    live.changed_on_commit(hub=hub)
    return Added(new, len(entries) - new)


@transaction.atomic
def change_role(*, entry: RosterEntry, by: User, role: str) -> RosterEntry:
    """Raises Invalid for an unknown role."""
    if role not in RosterEntry.Role.values:
        raise Invalid("Choose one of the roles.")
    old, entry.role = entry.role, role
    entry.save(update_fields=["role"])
    name = entry.user.username if entry.user else entry.email
    audit.record("roster.role", by=by, subject=name, hub=entry.hub, changes={"role": [old, role]})
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
