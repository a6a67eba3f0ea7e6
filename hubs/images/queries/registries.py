"""What is known about a request's images: which registries to ask, with which password, how often, and the results."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from django.conf import settings

from hubs.errors import Unavailable
from hubs.language import lazy
from hubs.live import bulkhead, rate_limit
from hubs.models import ChangeRequest, Cluster, Organization, RegistryLogin, User
from hubs.outbound import OutboundClient, registry
from hubs.outbound.registry import Credentials, Report, Task
from hubs.spec import HubSpec
from hubs.spec.counted import overrides
from hubs.spec.takeaway import images as images_of

Named = tuple[str, str]  # texts of the fields: name and tag
MOST = 6  # images of one request that are checked; more would slow down the page
ASKED, SECONDS = 60, 5 * 60  # queries that one person can cause in so many seconds
BRAKED = lazy("Too many checks in a short time. Try again in a few minutes.")


def matter(request: ChangeRequest) -> bool:
    """Return whether a hub of this request pulls images, and whether the portal may query registries."""
    place = request.place
    return fetched_at(place) and request.kind != ChangeRequest.Kind.RETIRE


def fetched_at(place: Cluster) -> bool:
    """Return whether hubs there pull images, and whether the portal may query registries."""
    return place.can.images and bool(settings.CHECK_IMAGES)


def no_names(names: Sequence[Named]) -> list[Report]:
    """Return reports for invalid image names, without querying registries."""
    found = []
    for name, tag in names:
        try:
            registry.image_name(name, tag)
        except ValueError as error:
            found.append(Report(f"{name}:{tag}" if tag else name, "no-name", str(error)))
    return found


def named_by(spec: HubSpec, typed: Named | None = None) -> list[Named]:
    """Return (name, tag) of every image: first the image field's, as typed; (name:tag, "") for the others."""
    first = (spec.singleuser.image.name, spec.singleuser.image.tag)
    return [typed or first, *((text, "") for text in images_of(spec)[1:])][:MOST]


def hosts_of(spec: HubSpec) -> set[str] | None:
    """Return the registries of all images that people's servers can use; None if people can enter any image."""
    if any("{" in str(one.get("image", "")) for one in overrides(spec.effective)):
        return None
    found = set()
    for text in images_of(spec):
        with suppress(ValueError):
            found.add(registry.image_name(text).host)
    return found


def configuration_key(host: str) -> str:
    """Return a registry's key in Docker's configuration files: Docker Hub has an old name there."""
    return "https://index.docker.io/v1/" if host == registry.DOCKER_HUB else host


def credentials_of(row: RegistryLogin) -> Credentials:
    return Credentials(row.username, row.password, f"{row.pk} {row.set_at.isoformat()}")


def ask_first(organization: Organization, place: Cluster, by: User, spec: HubSpec) -> None:
    """Query the registries before a request with this spec is assessed, outside its transaction."""
    if fetched_at(place):
        look(organization, by, named_by(spec))


def look(
    organization: Organization, by: User, names: Sequence[Named], door: OutboundClient | None = None
) -> list[Report]:
    """Return what is known about each image, in order. Queries registries for what was not checked a moment ago."""
    found: list[Report | Task] = []
    for name, tag in names:
        try:
            found.append(Task(registry.image_name(name, tag)))
        except ValueError as error:
            found.append(Report(f"{name}:{tag}" if tag else name, "no-name", str(error)))
    tasks = _as_whom(organization, [one for one in found if isinstance(one, Task)])
    new = sum(registry.known(task) is None for task in tasks)
    if new and rate_limit.seconds_until_free("images", by.username, most=ASKED, seconds=SECONDS, add=new):
        reports = [registry.known(task) or Report(str(task.name), "braked", str(BRAKED)) for task in tasks]
    else:
        try:
            with bulkhead.question(organization=organization.pk):
                reports = registry.ask_many(tasks, (door or OutboundClient()).of(f"organization:{organization.pk}"))
        except Unavailable as error:
            reports = [registry.known(task) or Report(str(task.name), "braked", error.message) for task in tasks]
    answers = iter(reports)
    return [one if isinstance(one, Report) else next(answers) for one in found]


def unfetchable(request: ChangeRequest, spec: HubSpec, before: HubSpec | None) -> list[Report]:
    """Return images that this request adds and that could not be pulled when their registries were checked a moment
    ago: missing, or no access. Does not query registries; call look() before a request is sent. One query."""
    if not matter(request):
        return []
    known_before = set(named_by(before)) if before else set()
    tasks = []
    for name, tag in named_by(spec):
        with suppress(ValueError):
            if (name, tag) not in known_before:
                tasks.append(Task(registry.image_name(name, tag)))
    if not tasks:
        return []
    reports = [registry.known(task) for task in _as_whom(request.organization, tasks)]
    return [one for one in reports if one and (one.missing or one.code in ("private", "refused"))]


def _as_whom(organization: Organization, tasks: Iterable[Task]) -> list[Task]:
    """Add the organisation's passwords. One query."""
    rows = list(tasks)
    logins = organization.registry_logins.of_hosts({row.name.host for row in rows})
    known = {login.host: credentials_of(login) for login in logins}
    return [Task(row.name, known.get(row.name.host)) for row in rows]


def try_password(by: User, row: RegistryLogin, door: OutboundClient | None = None) -> tuple[bool | None, str]:
    """Return whether the registry accepts the password; (None, reason) if unknown."""
    if not settings.CHECK_IMAGES:
        return None, ""
    if rate_limit.seconds_until_free("images", by.username, most=ASKED, seconds=SECONDS):
        return None, str(BRAKED)
    whose = (door or OutboundClient()).of(f"organization:{row.organization_id}")
    try:
        with bulkhead.question(organization=row.organization_id):
            return registry.try_password(row.host, credentials_of(row), whose)
    except Unavailable as error:
        return None, error.message
