"""What a request asks for, in words: its steps with their answers, and what the policy will say."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from django.utils.translation import gettext

from hubs.errors import Conflict
from hubs.images.queries.chosen import IMAGE_NAME, Choice, called, find, rows_for
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, Cluster, Hub, Organization, RequestReturn
from hubs.requests.queries import costs
from hubs.requests.queries.addresses import address_text
from hubs.requests.queries.consequences import NEUTRAL, WARNING, Consequence, consequences, without_effect
from hubs.requests.services import requests as services
from hubs.requests.services import secrets
from hubs.requests.services.rebasing import Clash, clashes
from hubs.spec import FIELDS, STEPS, Difference, Draft, HubSpec, Step, difference, reading, to_draft
from hubs.spec.diff import facts as parts
from hubs.spec.diff import in_words, typed_words
from hubs.spec.group_rules import GroupWarning
from hubs.spec.honoured import remarks
from hubs.spec.profile_words import Pools
from hubs.spec.profiles import Profile
from hubs.templatetags.words import count_text
from hubs.text.reasons import says_why
from hubs.user_limits.queries.offers import group_warnings

# (label, words), and of what is wrong also ("", sentences): as components/facts.html reads it
Fact = tuple[str, str] | tuple[str, str, str, tuple[str, ...]]
NUMBER = re.compile(r"-?[\d.,]+")  # what a unit belongs to
HOME = "singleuser.storage.homeMountPath"
TITLES = {step.name: step.title for step in STEPS}


def step_of(path: str) -> str:
    """The step where a field is asked; the first one for what has no field."""
    if path in {one.path for one in secrets.ASKED}:
        return "people"
    return FIELDS[path].words.step if path in FIELDS else STEPS[0].name


def label_of(path: str) -> str:
    names = {"slug": "Address", **{one.path: one.label for one in secrets.ASKED}}
    return FIELDS[path].words.label if path in FIELDS else names.get(path, "The whole request")


def answers(
    spec: HubSpec, address: str = "", unread: Draft | None = None, errors: Mapping[str, list[str]] | None = None,
    people: str = "", pools: Pools = (), image: Choice | None = None,
) -> list[tuple[Step, list[Fact]]]:  # fmt: skip
    """Every answer by step. `unread` holds texts that the spec does not have; they are shown as typed, each with its
    `errors`. `people`: who comes along with a copy. `pools`: the cluster's node pools, which profiles may name.
    `image`: what the image catalogue knows of its image."""
    unread, errors = unread or {}, errors or {}
    found = []
    for step in STEPS:
        facts: list[Fact] = []
        for path, field in FIELDS.items():
            if field.words.step != step.name or not (field.telling(spec) or path in unread):
                continue
            told = [(field.words.label, unread[path])] if path in unread else parts(field, field.read(spec), pools)
            if path == IMAGE_NAME and path not in unread:
                told = [(label, called(image, words)) for label, words in told]
            facts += _facts(told, errors.get(path))
            if path == "about.title" and (address or "slug" in errors):
                facts += _facts([("Address", address)], errors.get("slug"))
        if step.name == "people":
            facts += [("People who come along", people)] if people else []
            facts += [fact for one in secrets.ASKED if one.path in errors
                      for fact in _facts([(one.label, "")], errors[one.path])]  # fmt: skip
        if facts:
            found.append((step, facts))
    return found


def since_returned(request: ChangeRequest, returned: RequestReturn, spec: HubSpec | None = None) -> list[Difference]:
    """What differs from what was returned: of what was sent, or of `spec`, what the draft comes to."""
    was, now = returned.spec, spec or request.spec
    slug = request.draft.get("slug", request.slug) if spec else request.slug
    moved = [Difference("slug", "Address", returned.slug, slug)] if slug != returned.slug and not request.hub else []
    return [*moved, *(difference(was, now) if was and now else [])]


def people_along(request: ChangeRequest) -> str:
    """Who comes along with a copy, in words; "" for nobody. At most two queries."""
    hub = request.copied_from if request.copy_people else None
    if hub is None:
        return ""
    said = {"people": count_text(hub.roster.count(), "person", "people"), "hub": hub.title}
    return gettext("%(people)s on the list of %(hub)s") % said


def _facts(told: list[tuple[str, str]], wrong: Sequence[str] | None) -> list[Fact]:
    """What a field says, and what is wrong with it beside its last line."""
    facts: list[Fact] = [(label, words or "not set") for label, words in told or [("", "")]]
    if wrong:
        label, words = facts[-1][:2]
        facts[-1] = (label, words, "", tuple(wrong))
    return facts


def _as_typed(path: str, text: str, wrong: bool) -> str:
    """A text that the spec does not have: as it was typed; in words when it is right by itself."""
    if wrong:
        return f"{text} {FIELDS[path].words.unit}".strip() if NUMBER.fullmatch(text.strip()) else text
    try:
        return typed_words(FIELDS[path], text)
    except ValueError:
        return text


@dataclass(frozen=True)
class Problem:
    """One thing to mend before sending, and where."""

    path: str
    label: str
    step: str
    message: str


def of_image(image: Choice | None, spec: HubSpec) -> list[Consequence]:
    """What would not work with this image, as far as a probe knows what is inside."""
    if image is None:
        return []
    breaks = image.lacks(repository=bool(spec.singleuser.content.repository), jupyterhub=True)
    breaks += _home_elsewhere(image, spec)
    found = [Consequence(WARNING, image.row.name, one) for one in breaks]
    if image.successor:
        found.append(Consequence(WARNING, f"{image.row.name} is deprecated", f"Use {image.successor.name} instead."))
    return found + [Consequence(NEUTRAL, image.row.name, one) for one in image.lacks(link=True)]


def _home_elsewhere(image: Choice, spec: HubSpec) -> list[str]:
    """Do people work in another folder than the one that is kept? Nothing where a path depends on the person."""
    storage, home = spec.singleuser.storage, image.contents.home if image.contents else ""
    kept = storage.homeMountPath
    if not home or storage.type == "none" or "{" in kept or PurePosixPath(home).is_relative_to(kept):
        return []
    said = {"home": home, "kept": kept, "label": label_of(HOME)}
    return [gettext("The home folder of this image is %(home)s, but the hub keeps files in %(kept)s. People would lose "
                    "what they save. Set “%(label)s” to %(home)s.") % said]  # fmt: skip


class Happens:
    """What an answer would do, beyond what the policy says of it. For whoever writes it and whoever decides."""

    def __init__(
        self, hub: Hub | None, place: Cluster, before: HubSpec | None, after: HubSpec, differences: list[Difference],
        start: HubSpec | None = None, image: Choice | None = None,
    ) -> None:  # fmt: skip
        """`start` is what a new hub begins with."""
        self.differences = differences
        self.consequences: list[Consequence] = consequences(before, after, hub) if before and hub else []
        known = [one for one in (before, start) if one]
        self.consequences += without_effect(remarks(after, *known, can=place.can))
        self.consequences += of_image(image, after)
        self.cost = costs.estimate(after, place)
        was = costs.estimate(before, place) if before else None
        self.cost_before = was.text if was and self.cost and was.text != self.cost.text else ""


def image_of(organization: Organization, place: Cluster, spec: HubSpec) -> Choice | None:
    """What the image catalogue knows of the image of a hub in this cluster. One query."""
    image = spec.singleuser.image
    return find(rows_for(organization), image.name, image.tag, machine=not place.can.images)


def start_of(request: ChangeRequest, before: HubSpec | None) -> HubSpec | None:
    """What a new hub begins with; None for a change, and where no starting point is known."""
    begins = request.starting_version if before is None else None
    return reading(begins.start())[0] if begins else None


def happens(
    request: ChangeRequest, before: HubSpec | None, after: HubSpec, differences: list[Difference],
    image: Choice | None = None,
) -> Happens:  # fmt: skip
    """`image`: what the image catalogue knows of the image that would be used."""
    place = request.place
    return Happens(request.hub, place, before, after, differences, start_of(request, before), image)


class Forecast:
    """A draft as it would be judged now: what it comes to, what is wrong, what the policy says."""

    def __init__(self, request: ChangeRequest, typed: Draft | None = None) -> None:
        self.request = request
        self.draft = {**request.draft, **(typed or {})}
        found = services.reading_of(request, self.draft)
        self.spec, self.errors, self.left_out = found.spec, found.errors, found.left_out
        self.before = request.base_revision.spec if request.hub and request.base_revision else None

    @cached_property
    def assessment(self) -> limits.Assessment:
        row = self.request
        return secrets.assess(row, self.spec, row.organization, self.before)

    @cached_property
    def happens(self) -> Happens:
        row, differences = self.request, self.differences()
        return Happens(row.hub, row.place, self.before, self.spec, differences, self.start, self.image)

    @cached_property
    def start(self) -> HubSpec | None:
        """What a new hub begins with."""
        return start_of(self.request, self.before)

    @cached_property
    def image(self) -> Choice | None:
        """What the image catalogue knows of its image."""
        row = self.request
        return image_of(row.organization, row.place, self.spec)

    @cached_property
    def returned(self) -> RequestReturn | None:
        """With which words it came back the last time; None when it never did."""
        return self.request.returns.select_related("by").last()

    @cached_property
    def since_returned(self) -> list[Difference]:
        return since_returned(self.request, self.returned, self.spec) if self.returned else []

    @property
    def reason_missing(self) -> bool:
        """Does staff have to decide, and nothing says why it is asked for?"""
        return not self.assessment.routine and not says_why(self.request.reason)

    @property
    def no_place(self) -> str:
        """Why no new hub can be made at the moment; "" when one can."""
        return services.no_place(self.request, self.request.organization)

    @property
    def problems(self) -> list[Problem]:
        return [Problem(path, label_of(path), step_of(path), " ".join(words)) for path, words in self.errors.items()]

    def typed_wrong(self) -> dict[str, list[str]]:
        """What is wrong with what was typed; what was not answered yet is no reproach, and
        the address has a line of its own that says so."""
        return {
            path: words for path, words in self.errors.items() if path != "slug" and self.draft.get(path, "").strip()
        }

    def differences(self) -> list[Difference]:
        if self.before is None:
            return []
        anew = [Difference("", label, "", "set anew") for label in secrets.changed(self.request)]
        unread = self.unread()
        read = [one for one in difference(self.before, self.spec) if one.path not in unread]
        was = to_draft(self.before)
        typed = [Difference(path, label_of(path), in_words(FIELDS[path], FIELDS[path].read(self.before)), words)
                 for path, words in unread.items() if self.draft.get(path, "") != was[path]]  # fmt: skip
        return [*read, *typed, *anew]

    def group_warnings(self, profiles: tuple[Profile, ...] | None = None) -> list[GroupWarning]:
        """What is worth a second look about the groups of profiles: of these, or of the draft's."""
        asked = self.spec.singleuser.profileList if profiles is None else profiles
        return group_warnings(asked, self.spec.signIn, self.request.hub)

    def answers(self) -> list[tuple[Step, list[Fact]]]:
        """Every answer in words; what is wrong as it was typed."""
        pools = self.request.organization.cluster.node_pools
        address = self.address if self.before is None else ""
        return answers(self.spec, address, self.unread(), self.errors, self.people, pools, self.image)

    def unread(self) -> Draft:
        """What was typed and is not in the spec, or is wrong there, as people read it."""
        paths = {path for path in self.errors if path in FIELDS} | self.left_out
        return {
            path: _as_typed(path, self.draft.get(path, ""), path in self.errors) for path in FIELDS if path in paths
        }

    @property
    def routine(self) -> bool:
        """Would it be approved without a person? Never while something is wrong."""
        return not self.errors and self.assessment.routine

    @property
    def people(self) -> str:
        """Who comes along with a copy, in words; "" for nobody."""
        return people_along(self.request)

    @property
    def address(self) -> str:
        slug = self.draft.get("slug", "").strip().lower()
        return address_text(slug, self.request.organization.cluster) if slug else ""

    @cached_property
    def clashes(self) -> list[Clash]:
        """What somebody else answered differently meanwhile."""
        return clashes(self.request) if self.stale else []

    @property
    def stale(self) -> str:
        """Why this can't be sent although nothing is wrong with it: the hub was changed meanwhile."""
        try:
            services.check_base(self.request)
        except Conflict as error:
            return error.message
        return ""
