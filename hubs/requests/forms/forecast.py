"""A draft as people meet it before it is sent: what it comes to, what is wrong, what the policy will say."""

import re
from dataclasses import dataclass
from functools import cached_property

from hubs.errors import Conflict
from hubs.images.queries.chosen import Choice
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, RequestReturn
from hubs.requests.queries.addresses import address_text
from hubs.requests.services import judged, secrets
from hubs.requests.services.rebasing import Clash, clashes
from hubs.spec import FIELDS, Difference, Draft, HubSpec, Step, difference, to_draft
from hubs.spec.diff import in_words, typed_words
from hubs.spec.group_rules import GroupWarning
from hubs.spec.profiles import Profile
from hubs.user_limits.queries.offers import group_warnings

from .answers import Fact, Happens, answers, image_of, label_of, people_along, since_returned, start_of, step_of

NUMBER = re.compile(r"-?[\d.,]+")  # what a unit belongs to


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


class Forecast:
    """A draft as it would be judged now: what it comes to, what is wrong, what the policy says."""

    def __init__(self, request: ChangeRequest, typed: Draft | None = None) -> None:
        self.request = request
        self.draft = {**request.draft, **(typed or {})}
        found = judged.reading_of(request, self.draft)
        self.spec, self.errors, self.left_out = found.spec, found.errors, found.left_out
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
    def no_place(self) -> str:
        """Why no new hub can be made at the moment; "" when one can."""
        return judged.no_place(self.request, self.request.organization)

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
        anew = [Difference("", label, "", "new value") for label in secrets.changed(self.request)]
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
            judged.check_base(self.request)
        except Conflict as error:
            return error.message
        return ""
