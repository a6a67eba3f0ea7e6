"""Three versions of the same fields: what something was made from, what that has become, and what it is itself."""

from dataclasses import dataclass

from hubs.spec.catalogue import ALWAYS_ASKED
from hubs.spec.diff import Difference, difference, in_words
from hubs.spec.draft import Draft, to_draft
from hubs.spec.fields import FIELDS
from hubs.spec.hub import HubSpec


@dataclass(frozen=True)
class TakeOver:
    """What a hub gets when it takes over a newer version of its starting point."""

    values: Draft  # by path, for a draft of a change
    taken: tuple[Difference, ...]  # from what the hub has to what the new version has
    kept: tuple[Difference, ...]  # the hub's own answer, and what the new version would have said


def take_over(hub: HubSpec, old: HubSpec, new: HubSpec) -> TakeOver:
    """Fields that the new version changed, and that the hub still has as the old one gave them, become the new
    version's; what the hub changed itself is kept. What the hub has like that already is in neither list."""
    has, was, is_now = to_draft(hub), to_draft(old), to_draft(new)
    changed = [p for p in FIELDS if was[p] != is_now[p] != has[p] and p not in ALWAYS_ASKED]
    values = {path: is_now[path] for path in changed if has[path] == was[path]}
    own = [FIELDS[path] for path in changed if path not in values]
    kept = [Difference(f.path, f.words.label, in_words(f, f.read(hub)), in_words(f, f.read(new))) for f in own]
    taken = [found for found in difference(hub, new) if found.path in values]
    return TakeOver(values, tuple(taken), tuple(kept))


def merged(base: Draft, theirs: Draft, mine: Draft) -> tuple[Draft, list[str]]:
    """Two edits of the same texts as one: mine where I changed something, else theirs. Also the paths that both
    changed, and differently: there mine stands."""
    edited = {path: text for path, text in mine.items() if text != base.get(path, "")}
    both = [path for path in edited if theirs.get(path, "") not in (base.get(path, ""), edited[path])]
    return {**theirs, **edited}, both
