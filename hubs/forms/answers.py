"""What a request asks for, in words: its steps with their answers, and what the policy will say."""

from dataclasses import dataclass
from functools import cached_property

from hubs import limits
from hubs.errors import Conflict
from hubs.models import ChangeRequest
from hubs.services import requests as services
from hubs.services.addresses import address_text
from hubs.spec import FIELDS, STEPS, Difference, Draft, HubSpec, Step, difference
from hubs.spec.diff import in_words

Fact = tuple[str, str]
TITLES = {step.name: step.title for step in STEPS}


def step_of(path: str) -> str:
    """The step where a field is asked; the first one for what has no field."""
    return FIELDS[path].words.step if path in FIELDS else STEPS[0].name


def label_of(path: str) -> str:
    return FIELDS[path].words.label if path in FIELDS else {"slug": "Address"}.get(path, "The whole request")


def answers(spec: HubSpec, address: str = "", unread: Draft | None = None) -> list[tuple[Step, list[Fact]]]:
    """Every answer by step. `unread` holds texts that are no answer yet; they are shown as typed."""
    unread = unread or {}
    found = []
    for step in STEPS:
        facts: list[Fact] = []
        for path, field in FIELDS.items():
            if field.words.step != step.name:
                continue
            words = unread.get(path, in_words(field, field.read(spec)))
            facts.append((field.words.label, words or "not set"))
            if address and path == "about.title":
                facts.append(("Address", address))
        found.append((step, facts))
    return found


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
        self.spec, self.errors = services.read(request, self.draft)
        self.before = request.base_revision.spec if request.hub and request.base_revision else None

    @cached_property
    def assessment(self) -> limits.Assessment:
        row = self.request
        return limits.assess(self.spec, row.organization, hub=row.hub, before=self.before)

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
        return difference(self.before, self.spec) if self.before else []

    def answers(self) -> list[tuple[Step, list[Fact]]]:
        """Every answer in words; what is wrong as it was typed."""
        unread = {path: self.draft.get(path, "") for path in self.errors if path in FIELDS}
        return answers(self.spec, self.address if self.before is None else "", unread)

    @property
    def address(self) -> str:
        slug = self.draft.get("slug", "").strip().lower()
        return address_text(slug, self.request.organization.cluster) if slug else ""

    @property
    def stale(self) -> str:
        """Why this can't be sent although nothing is wrong with it: the hub was changed meanwhile."""
        try:
            services.check_base(self.request)
        except Conflict as error:
            return error.message
        return ""
