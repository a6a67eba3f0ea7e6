"""Decide what to do for a hub, given its desired and observed state. Pure, and independent of the runtime."""

from dataclasses import dataclass

from hubs.language import _
from provisioning.contract import PARTS, Observed, Part, Release, Seen


@dataclass(frozen=True)
class Apply:
    """Apply this part."""

    part: Part
    why: str  # CamelCase: "Missing", "Changed" or the reason of its failure


@dataclass(frozen=True)
class Drop:
    """Remove this part."""

    name: str


@dataclass(frozen=True)
class Decision:
    """The ordered `actions` to do. `waiting` is a sentence for people, "" if there is nothing to wait for."""

    actions: tuple[Apply | Drop, ...] = ()
    waiting: str = ""
    reason: str = ""  # CamelCase, of the first action or of the wait

    @property
    def converged(self) -> bool:
        """Whether the observed state is the desired one, and everything works."""
        return not self.actions and not self.waiting


def _making_order(name: str) -> int:
    """Return the position of a part that is no longer wanted. Unknown parts come last."""
    return PARTS.index(name) if name in PARTS else len(PARTS)


def _why_apply(part: Part, seen: Seen | None) -> str:
    if seen is None:
        return "Missing"
    if seen.digest != part.digest:
        return "Changed"
    return (seen.reason or "Failed") if seen.failed else ""


def _waiting(release: Release, observed: Observed) -> tuple[str, str]:
    """Return (sentence, reason) for the first part that is not ready; ("", "") if all are."""
    for part in release.parts:
        seen = observed.parts[part.name]
        if not seen.ready:
            return seen.message or _("In progress: {title}.", title=part.title), seen.reason or "NotReady"
    if release.revision and observed.revision != release.revision:
        return _("The hub is not running its latest configuration yet."), "RevisionPending"
    return "", ""


def decide(release: Release, observed: Observed) -> Decision:
    """Return the decision: removals first (newest part first), then missing, changed or failed parts in order.

    Parts that are already being removed are waited for: what is applied meanwhile would be removed with them.
    """
    if ending := [seen for seen in observed.parts.values() if seen.ending]:
        return Decision((), ending[0].message or _("It is being removed."), ending[0].reason or "Ending")
    wanted = {part.name for part in release.parts}
    surplus = sorted((name for name in observed.parts if name not in wanted), key=_making_order, reverse=True)
    reasons = [(part, _why_apply(part, observed.parts.get(part.name))) for part in release.parts]
    actions = tuple(Drop(name) for name in surplus) + tuple(Apply(part, why) for part, why in reasons if why)
    if actions:
        first = actions[0]
        return Decision(actions, reason="NotWanted" if isinstance(first, Drop) else first.why)
    sentence, reason = _waiting(release, observed)
    return Decision((), sentence, reason)
