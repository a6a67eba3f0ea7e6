"""A draft before it is sent: its spec, its errors, and what the policy will find."""

import re
from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone

from hubs.days.queries import today
from hubs.errors import Conflict
from hubs.images.queries.chosen import Choice
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, RequestReturn
from hubs.requests.queries.addresses import address_text
from hubs.requests.queries.outcome import will_follow
from hubs.requests.rules import OPEN
from hubs.requests.services import judged, secrets
from hubs.requests.services.rebasing import Clash, clashes
from hubs.spec import FIELDS, Difference, Draft, HubSpec, difference, to_draft
from hubs.spec.diff import in_words, typed_words
from hubs.spec.group_rules import GroupWarning
from hubs.spec.profiles import Profile
from hubs.user_limits.queries.offers import group_warnings

from .answers import Happens, Section, answers, image_of, label_of, people_along, since_returned, start_of, step_of

NUMBER = re.compile(r"-?[\d.,]+")  # a text that gets a unit


def _as_typed(path: str, text: str, wrong: bool) -> str:
    """Return a text that is not in the spec: as typed if it is wrong, otherwise in words."""
    if wrong:
        return f"{text} {FIELDS[path].words.unit}".strip() if NUMBER.fullmatch(text.strip()) else text
    try:
        return typed_words(FIELDS[path], text)
    except ValueError:
        return text


@dataclass(frozen=True)
class Problem:
    """One error to correct before sending, and its step."""

    path: str
    label: str
    step: str
    message: str


class Forecast:
    """A draft as it would be assessed now: its spec, its errors, and what the policy finds."""

    def __init__(self, request: ChangeRequest, typed: Draft | None = None) -> None:
        self.request = request
        self.draft = {**request.draft, **(typed or {})}
        found = judged.reading_of(request, self.draft)
        self.spec, self.wrong, self.left_out = found.spec, found.errors, found.left_out
        self.errors = self.wrong if request.state in OPEN else {}  # no one can correct a request that has ended
        self.before = request.base_revision.spec if request.hub and request.base_revision else None

    @cached_property
    def assessment(self) -> limits.Assessment:
        row = self.request
        return secrets.assess(row, self.spec, row.organization, self.before)

    @cached_property
    def happens(self) -> Happens:
        row, differences = self.request, self.differences()
        return Happens(row.hub, row.place, self.before, self.spec, differences, lambda: self.start, self.image)

    @cached_property
    def start(self) -> HubSpec | None:
        """What a new hub starts with."""
        return start_of(self.request, self.before)

    @cached_property
    def image(self) -> Choice | None:
        """The catalogue entry of its image."""
        row = self.request
        return image_of(row.organization, row.place, self.spec)

    @cached_property
    def returned(self) -> RequestReturn | None:
        """The last time that changes were requested; None if never."""
        return self.request.returns.select_related("by").last()

    @cached_property
    def since_returned(self) -> list[Difference]:
        return since_returned(self.request, self.returned, self.spec) if self.returned else []

    @property
    def no_place(self) -> str:
        """Why no new hub can be created at the moment, or ""."""
        row = self.request
        return judged.no_place(row, row.organization) if row.state in OPEN else ""

    @property
    def problems(self) -> list[Problem]:
        return [Problem(path, label_of(path), step_of(path), " ".join(words)) for path, words in self.errors.items()]

    @property
    def missing(self) -> list[str]:
        """The labels of fields that have no text and need one."""
        texts = {**self.draft, "": "-"}  # an error of the whole request is not missing
        return [one.label for one in self.problems if not texts.get(one.path, "").strip()]

    @property
    def meters(self) -> tuple[limits.Meter, ...]:
        """The shared limits; of a change, those that it would exceed, and the memory if its amount changes. A hub that
        only stays longer asks for nothing more."""
        found, before, after = self.assessment.meters, self.before, self.spec
        if before is None:
            return found
        resized = before.seats * before.memory_mib != after.seats * after.memory_mib
        return tuple(one for one in found if one.over or (resized and one.name != "hubs"))

    def typed_wrong(self) -> dict[str, list[str]]:
        """Errors in fields that have text. Empty fields are not reported yet, and the address shows its errors
        itself."""
        return {
            path: words for path, words in self.errors.items() if path != "slug" and self.draft.get(path, "").strip()
        }

    def differences(self) -> list[Difference]:
        if self.before is None:
            return []
        unread = self.unread()
        read = [one for one in difference(self.before, self.spec) if one.path not in unread]
        was = to_draft(self.before)
        typed = [Difference(path, label_of(path), in_words(FIELDS[path], FIELDS[path].read(self.before)), words)
                 for path, words in unread.items() if self.draft.get(path, "") != was[path]]  # fmt: skip
        return [*read, *typed, *secrets.differences(self.request)]

    def group_warnings(self, profiles: tuple[Profile, ...] | None = None) -> list[GroupWarning]:
        """Return warnings about the groups of these profiles, or of the draft's."""
        asked = self.spec.singleuser.profileList if profiles is None else profiles
        return group_warnings(asked, self.spec.signIn, self.request.hub)

    def answers(self) -> list[Section]:
        """All answers in words; wrong ones as typed."""
        pools = self.request.organization.cluster.node_pools
        address = self.address if self.before is None else ""
        start = self.before or self.start
        reviewed = {finding.path for finding in self.assessment.findings}
        can = self.request.place.can
        return answers(
            self.spec, address, self.unread(), self.errors, self.people, pools, self.image, start, reviewed, can
        )

    def unread(self) -> Draft:
        """Return texts that are not in the spec or are wrong, in readable form."""
        paths = {path for path in self.wrong if path in FIELDS} | self.left_out
        return {path: _as_typed(path, self.draft.get(path, ""), path in self.wrong) for path in FIELDS if path in paths}

    @property
    def routine(self) -> bool:
        """Whether it would be approved automatically; False while there are errors."""
        return not self.errors and self.assessment.routine

    @property
    def follows(self) -> str:
        """What happens as soon as it is approved, as a sentence."""
        row = self.request
        return will_follow(row, self.spec, today(timezone.now(), row.organization))

    @property
    def people(self) -> str:
        """Who is copied with the hub, in words; "" if no one is."""
        return people_along(self.request)

    @property
    def address(self) -> str:
        slug = self.draft.get("slug", "").strip().lower()
        return address_text(slug, self.request.organization.cluster) if slug else ""

    @cached_property
    def clashes(self) -> list[Clash]:
        """Fields that were also changed in the hub meanwhile."""
        return clashes(self.request) if self.stale else []

    @property
    def stale(self) -> str:
        """Why a valid request can't be sent, because the hub was changed in the meantime; or ""."""
        if self.request.state not in OPEN:
            return ""
        try:
            judged.check_base(self.request)
        except Conflict as error:
            return error.message
        return ""
