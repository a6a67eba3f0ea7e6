"""A hub's people list: who has access, in which role. Changes take effect at the next sign-in, without a restart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from pydantic import TypeAdapter, ValidationError

from hubs import access
from hubs.audit.services import audit
from hubs.errors import Invalid
from hubs.language import _, number, plural
from hubs.limits.queries.allowance import kept_by_groups
from hubs.live import channel as live
from hubs.models import ChangeRequest, Hub, RosterEntry, User
from hubs.spec.offers import group_key
from hubs.spec.types import Person
from hubs.text.names import unseen
from hubs.text.texts import storable

from .groups import checked, forget_empty, put, said, set_groups

MOST = 2000  # names at once
_person = TypeAdapter(Person)


@dataclass(frozen=True)
class Added:
    """How many people were new, and how many were already on the list."""

    new: int
    known: int


def members(hub: Hub) -> list[User]:
    """Return who may be added by user name: members of the organisation, no service accounts."""
    return list(hub.organization.members.filter(is_active=True, service_of=None))


def too_many(hub: Hub, people: int) -> str:
    """Return why a hub's list can't have so many people, as a sentence, or "" if it can. The limit is that of the
    organisation, or the number that staff approved for this hub, whichever is larger."""
    most = max(hub.spec.about.heads, hub.organization.users_per_hub)
    if people <= most:
        return ""
    return plural(
        "The list would have {count} person. The limit for this hub is {limit}. To add more, edit the hub and request "
        "a larger number of people. Staff review the request.",
        "The list would have {count} people. The limit for this hub is {limit}. To add more, edit the hub and request "
        "a larger number of people. Staff review the request.",
        people,
        limit=number(most),
    )


def _parse(names: list[str], hub: Hub) -> tuple[list[User], list[str]]:
    """Return members by user name and others by address. Raise Invalid with every line that is neither."""
    wrong: list[str] = []
    addresses: list[str] = []
    handles: list[str] = []
    for name in dict.fromkeys(n.strip().lower() for n in names if n.strip()):
        try:
            (addresses if "@" in name else handles).append(_person.validate_python(name))
        except ValidationError:
            wrong.append(name)
    known = {user.username.lower(): user for user in members(hub)}
    by_email = {user.verified_email: user for user in known.values() if user.verified_email}
    wrong += [name for name in handles if name not in known]
    if wrong:
        shown = ", ".join(w[:60] for w in wrong[:10]) + ("…" if len(wrong) > 10 else "")
        raise Invalid.beside("names", _("Neither a member’s user name nor an email address: {names}", names=shown))
    people = [known[name] for name in handles] + [by_email[a] for a in addresses if a in by_email]
    return list(dict.fromkeys(people)), [a for a in addresses if a not in by_email]


def _check_role(role: str) -> str:
    if role not in RosterEntry.Role.values:
        raise Invalid.beside("role", _("Choose one of the roles."))
    return role


@transaction.atomic
def add(
    *, hub: Hub, by: User, names: list[str], role: str = RosterEntry.Role.USER, groups: Iterable[str] = (),
    groups_of: Mapping[str, Iterable[str]] | None = None, names_of: Mapping[str, str] | None = None,
) -> Added:  # fmt: skip
    """Add people to the list. `names` are user names of members, or email addresses. `groups` are for all of them,
    `groups_of` for each by name, as in the column of a class list; people already on the list keep their groups and
    are added to these. `names_of` are display names, for addresses without one. Raise Invalid ("names", "role",
    "groups") with all that is wrong, adding no one."""
    if len(names) > MOST:
        few = plural("Enter at most {count} name.", "Enter at most {count} names.", MOST)
        raise Invalid("", {"names": [few]})
    _check_role(role)
    for_all = checked(groups)
    own = {name.strip().lower(): checked(mine) for name, mine in (groups_of or {}).items()}
    people, addresses = _parse(names, hub)
    if not people and not addresses:
        raise Invalid.beside("names", _("Enter at least one user name or email address."))
    names_kept = {who.strip().lower(): _line(name) for who, name in (names_of or {}).items()}
    before, there = hub.roster.count(), set(hub.roster.filter(user__in=people).values_list("user", flat=True))
    entries = [RosterEntry(hub=hub, user=user, role=role) for user in people]
    entries += [RosterEntry(hub=hub, email=one, role=role, name=names_kept.get(one, "")) for one in addresses]
    with kept_by_groups(hub, by, "names"):
        RosterEntry.objects.bulk_create(entries, ignore_conflicts=True)
        new = hub.roster.count() - before
        if new and (complaint := too_many(hub, before + new)):
            raise Invalid.beside("names", complaint)
        if for_all or any(own.values()):
            found = hub.roster.filter(Q(user__in=people) | Q(email__in=addresses)).order_by("pk")
            rows = list(found.select_related("user").prefetch_related("groups"))
            put(rows, hub, {row.pk: [*for_all, *(g for one in _called(row) for g in own.get(one, ()))] for row in rows})
    _name(hub, names_kept)
    named = said({group_key(name): name for mine in [for_all, *own.values()] for name in mine}.values())
    they = [*(user.username for user in people), *addresses]
    changes = {"people": ["", ", ".join(they)], "role": ["", role], **({"groups": ["", named]} if named else {})}
    tell = {"people": [user.username for user in people if user.pk not in there]}
    listed = [{"person": one, "name": names_kept.get(one, ""), "groups": [*for_all, *own.get(one, ())]} for one in they]
    whole = {"people": listed, "role": role} if len(listed) > 1 else None
    audit.record("roster.add", by=by, subject=hub.title, hub=hub, changes=changes, tell=tell, whole=whole)
    live.changed_on_commit(hub=hub)
    return Added(new, len(entries) - new)


def _name(hub: Hub, names: Mapping[str, str]) -> None:
    """Set the display names of addresses on the list that have none yet."""
    named = {who: name for who, name in names.items() if name}
    rows = list(hub.roster.filter(email__in=named, name="")) if named else []
    for row in rows:
        row.name = named[row.email]
    RosterEntry.objects.bulk_update(rows, ["name"], batch_size=500)


def _line(name: str) -> str:
    """Return a display name as one line, or "" if it can't be stored or has invisible characters."""
    name = " ".join(name.split())[:150]
    return "" if unseen(name) or storable(name) else name


def _called(entry: RosterEntry) -> list[str]:
    """Return every name by which this person may have been listed."""
    user = entry.user
    return list(filter(None, [user.username.lower(), user.verified_email] if user else [entry.email]))


@transaction.atomic
def change(
    *, entry: RosterEntry, by: User, role: str | None = None, groups: Iterable[str] | None = None
) -> RosterEntry:
    """Change the role, the groups, or both; None keeps the value. Raise Invalid ("role", "groups")."""
    was = entry.role
    entry.role = was if role is None else _check_role(role)
    name = entry.user.username if entry.user else entry.email
    changes = {"role": [was, entry.role]}
    with kept_by_groups(entry.hub, by, "groups" if groups is not None else "role"):
        entry.save(update_fields=["role"])
        if groups is not None:
            before, after = set_groups(entry, groups)
            changes |= {"groups": [before, after]} if before != after else {}
    audit.record("roster.role", by=by, subject=name, hub=entry.hub, changes=changes)
    live.changed_on_commit(hub=entry.hub)
    return entry


@transaction.atomic
def remove(*, entry: RosterEntry, by: User) -> None:
    """Remove a person. A running server continues until the hub checks their access again."""
    take_off(entry.hub, by, [entry])


def take_off(hub: Hub, by: User, entries: Sequence[RosterEntry], note: str = "") -> None:
    """Remove entries from the hub's list, with one audit event for all of them. Runs in the caller's transaction. One
    query per entry unless its groups were prefetched."""
    if not entries:
        return
    people = [entry.user_id for entry in entries if entry.user_id]
    roles = ", ".join(sorted({entry.role for entry in entries}))
    changes = {"people": [", ".join(entry.called for entry in entries), ""], "role": [roles, ""]}
    whole = {"people": [as_recorded(entry) for entry in entries]} if len(entries) > 1 else None
    RosterEntry.objects.filter(pk__in=[entry.pk for entry in entries]).delete()
    forget_empty(hub)
    audit.record("roster.remove", by=by, subject=hub.title, hub=hub, changes=changes, whole=whole, note=note)
    live.changed_on_commit(hub=hub)
    topics = [live.rights_topic(pk) for pk in people]
    transaction.on_commit(lambda: live.publish(topics))


def as_recorded(entry: RosterEntry) -> dict[str, object]:
    """Return an entry as the audit stores it."""
    groups = [group.name for group in entry.groups.all()]
    return {"person": entry.called, "name": entry.name, "role": entry.role, "groups": groups}


@transaction.atomic
def bind(*, hub: Hub, person: User) -> None:
    """Bind the entry of the person's verified address to their account. So a change of their address doesn't lock them
    out, and the next owner of the address doesn't get access."""
    row = hub.roster.filter(email=person.verified_email).first() if person.verified_email else None
    if row is None:
        return
    mine = hub.roster.filter(user=person).prefetch_related("groups").first()
    if mine is None:
        hub.roster.filter(pk=row.pk, user=None).update(user=person, email="")
        return
    put([mine], hub, {mine.pk: [group.name for group in row.groups.all()]})
    if row.role == RosterEntry.Role.ADMIN != mine.role:
        hub.roster.filter(pk=mine.pk).update(role=row.role)
    row.delete()


def bring_people(*, request: ChangeRequest, hub: Hub) -> int:
    """Copy the people list from the hub that this one is a copy of, if that was requested and the requester may still
    operate that hub. Runs in the transaction of the approval. Return how many."""
    source = request.copied_from
    if source is None or not request.copy_people or source.organization_id != hub.organization_id:
        return 0
    if access.Permission.OPERATE not in access.on_hub(request.requester, source):
        return 0
    rows = list(source.roster.select_related("user").prefetch_related("groups"))
    RosterEntry.objects.bulk_create(
        [RosterEntry(hub=hub, user_id=row.user_id, email=row.email, role=row.role, name=row.name) for row in rows],
        ignore_conflicts=True,
    )
    groups = {(row.user_id, row.email): [group.name for group in row.groups.all()] for row in rows}
    entries = list(hub.roster.prefetch_related("groups"))
    put(entries, hub, {entry.pk: groups.get((entry.user_id, entry.email), ()) for entry in entries})
    words = plural("{count} person of {hub}", "{count} people of {hub}", len(rows), hub=source.title)
    whole = {"people": [as_recorded(entry) for entry in rows]} if rows else None
    audit.consequence("roster.add", request=request, subject=words, hub=hub, whole=whole)
    return len(rows)
