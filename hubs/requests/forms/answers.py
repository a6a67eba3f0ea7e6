"""What a request contains, in words: its steps with their answers, and what the policy will find."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import PurePosixPath
from typing import NamedTuple

from hubs.images.queries.chosen import IMAGE_NAME, Choice, called, find, rows_for
from hubs.language import _, plural
from hubs.models import ChangeRequest, Cluster, Hub, Organization, RequestReturn
from hubs.requests.queries import costs
from hubs.requests.queries.consequences import WARNING, Consequence, consequences, one_machine, without_effect
from hubs.requests.services import secrets
from hubs.spec import FIELDS, STEPS, Difference, Draft, Field, HubSpec, Step, difference, reading
from hubs.spec.capabilities import Capabilities
from hubs.spec.diff import facts as parts
from hubs.spec.honoured import answers_here, needless, remarks
from hubs.spec.profile_words import Pools

# (label, words), and (label, words, "", sentences) for errors: read by components/facts.html
Fact = tuple[str, str] | tuple[str, str, str, tuple[str, ...]]
HOME = "singleuser.storage.homeMountPath"
TITLES = {step.name: step.title for step in STEPS}


def step_of(path: str) -> str:
    """Return the step that has this field, or the first step if there is no field."""
    if path in {one.path for one in secrets.ASKED}:
        return "people"
    return FIELDS[path].words.step if path in FIELDS else STEPS[0].name


def label_of(path: str) -> str:
    names = {"slug": _("Address"), **{one.path: one.label for one in secrets.ASKED}}
    return FIELDS[path].words.label if path in FIELDS else names.get(path, _("Whole request"))


class Section(NamedTuple):
    """The answers of one step: those to read, and those that are as a new hub of the starting point has them."""

    step: Step
    facts: list[Fact]
    usual: list[Fact]


def answers(
    spec: HubSpec, address: str = "", unread: Draft | None = None, errors: Mapping[str, list[str]] | None = None,
    people: str = "", pools: Pools = (), image: Choice | None = None, start: HubSpec | None = None,
    reviewed: Collection[str] = (), can: Capabilities | None = None,
) -> list[Section]:  # fmt: skip
    """Return all answers by step. `unread` has texts that are not in the spec; they are shown as typed, each with its
    `errors`. `people`: who is copied with the hub. `pools`: the cluster's node pools, which profiles can name. `image`:
    the image's entry in the catalogue. `start`: what the hub begins with; by default, the defaults of the fields.
    `reviewed`: fields that need review. `can`: what the hub's cluster supports; other fields are left out unless the
    requester filled them in."""
    unread, errors = unread or {}, errors or {}
    found = []
    for step in STEPS:
        section = Section(step, [], [])
        for path, field in FIELDS.items():
            if field.words.step != step.name or not (field.telling(spec) or path in unread):
                continue
            told = [(field.words.label, unread[path])] if path in unread else parts(field, field.read(spec), pools)
            if path == IMAGE_NAME and path not in unread:
                told = [(label, called(image, words)) for label, words in told]
            usual = not {path} & {*unread, *errors, *reviewed} and _is_usual(field, spec, start)
            if usual and can and not answers_here(field, can):
                continue
            (section.usual if usual else section.facts).extend(_facts(told, errors.get(path)))
            if path == "about.title" and (address or "slug" in errors):
                section.facts.extend(_facts([(_("Address"), address)], errors.get("slug")))
        if step.name == "people":
            section.facts.extend([(_("Copied people"), people)] if people else [])
            section.facts.extend(fact for one in secrets.ASKED if one.path in errors
                                 for fact in _facts([(one.label, "")], errors[one.path]))  # fmt: skip
        if section.facts or section.usual:
            found.append(section)
    return found


def _is_usual(field: Field, spec: HubSpec, start: HubSpec | None) -> bool:
    """Return whether a reviewer learns nothing from this answer: everyone who starts there has it."""
    return field.words.step != "about" and bool(field.read(spec) == (field.read(start) if start else field.default))


def since_returned(request: ChangeRequest, returned: RequestReturn, spec: HubSpec | None = None) -> list[Difference]:
    """Return the differences from the returned version: of what was sent, or of `spec`, the current draft."""
    was, now = returned.spec, spec or request.spec
    slug = request.draft.get("slug", request.slug) if spec else request.slug
    moved = [Difference("slug", _("Address"), returned.slug, slug)] if slug != returned.slug and not request.hub else []
    return [*moved, *(difference(was, now) if was and now else [])]


def people_along(request: ChangeRequest) -> str:
    """Return who is copied with the hub, in words; "" if no one is. At most two queries."""
    hub = request.copied_from if request.copy_people else None
    if hub is None:
        return ""
    return plural(
        "{count} person from the people list of {hub}",
        "{count} people from the people list of {hub}",
        hub.roster.count(),
        hub=hub.title,
    )


def _facts(told: list[tuple[str, str]], wrong: Sequence[str] | None) -> list[Fact]:
    """Return a field's facts, with errors attached to the last one."""
    facts: list[Fact] = [(label, words or _("not set")) for label, words in told or [("", "")]]
    if wrong:
        label, words = facts[-1][:2]
        facts[-1] = (label, words, "", tuple(wrong))
    return facts


def of_image(image: Choice | None, spec: HubSpec) -> list[Consequence]:
    """Return what would not work with this image, as far as a test has found its contents."""
    if image is None:
        return []
    breaks = image.lacks(repository=bool(spec.singleuser.content.repository), jupyterhub=True)
    breaks += _home_elsewhere(image, spec)
    name = _("Installed software") if image.machine else image.row.name
    found = [Consequence(WARNING, name, one) for one in breaks]
    if image.successor:
        title = _("{image} is deprecated", image=image.row.name)
        found.append(Consequence(WARNING, title, _("Use {image} instead.", image=image.successor.name)))
    return found


def _home_elsewhere(image: Choice, spec: HubSpec) -> list[str]:
    """Warn if the image's home directory is outside the saved folder. [] if the path depends on the person."""
    storage, home = spec.singleuser.storage, image.contents.home if image.contents else ""
    kept = storage.homeMountPath
    if not home or storage.type == "none" or "{" in kept or PurePosixPath(home).is_relative_to(kept):
        return []
    words = _(
        "The home directory of this image is {home}, but the hub saves files in {kept}. People would lose their files. "
        "Set “{label}” to {home}.",
        home=home,
        kept=kept,
        label=label_of(HOME),
    )
    return [words]


class Happens:
    """What a spec would do, in addition to the policy's findings. For the requester and for staff."""

    def __init__(
        self, hub: Hub | None, place: Cluster, before: HubSpec | None, after: HubSpec, differences: list[Difference],
        start: Callable[[], HubSpec | None] = lambda: None, image: Choice | None = None, *, in_part: bool = True,
    ) -> None:  # fmt: skip
        """`start` returns what a new hub starts with; only called if something would have no effect. Without `in_part`,
        nothing is said about values that have an effect in part."""
        self.differences = differences
        self.consequences = consequences(before, after, hub) if before and hub else one_machine(place)
        known = [before] if before else []
        remarked = remarks if in_part else needless
        said = remarked(after, *known, can=place.can)
        if said and (begun := start()):
            said = remarked(after, *known, begun, can=place.can)
        if self.consequences and not before:  # the warning about one machine says it of its limits
            said = {path: words for path, words in said.items() if FIELDS[path].words.needs != "enforces_limits"}
        self.consequences += without_effect(said)
        self.consequences += of_image(image, after)
        self.cost = costs.estimate(after, place)
        was = costs.estimate(before, place) if before else None
        self.cost_before = was.text if was and self.cost and was.text != self.cost.text else ""


def image_of(organization: Organization, place: Cluster, spec: HubSpec) -> Choice | None:
    """Return the catalogue entry of a hub's image in this cluster. One query."""
    image = spec.singleuser.image
    return find(rows_for(organization), image.name, image.tag, machine=not place.can.images)


def start_of(request: ChangeRequest, before: HubSpec | None) -> HubSpec | None:
    """Return what a new hub starts with; None for a change, or without a starting point."""
    begins = request.starting_version if before is None else None
    return _begun(tuple(begins.start().items())) if begins else None


@lru_cache(100)  # versions of starting points are few, and immutable
def _begun(texts: tuple[tuple[str, str], ...]) -> HubSpec:
    return reading(dict(texts))[0]


def happens(
    request: ChangeRequest, before: HubSpec | None, after: HubSpec, differences: list[Difference],
    image: Choice | None = None,
) -> Happens:  # fmt: skip
    """`image`: the catalogue entry of the image that would be used."""
    place = request.place
    return Happens(request.hub, place, before, after, differences, partial(start_of, request, before), image)
