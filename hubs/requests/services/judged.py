"""A draft as it would be assessed now: its spec, its errors, and what prevents it from being sent."""

from hubs.days.services import days_wrong
from hubs.errors import Conflict, Invalid
from hubs.language import _, plural
from hubs.models import ChangeRequest, Organization
from hubs.requests.queries import admission
from hubs.requests.queries.addresses import check_people, check_slug
from hubs.spec import Draft, HubSpec, Reading, read_draft
from hubs.spec.sign_in_lacking import lacking
from hubs.text import names

from . import secrets


def read(request: ChangeRequest, draft: Draft | None = None) -> tuple[HubSpec, dict[str, list[str]]]:
    """Return (spec, errors) of `reading_of`."""
    found = reading_of(request, draft)
    return found.spec, found.errors


def reading_of(request: ChangeRequest, draft: Draft | None = None) -> Reading:
    """Return the draft's spec, with defaults for what is wrong, and all errors by field. Uses `draft` instead of the
    saved one, if given. Constant queries; never raises."""
    typed = dict(request.draft if draft is None else draft)
    slug = typed.pop("slug", "")
    found = read_draft(typed)
    spec, errors = found.spec, found.errors
    if request.kind == ChangeRequest.Kind.CREATE and (complaint := check_slug(slug, without=request)):
        errors["slug"] = [complaint]
    errors = {**lacking(spec), **errors, **secrets.lacking(request, spec)}
    errors = {**{path: [said] for path, said in days_wrong(request, spec).items()}, **errors}
    if complaint := names.unseen(spec.about.title):
        errors["about.title"] = [complaint]
    place = request.place
    if (pool := spec.singleuser.nodePool) and pool not in [one["name"] for one in place.node_pools]:
        errors["singleuser.nodePool"] = [
            _("“{cluster}” has no node pool called “{pool}”.", cluster=place.name, pool=pool)
        ]
    errors = {**admission.refused(request, spec), **errors}
    named_here = spec.signIn.method == "portal"  # with other methods, people have other names
    if (
        named_here
        and "signIn.adminUsers" not in errors
        and (complaint := check_people(spec.signIn.adminUsers, request.organization))
    ):
        errors["signIn.adminUsers"] = [complaint]
    return Reading(spec, errors, found.left_out)


def proposed(request: ChangeRequest) -> HubSpec:
    """Return the draft's spec, checked as when it is sent. Raise Invalid with every field."""
    spec, errors = read(request)
    if count := len(errors):
        raise Invalid(plural("1 answer needs attention.", "{count} answers need attention.", count), errors)
    return spec


def check_base(request: ChangeRequest) -> None:
    """Raise Conflict if the hub was changed after this request was started."""
    hub = request.hub
    if hub and hub.is_retired:
        raise Conflict(_("This hub has been retired."))
    if hub and hub.revision_id != request.base_revision_id:
        words = _("This hub was changed after you started editing. Nothing is lost: bring your request up to date.")
        raise Conflict(words)


def no_place(request: ChangeRequest, organization: Organization) -> str:
    """Return why no new hub can be created in its cluster, as a sentence, or "" if it can, or if the hub exists."""
    if request.hub or organization.cluster.offered:
        return ""
    return _(
        "No new hubs can be created on “{cluster}” at the moment. Your answers are saved. Try again later.",
        cluster=str(organization.cluster),
    )


def check_place(request: ChangeRequest, organization: Organization) -> None:
    if reason := no_place(request, organization):
        raise Conflict(reason)
