"""Who may enter a hub, as what. Takes effect at the next sign-in; nothing restarts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from pydantic import TypeAdapter, ValidationError

from hubs import access
from hubs.audit.services import audit
from hubs.errors import Invalid
from hubs.limits.queries.allowance import kept_by_groups
from hubs.live import channel as live
from hubs.models import ChangeRequest, Hub, RosterEntry, User
from hubs.spec.offers import group_key
from hubs.spec.types import Person
from hubs.text.names import unseen
from hubs.text.texts import storable

from .groups import checked, forget_empty, put, said, set_groups

MOST = 2000  # names in one go
_person = TypeAdapter(Person)


@dataclass(frozen=True)
class Added:
    """How many were new, and how many stood there already."""

    new: int
    known: int


def members(hub: Hub) -> list[User]:
    """Who may be named by user name: people of the organisation, and no programs."""
    return list(hub.organization.members.filter(is_active=True, service_of=None))


def too_many(hub: Hub, people: int) -> str:
    """Why a hub's list can't have so many people, as a sentence; "" when it can. What the organisation agreed on
    counts, or what staff approved for this hub, if that is more."""
    most = max(hub.spec.about.heads, hub.organization.users_per_hub)
    if people <= most:
        return ""
    return (
        f"The list would have {people:,} people, and at most {most:,} are agreed on for this hub. Change the hub’s "
        "“People” first: staff look at it."
    )


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
    known = {user.username.lower(): user for user in members(hub)}
    by_email = {user.verified_email: user for user in known.values() if user.verified_email}
    wrong += [name for name in handles if name not in known]
    if wrong:
        shown = ", ".join(w[:60] for w in wrong[:10]) + ("…" if len(wrong) > 10 else "")
        raise Invalid.beside("names", f"Neither a member’s user name nor an e-mail address: {shown}")
    people = [known[name] for name in handles] + [by_email[a] for a in addresses if a in by_email]
    return list(dict.fromkeys(people)), [a for a in addresses if a not in by_email]


def _check_role(role: str) -> str:
    if role not in RosterEntry.Role.values:
        raise Invalid.beside("role", "Choose one of the roles.")
    return role


@transaction.atomic
def add(
    *, hub: Hub, by: User, names: list[str], role: str = RosterEntry.Role.USER, groups: Iterable[str] = (),
    groups_of: Mapping[str, Iterable[str]] | None = None, names_of: Mapping[str, str] | None = None,
) -> Added:  # fmt: skip
    """Let these people in. `names` are user names of members, or e-mail addresses. `groups` are for all of them, and
    `groups_of` for each by name, as a class list's column says; who stood there already keeps theirs and comes into
    these, too. `names_of` says what they are called. Raises Invalid ("names", "role", "groups") naming each that is
    wrong; then nobody was added."""
    if len(names) > MOST:
        raise Invalid("", {"names": [f"At most {MOST} at once."]})
    _check_role(role)
    for_all = checked(groups)
    own = {name.strip().lower(): checked(mine) for name, mine in (groups_of or {}).items()}
    people, addresses = _parse(names, hub)
    if not people and not addresses:
        raise Invalid("Write at least one name.", {"names": ["Write at least one name or e-mail address."]})
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
    named = said({group_key(name): name for mine in [for_all, *own.values()] for name in mine}.values())
    they = [*(user.username for user in people), *addresses]
    changes = {"people": ["", ", ".join(they)], "role": ["", role], **({"groups": ["", named]} if named else {})}
    tell = {"people": [user.username for user in people if user.pk not in there]}
    listed = [{"person": one, "name": names_kept.get(one, ""), "groups": [*for_all, *own.get(one, ())]} for one in they]
    whole = {"people": listed, "role": role} if len(listed) > 1 else None
    audit.record("roster.add", by=by, subject=hub.title, hub=hub, changes=changes, tell=tell, whole=whole)
    live.changed_on_commit(hub=hub)
    return Added(new, len(entries) - new)


def _line(name: str) -> str:
    """What somebody is called, as a list may say it: one line without what nobody sees."""
    name = " ".join(name.split())[:150]
    return "" if unseen(name) or storable(name) else name


def _called(entry: RosterEntry) -> list[str]:
    """Every name by which somebody may have been listed."""
    user = entry.user
    return list(filter(None, [user.username.lower(), user.verified_email] if user else [entry.email]))


@transaction.atomic
def change(
    *, entry: RosterEntry, by: User, role: str | None = None, groups: Iterable[str] | None = None
) -> RosterEntry:
    """Another role, exactly these groups, or both; None leaves it. Raises Invalid ("role", "groups")."""
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
    """They no longer get in. A server that runs goes on until the hub asks about them again."""
    take_off(entry.hub, by, [entry])


def take_off(hub: Hub, by: User, entries: Sequence[RosterEntry], note: str = "") -> None:
    """Remove these from the hub's list, with one line of audit, whether it is one person or a class. In the caller's
    transaction. A query an entry, unless its groups were prefetched."""
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
    """Somebody of a list as the audit's record keeps them."""
    groups = [group.name for group in entry.groups.all()]
    return {"person": entry.called, "name": entry.name, "role": entry.role, "groups": groups}


@transaction.atomic
def bind(*, hub: Hub, person: User) -> None:
    """The entry of an address that this person has proven to be theirs becomes theirs: from now on the account counts.
    Another address of theirs does not lock them out, and whoever gets the old one next does not get in."""
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
    """Put the people of the hub that this one is a copy of on its list, if that was asked for and whoever asked still
    runs that hub. In the approval's own transaction. Returns how many."""
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
    words = f"{len(rows)} people of {source.title}"
    whole = {"people": [as_recorded(entry) for entry in rows]} if rows else None
    audit.record("roster.add", by=request.requester, subject=words[:200], hub=hub, request=request, whole=whole)
    return len(rows)
