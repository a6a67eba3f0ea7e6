"""What a request asks for, in words: its steps with their answers, and what the policy will say."""

from dataclasses import dataclass
from functools import cached_property

from hubs import costs, limits
from hubs.consequences import Consequence, consequences, without_effect
from hubs.errors import Conflict
from hubs.models import ChangeRequest, Cluster, Hub, RequestReturn
from hubs.services import requests as services
from hubs.services import secrets
from hubs.services.addresses import address_text
from hubs.services.offers_seen import group_warnings
from hubs.services.reasons import says_why
from hubs.services.rebasing import Clash, clashes
from hubs.spec import FIELDS, STEPS, Difference, Draft, HubSpec, Step, difference, reading
from hubs.spec.diff import facts as parts
from hubs.spec.group_rules import GroupWarning
from hubs.spec.honoured import remarks
from hubs.spec.profile_words import Pools
from hubs.spec.profiles import Profile

Fact = tuple[str, str]
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
    spec: HubSpec, address: str = "", unread: Draft | None = None, pools: Pools = ()
) -> list[tuple[Step, list[Fact]]]:
    """Every answer by step. `unread` holds texts that are no answer yet; they are shown as typed. `pools`: the
    cluster's node pools, which profiles may name."""
    unread = unread or {}
    found = []
    for step in STEPS:
        facts: list[Fact] = []
        for path, field in FIELDS.items():
            if field.words.step != step.name or not (field.telling(spec) or path in unread):
                continue
            told = [(field.words.label, unread[path])] if path in unread else parts(field, field.read(spec), pools)
            facts += [(label, words or "not set") for label, words in told]
            if address and path == "about.title":
                facts.append(("Address", address))
        if facts:
            found.append((step, facts))
    return found


def since_returned(request: ChangeRequest, returned: RequestReturn, spec: HubSpec | None = None) -> list[Difference]:
    """What differs from what was returned: of what was sent, or of `spec`, what the draft comes to."""
    was, now = returned.spec, spec or request.spec
    slug = request.draft.get("slug", request.slug) if spec else request.slug
    moved = [Difference("slug", "Address", returned.slug, slug)] if slug != returned.slug and not request.hub else []
    return [*moved, *(difference(was, now) if was and now else [])]


@dataclass(frozen=True)
class Problem:
    """One thing to mend before sending, and where."""

    path: str
    label: str
    step: str
    message: str


class Happens:
    """What an answer would do, beyond what the policy says of it. For whoever writes it and whoever decides."""

    def __init__(
        self, hub: Hub | None, place: Cluster, before: HubSpec | None, after: HubSpec, differences: list[Difference],
        start: HubSpec | None = None,
    ) -> None:  # fmt: skip
        """`start` is what a new hub begins with."""
        self.differences = differences
        self.consequences: list[Consequence] = consequences(before, after, hub) if before and hub else []
        known = [one for one in (before, start) if one]
        self.consequences += without_effect(remarks(after, *known, one_machine=not place.is_kubernetes))
        self.cost = costs.estimate(after, place)
        was = costs.estimate(before, place) if before else None
        self.cost_before = was.text if was and self.cost and was.text != self.cost.text else ""


def happens(request: ChangeRequest, before: HubSpec | None, after: HubSpec, differences: list[Difference]) -> Happens:
    place = request.hub.cluster if request.hub else request.organization.cluster
    begins = request.starting_version if before is None else None
    return Happens(request.hub, place, before, after, differences, reading(begins.start())[0] if begins else None)


class Forecast:
    """A draft as it would be judged now: what it comes to, what is wrong, what the policy says."""

    def __init__(self, request: ChangeRequest, typed: Draft | None = None) -> None:
        self.request = request
        self.draft = {**request.draft, **(typed or {})}
        self.spec, self.errors = services.read(request, self.draft)
        self.before = request.base_revision.spec if request.hub and request.base_revision else None

    @cached_property
    def assessment(self) -> limits.Assessment:
        row = self.request
        return secrets.assess(row, self.spec, row.organization, self.before)

    @cached_property
    def happens(self) -> Happens:
        return happens(self.request, self.before, self.spec, self.differences())

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
        return [*difference(self.before, self.spec), *anew]

    def group_warnings(self, profiles: tuple[Profile, ...] | None = None) -> list[GroupWarning]:
        """What is worth a second look about the groups of profiles: of these, or of the draft's."""
        asked = self.spec.singleuser.profileList if profiles is None else profiles
        return group_warnings(asked, self.spec.signIn, self.request.hub)

    def answers(self) -> list[tuple[Step, list[Fact]]]:
        """Every answer in words; what is wrong as it was typed."""
        unread = {path: self.draft.get(path, "") for path in self.errors if path in FIELDS}
        pools = self.request.organization.cluster.node_pools
        return answers(self.spec, self.address if self.before is None else "", unread, pools)

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
