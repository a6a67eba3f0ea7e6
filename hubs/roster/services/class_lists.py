"""Class lists: preview of the changes to a hub's people list, apply, undo."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from hubs.audit.services import audit
from hubs.errors import Invalid
from hubs.language import _
from hubs.limits.queries.allowance import kept_by_groups
from hubs.live import channel as live
from hubs.models import Hub, ListChange, RosterEntry, User
from hubs.roster.rules.class_list.reading import Found, Lost, Reading
from hubs.spec.offers import group_key

from . import roster
from .groups import put


@dataclass(frozen=True)
class Listed:
    """A person of a class list who is already on the hub's list, with the groups and the name that they would get."""

    found: Found
    groups: tuple[str, ...] = ()
    name: str = ""

    @property
    def changes(self) -> bool:
        return bool(self.groups or self.name)


@dataclass(frozen=True)
class Plan:
    """What a class list would change. `gone`: people who are not in it, except hub admins, who always stay.
    `complaint`: why it can't be applied, as a sentence."""

    new: tuple[Found, ...]
    listed: tuple[Listed, ...]
    gone: tuple[RosterEntry, ...]
    lost: tuple[Lost, ...]
    complaint: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether nothing in it needs a check by the person."""
        return not self.lost and not self.complaint

    @property
    def there(self) -> list[Found]:
        """People who are already on the list."""
        return [one.found for one in self.listed]

    @property
    def changed(self) -> list[Listed]:
        """People already on the list who would get a group or a name."""
        return [one for one in self.listed if one.changes]

    @property
    def unchanged(self) -> list[Listed]:
        return [one for one in self.listed if not one.changes]


@dataclass(frozen=True)
class Done:
    added: roster.Added
    removed: int = 0


def known_names(hub: Hub) -> list[str]:
    """Return user names that may be on this hub's list."""
    return [user.username for user in roster.members(hub)]


def plan(hub: Hub, reading: Reading, groups: Iterable[str] = ()) -> Plan:
    """Return what a class list would change. `groups` are for everyone on it. Three queries, whatever the size of the
    lists."""
    users = roster.members(hub)
    called = {name: user.pk for user in users for name in (user.username.lower(), user.verified_email) if name}
    entries = list(hub.roster.select_related("user").prefetch_related("groups").order_by("pk"))
    by_user = {entry.user_id: entry for entry in entries if entry.user_id}
    by_email = {entry.email: entry for entry in entries if entry.email}

    def entry_of(found: Found) -> RosterEntry | None:
        return by_user.get(called.get(found.who, 0)) or by_email.get(found.who)

    there = {found: entry for found in reading.people if (entry := entry_of(found))}
    new = tuple(found for found in reading.people if found not in there)
    kept = {entry.pk for entry in there.values()}
    gone = tuple(entry for entry in entries if entry.pk not in kept and entry.role != RosterEntry.Role.ADMIN)
    listed = tuple(_listed(found, entry, tuple(groups)) for found, entry in there.items())
    return Plan(new, listed, gone, reading.lost, roster.too_many(hub, len(entries) + len(new)) if new else "")


def _listed(found: Found, entry: RosterEntry, for_all: tuple[str, ...]) -> Listed:
    have = {group.key for group in entry.groups.all()}
    more = {group_key(name): name for name in (*for_all, *found.groups)}
    name = found.name if entry.user is None and not entry.name else ""
    return Listed(found, tuple(name for key, name in more.items() if key not in have), name)


@transaction.atomic
def apply(
    *, hub: Hub, by: User, reading: Reading, role: str = RosterEntry.Role.USER, groups: Iterable[str] = (),
    equal: bool = False,
) -> Done:  # fmt: skip
    """Add all people who were understood. With `equal`, remove people who are not in the class list, except hub admins.
    It can be undone until the next change. Raise Invalid ("names", "role", "groups")."""
    if not reading.people:
        raise Invalid("", {"names": [_nobody(reading.lost)]})
    list(Hub.objects.select_for_update().filter(pk=hub.pk).values("pk"))
    gone = plan(hub, reading).gone if equal else ()
    removed = _rows(gone)
    roster.take_off(hub, by, gone)
    before = set(hub.roster.values_list("pk", flat=True))
    added = roster.add(
        hub=hub, by=by, names=[found.who for found in reading.people], role=role, groups=groups,
        groups_of=reading.groups_of, names_of=reading.names_of,
    )  # fmt: skip
    _remember(hub, by, sorted(set(hub.roster.values_list("pk", flat=True)) - before), removed)
    return Done(added, len(removed))


@transaction.atomic
def remove(*, hub: Hub, by: User, entries: Sequence[int]) -> int:
    """Remove several people at once. It can be undone. Return how many. Raise Invalid ("entries")."""
    gone = list(hub.roster.filter(pk__in=set(entries)).select_related("user").prefetch_related("groups").order_by("pk"))
    if not gone:
        raise Invalid("", {"entries": [_("Choose at least one person.")]})
    removed = _rows(gone)
    roster.take_off(hub, by, gone)
    _remember(hub, by, [], removed)
    return len(removed)


@transaction.atomic
def undo(*, hub: Hub, by: User) -> tuple[int, int]:
    """Undo the last change of several people. Return (people removed again, people restored). Groups added to people
    who were already on the list stay. Raise Invalid if there is nothing to undo."""
    change = ListChange.objects.select_for_update().filter(hub=hub).first()
    if change is None:
        raise Invalid(_("There is nothing to undo. The change was already undone or was replaced by a newer one."))
    gone = list(hub.roster.filter(pk__in=change.added).select_related("user").prefetch_related("groups").order_by("pk"))
    back = change.removed
    change.delete()
    roster.take_off(hub, by, gone, note=_("undone"))
    alive = set(User.objects.filter(pk__in=[row[0] for row in back if row[0]]).values_list("pk", flat=True))
    back = [row for row in back if row[0] is None or row[0] in alive]
    with kept_by_groups(hub, by, ""):
        RosterEntry.objects.bulk_create(
            [
                RosterEntry(hub=hub, user_id=user, email=email, role=role, name=name)
                for user, email, role, name, _ in back
            ],
            ignore_conflicts=True,
        )
        groups = {(row[0], row[1]): row[4] for row in back}
        entries = [e for e in hub.roster.prefetch_related("groups") if (e.user_id, e.email) in groups]
        put(entries, hub, {entry.pk: groups[entry.user_id, entry.email] for entry in entries})
    if back:
        who = ", ".join(sorted(entry.called for entry in entries))
        whole = {"people": [{**roster.as_recorded(e), "groups": groups[e.user_id, e.email]} for e in entries]}
        changes = {"people": ["", who]}
        audit.record("roster.add", by=by, subject=hub.title, hub=hub, changes=changes, note=_("undone"), whole=whole)
    live.changed_on_commit(hub=hub)
    return len(gone), len(back)


def _nobody(lost: Sequence[Lost]) -> str:
    if not lost:
        return _("Enter at least one user name or email address.")
    shown = ", ".join(one.text[:60] for one in lost[:10]) + ("…" if len(lost) > 10 else "")
    return _("Neither a member’s user name nor an email address: {names}", names=shown)


def _rows(entries: Iterable[RosterEntry]) -> list[list[object]]:
    return [[e.user_id, e.email, e.role, e.name, [group.name for group in e.groups.all()]] for e in entries]


def _remember(hub: Hub, by: User, added: list[int], removed: list[list[object]]) -> None:
    if added or removed:
        values = {"by": by, "at": timezone.now(), "added": added, "removed": removed}
        ListChange.objects.update_or_create(hub=hub, defaults=values)
