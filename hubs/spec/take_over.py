"""Three-way merges of fields: the original, its newer version, and one's own version."""

from dataclasses import dataclass

from hubs.spec.catalogue import ALWAYS_ASKED
from hubs.spec.diff import Difference, difference, in_words
from hubs.spec.draft import Draft, to_draft
from hubs.spec.fields import FIELDS
from hubs.spec.hub import HubSpec


@dataclass(frozen=True)
class TakeOver:
    """The result of updating a hub to a newer version of its starting point."""

    values: Draft  # by path, for a draft of a change
    taken: tuple[Difference, ...]  # from the hub's value to that of the new version
    kept: tuple[Difference, ...]  # the hub's own value, and that of the new version


def take_over(hub: HubSpec, old: HubSpec, new: HubSpec) -> TakeOver:
    """Update fields that the new version changed, if the hub still has the old version's value; keep what the hub
    changed itself. Fields that already have the new value are in neither list."""
    has, was, is_now = to_draft(hub), to_draft(old), to_draft(new)
    changed = [p for p in FIELDS if was[p] != is_now[p] != has[p] and p not in ALWAYS_ASKED]
    values = {path: is_now[path] for path in changed if has[path] == was[path]}
    own = [FIELDS[path] for path in changed if path not in values]
    kept = [Difference(f.path, f.words.label, in_words(f, f.read(hub)), in_words(f, f.read(new))) for f in own]
    taken = [found for found in difference(hub, new) if found.path in values]
    return TakeOver(values, tuple(taken), tuple(kept))


def merged(base: Draft, theirs: Draft, mine: Draft) -> tuple[Draft, list[str]]:
    """Merge two edits of the same texts: mine where I changed something, else theirs. Also return the paths that both
    changed in different ways; there, mine is used."""
    edited = {path: text for path, text in mine.items() if text != base.get(path, "")}
    both = [path for path in edited if theirs.get(path, "") not in (base.get(path, ""), edited[path])]
    return {**theirs, **edited}, both
