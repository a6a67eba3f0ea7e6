"""What a request contains and what it would do, for all readers: the page and the API show the same."""

from dataclasses import dataclass, field

from hubs.images.queries import registries as images
from hubs.images.queries.chosen import IMAGE_NAME, IMAGE_TAG
from hubs.language import _, plural
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, Organization, User
from hubs.requests.queries.addresses import address_text
from hubs.requests.rules import EDITABLE, OPEN
from hubs.requests.services import secrets
from hubs.spec import FIELDS, Difference, HubSpec, difference
from hubs.spec.diff import briefly

from .answers import Happens, Section, answers, happens, image_of, people_along, start_of
from .forecast import Forecast

NOTHING = limits.Assessment((), ())


@dataclass(frozen=True)
class Reviewed:
    """A field or shared limit that needs review, in words: what is requested, the organisation's limit, and what the
    hub begins with or has now."""

    label: str
    asked: str
    limit: str
    usual: str


def reviewed_fields(
    judged: limits.Assessment, spec: HubSpec, start: HubSpec | None, organization: Organization
) -> list[Reviewed]:
    """Return the shared limits that would be exceeded, then the fields that need review, each once. `start`: the hub's
    spec, or that of its starting point."""
    fields = [FIELDS[path] for path in dict.fromkeys(one.path for one in judged.findings) if path in FIELDS]
    together = [Reviewed(one.label, one.adds_text, _allocated(one), "–") for one in judged.meters if one.over]
    return together + [
        Reviewed(
            one.words.label,
            briefly(one, one.read(spec)),
            limits.field_bound_text(organization, one),
            briefly(one, one.read(start)) if start else "",
        )
        for one in fields
    ]


def _allocated(meter: limits.Meter) -> str:
    words = {"limit": meter.limit_text, "used": meter.used_text}
    if meter.day:
        return _("{limit}, {used} already allocated on {day}", **words, day=meter.day_text)
    return _("{limit}, {used} already allocated", **words)


@dataclass(frozen=True)
class Proposal:
    """`before` is the base of a change. `happens` and `assessment` are set for open requests."""

    before: HubSpec | None
    spec: HubSpec
    address: str
    answers: list[Section]
    differences: list[Difference]
    forecast: Forecast | None  # of a draft
    happens: Happens | None = None
    assessment: limits.Assessment = NOTHING  # why it needs review, as it would be assessed now
    reviewed: list[Reviewed] = field(default_factory=list)  # the numbers and fields that it is about

    @property
    def findings(self) -> list[str]:
        """Why it needs review, in words."""
        return [one.message for one in self.assessment.findings]

    @property
    def meters(self) -> tuple[limits.Meter, ...]:
        return self.assessment.meters

    @property
    def errors(self) -> dict[str, list[str]]:
        return self.forecast.errors if self.forecast else {}


def _written(row: ChangeRequest, user: User) -> bool:
    """Return whether to show the draft (to its author, and if nothing was ever sent) or what was sent."""
    return row.spec_data is None or (row.state in EDITABLE and row.requester_id == user.pk)


def proposal(row: ChangeRequest, user: User, forecast: Forecast | None = None) -> Proposal:
    """Constant queries. `forecast`: of this draft, if it exists already."""
    before = row.base_revision.spec if row.base_revision and row.kind == ChangeRequest.Kind.CHANGE else None
    forecast = (forecast or Forecast(row)) if _written(row, user) else None
    if forecast:
        spec, told, address, image = forecast.spec, forecast.answers(), forecast.address, forecast.image
    else:
        spec = HubSpec.stored(row.spec_data)
        address = address_text(row.slug, row.organization.cluster)
        pools = row.organization.cluster.node_pools
        image = image_of(row.organization, row.place, spec)
        start = before or start_of(row, before)
        people = people_along(row)
        reviewed = {one.path for one in limits.over_limits(spec, row.organization, row.place.can)}
        reviewed |= {one.path for one in limits.novel(spec, before, limits.facts_of(row.organization, row.place))}
        told = answers(
            spec, "" if before else address, people=people, pools=pools, image=image, start=start, reviewed=reviewed,
            can=row.place.can,
        )  # fmt: skip
    differences: list[Difference] = forecast.differences() if forecast else []
    if before and not forecast:
        differences = [*difference(before, spec), *secrets.differences(row)]
    if row.state not in OPEN or row.kind == ChangeRequest.Kind.RETIRE:
        return Proposal(before, spec, address, told, differences, forecast)
    judged = forecast.assessment if forecast else secrets.assess(row, spec, row.organization, before)
    does = happens(row, before, spec, differences, image)
    fields = reviewed_fields(judged, spec, before or start_of(row, before), row.organization)
    return Proposal(before, spec, address, told, differences, forecast, does, judged, fields)


def images_of(row: ChangeRequest, user: User) -> list[images.Named]:
    """Return a draft's images as typed, if its image field can't be read yet; otherwise those that were sent."""
    if not _written(row, user):
        return images.named_by(HubSpec.stored(row.spec_data))
    forecast = Forecast(row)
    own = forecast.spec.singleuser.image
    typed = (forecast.draft.get(IMAGE_NAME, own.name).strip(), forecast.draft.get(IMAGE_TAG, own.tag).strip())
    return images.named_by(forecast.spec, typed)


def files_after(row: ChangeRequest) -> str:
    """Return what happens to people's files, for a request to retire a hub."""
    days = row.draft.get("keep_days")
    if days is None:
        return _("People’s files are moved to the archive.")
    if not days:
        return _("People’s files are deleted.")
    return plural(
        "People’s files are archived for {count} day, then deleted.",
        "People’s files are archived for {count} days, then deleted.",
        days,
    )
