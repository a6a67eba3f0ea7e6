"""What is to be done for one hub, given what is wanted and what is seen. Pure; the runtime is not known here."""

from dataclasses import dataclass

from provisioning.contract import PARTS, Observed, Part, Release, Seen


@dataclass(frozen=True)
class Apply:
    """Make this part so."""

    part: Part
    why: str  # CamelCase: "Missing", "Changed" or the reason of its failure


@dataclass(frozen=True)
class Drop:
    """Take this part away."""

    name: str


@dataclass(frozen=True)
class Decision:
    """Do `actions` in their order. `waiting` is a sentence for people, "" when there is nothing to wait for."""

    actions: tuple[Apply | Drop, ...] = ()
    waiting: str = ""
    reason: str = ""  # CamelCase, of the first action or of the wait

    @property
    def converged(self) -> bool:
        """What is seen is what is wanted, and it works."""
        return not self.actions and not self.waiting


def _making_order(name: str) -> int:
    """Place of a part that nobody wants any more. Unknown parts were made last."""
    return PARTS.index(name) if name in PARTS else len(PARTS)


def _why_apply(part: Part, seen: Seen | None) -> str:
    if seen is None:
        return "Missing"
    if seen.digest != part.digest:
        return "Changed"
    return (seen.reason or "Failed") if seen.failed else ""


def _waiting(release: Release, observed: Observed) -> tuple[str, str]:
    """(sentence, reason) of what is not there yet; ("", "") when all is."""
    for part in release.parts:
        seen = observed.parts[part.name]
        if not seen.ready:
            return seen.message or f"In progress: {part.title}.", seen.reason or "NotReady"
    if release.revision and observed.revision != release.revision:
        return "The hub is not running its latest configuration yet.", "RevisionPending"
    return "", ""


def decide(release: Release, observed: Observed) -> Decision:
    """Drops come first (newest part first), then what is missing, changed or failed, in the order of making.

    What is on its way out already is waited for: made again under it, it would go with it.
    """
    if ending := [seen for seen in observed.parts.values() if seen.ending]:
        return Decision((), ending[0].message or "It is being removed.", ending[0].reason or "Ending")
    wanted = {part.name for part in release.parts}
    surplus = sorted((name for name in observed.parts if name not in wanted), key=_making_order, reverse=True)
    reasons = [(part, _why_apply(part, observed.parts.get(part.name))) for part in release.parts]
    actions = tuple(Drop(name) for name in surplus) + tuple(Apply(part, why) for part, why in reasons if why)
    if actions:
        first = actions[0]
        return Decision(actions, reason="NotWanted" if isinstance(first, Drop) else first.why)
    sentence, reason = _waiting(release, observed)
    return Decision((), sentence, reason)
