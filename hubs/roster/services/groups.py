"""Groups of people on a hub's list. A change takes effect at the next sign-in and before the next server start."""

from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction

from hubs.audit.services import audit
from hubs.errors import Invalid
from hubs.language import _, number, plural
from hubs.limits.queries.allowance import kept_by_groups
from hubs.live import channel as live
from hubs.models import Hub, RosterEntry, RosterGroup, User
from hubs.roster.rules.group_names import LONGEST, MOST, MOST_OF_HUB, has_separator, of_role, spelled
from hubs.spec.offers import group_key
from hubs.text.names import unseen
from hubs.text.texts import storable

MOST_AT_ONCE = 2000  # people


def _complaint(name: str) -> str:
    """Return why a group can't have this name, as a sentence, or "" if it can. Names of role groups begin with ":"."""
    if storable(name) or unseen(name):
        return _("This group name is not allowed: {sentence}", sentence=unseen(name) or storable(name))
    if not group_key(name):
        return _("Enter a group name.")
    if len(name) > LONGEST or ":" in name or has_separator(name):
        return _("Group names can have at most {number} characters, and no colon, comma or semicolon.", number=LONGEST)
    if of_role(name):
        return _("“{name}” is reserved for groups by role. Choose another name.", name=name)
    return ""


def checked(names: Iterable[str]) -> list[str]:
    """Return group names as they are stored, without duplicates. Raise Invalid ("groups")."""
    found: dict[str, str] = {}
    for name in names:
        name = spelled(name) if not storable(name) else name
        if complaint := _complaint(name):
            raise Invalid.beside("groups", complaint)
        found.setdefault(group_key(name), name)
    if len(found) > MOST:
        _refuse_more()
    return list(found.values())


def _refuse_more() -> None:
    raise Invalid.beside("groups", _("One person can be in at most {number} groups of a hub.", number=MOST))


def _rows(hub: Hub, names: Iterable[str]) -> dict[str, RosterGroup]:
    """Return the rows of these groups by key; create missing ones. Raise Invalid ("groups")."""
    wanted: dict[str, str] = {}
    for name in names:
        wanted.setdefault(group_key(name), name)  # the first spelling wins
    known = {row.key: row for row in hub.roster_groups.all()} if wanted else {}
    missing = [RosterGroup(hub=hub, key=key, name=name) for key, name in wanted.items() if key not in known]
    if len(known) + len(missing) > MOST_OF_HUB:
        raise Invalid.beside("groups", _("A hub can have at most {number} groups.", number=MOST_OF_HUB))
    if missing:
        RosterGroup.objects.bulk_create(
            missing, ignore_conflicts=True
        )  # another request may create it at the same time
        known = {row.key: row for row in hub.roster_groups.filter(key__in=wanted)}
    return {key: known[key] for key in wanted}


def _write(entries: Sequence[RosterEntry], wanted: Mapping[int, Mapping[str, str]], hub: Hub) -> int:
    """Set the groups of each entry ({pk: {key: name}}). Return how many changed. Raise Invalid ("groups")."""
    list(
        Hub.objects.select_for_update().filter(pk=hub.pk).values("pk")
    )  # a lock, so that no group is deleted while a person is added to it
    before = {entry.pk: {group.key: group.pk for group in entry.groups.all()} for entry in entries}
    if any(len(groups) > MOST for groups in wanted.values()):
        _refuse_more()
    new = [name for pk, groups in wanted.items() for key, name in groups.items() if key not in before[pk]]
    rows, through = _rows(hub, new), RosterEntry.groups.through
    come = [(pk, rows[key].pk) for pk, groups in wanted.items() for key in groups if key not in before[pk]]
    go = [(pk, group) for pk, groups in wanted.items() for key, group in before[pk].items() if key not in groups]
    through.objects.bulk_create(
        [through(rosterentry_id=pk, rostergroup_id=group) for pk, group in come], ignore_conflicts=True
    )
    by_group: dict[int, list[int]] = {}
    for pk, group in go:
        by_group.setdefault(group, []).append(pk)
    for group, leaving in by_group.items():
        through.objects.filter(rostergroup=group, rosterentry__in=leaving).delete()
    if go:
        forget_empty(hub)
    return len({pk for pk, _ in come + go})


def forget_empty(hub: Hub) -> None:
    """Delete groups without people. User limits for them stay, and apply again when the group has people."""
    hub.roster_groups.filter(entries=None).delete()


def put(entries: Sequence[RosterEntry], hub: Hub, groups: Mapping[int, Iterable[str]]) -> int:
    """Add entries to groups ({pk: checked names}). Return how many entries changed. Raise Invalid ("groups")."""
    have = {entry.pk: {group.key: group.name for group in entry.groups.all()} for entry in entries}
    wanted = {pk: {**{group_key(name): name for name in groups.get(pk, ())}, **old} for pk, old in have.items()}
    return _write(entries, wanted, hub)


def set_groups(entry: RosterEntry, groups: Iterable[str]) -> tuple[str, str]:
    """Set the groups of an entry. Return (before, after) as text. Raise Invalid ("groups")."""
    old = {group.key: group.name for group in entry.groups.all()}
    wanted = {group_key(name): old.get(group_key(name), name) for name in checked(groups)}
    _write([entry], {entry.pk: wanted}, entry.hub)
    return said(old.values()), said(entry.groups.values_list("name", flat=True))


def said(names: Iterable[str]) -> str:
    """Return group names in one line."""
    return ", ".join(sorted(names, key=group_key))


@transaction.atomic
def regroup(*, hub: Hub, by: User, entries: Sequence[int], add: Sequence[str] = (), remove: Sequence[str] = ()) -> int:
    """Add people on the list to groups, and remove them from others. Return how many changed. Raise Invalid ("entries",
    "groups")."""
    more, leave = checked(add), [spelled(name) for name in remove if not storable(name) and group_key(name)]
    less = {group_key(name) for name in leave}
    if not more and not less:
        raise Invalid.beside("groups", _("Enter at least one group."))
    asked = set(entries)
    if not asked or len(asked) > MOST_AT_ONCE:
        few = _("Choose at most {number} people.", number=number(MOST_AT_ONCE))
        raise Invalid.beside("entries", few if asked else _("Choose at least one person."))
    rows = list(hub.roster.filter(pk__in=asked).select_related("user").prefetch_related("groups"))
    if len(rows) != len(asked):
        raise Invalid.beside("entries", _("Some of these people are no longer on the list. Reload the page."))
    wanted = {}
    for row in rows:
        have = {**{group_key(name): name for name in more}, **{group.key: group.name for group in row.groups.all()}}
        wanted[row.pk] = {key: name for key, name in have.items() if key not in less}
    with kept_by_groups(hub, by, "groups"):
        changed = _write(rows, wanted, hub)
    if changed:
        changes = {"groups": [said(leave), said(more)]}
        who = plural("{count} person of {hub}", "{count} people of {hub}", changed, hub=hub.title)
        people = {"people": [row.called for row in rows], "groups": more, "removed groups": leave}
        audit.record("roster.role", by=by, subject=who, hub=hub, changes=changes, whole=people)
        live.changed_on_commit(hub=hub)
    return changed
