"""Saved content links of a hub, by name."""

from django.db import transaction

from hubs.audit.services import audit
from hubs.content.queries.works import contents_of, lacks
from hubs.content.rules.links import link
from hubs.errors import Conflict, Invalid
from hubs.language import _
from hubs.models import ContentLink, Hub, User
from hubs.spec.repository_address import read
from hubs.text.texts import storable

MOST = 100  # of one hub


def address(row: ContentLink) -> str:
    """Return the link below the hub's current address, or "" while the hub has none."""
    hub_url, said = row.hub.url, {"branch": row.branch, "path": row.path, "app": row.app}
    return link(hub_url, repo=row.repository, **said) if hub_url else ""


def check(hub: Hub) -> None:
    """Raise Conflict if links can't work with this hub's software."""
    if why := lacks(contents_of(hub)):
        raise Conflict(why)


@transaction.atomic
def save(
    *, hub: Hub, by: User, name: str, repo: str, branch: str = "", path: str = "", app: str = "lab"
) -> ContentLink:
    """Save a link under this name, replacing one of the same name. Raise Invalid by field, Conflict if retired or if
    links can't work on this hub."""
    if hub.is_retired:
        raise Conflict(_("This hub is retired, so its links no longer work."))
    check(hub)
    errors: dict[str, list[str]] = {}
    name = " ".join(name.split())
    if not name or len(name) > 100 or storable(name):
        errors["name"] = [_("Enter a name of at most 100 characters, such as “Week 1”.")]
    try:
        link("https://hub.example.org/", repo=repo, branch=branch, path=path, app=app)
    except Invalid as error:
        errors |= error.errors
    if errors:
        raise Invalid(_("The link can’t be saved yet."), errors)
    others = hub.content_links.exclude(name=name)
    if others.count() >= MOST:
        said = _("This hub already has {most} saved links. Remove one first.", most=MOST)
        raise Invalid(_("Too many links."), {"name": [said]})
    meant = read(repo)
    values = {
        "repository": meant.repository, "branch": branch.strip() or meant.branch, "path": path.strip() or meant.path,
        "app": app, "made_by": by,
    }  # fmt: skip
    row = ContentLink.objects.update_or_create(hub=hub, name=name, defaults=values)[0]
    audit.record("content_link.save", by=by, subject=f"{name} of {hub.title}", hub=hub, changes=_said(row))
    return row


@transaction.atomic
def remove(*, link: ContentLink, by: User) -> None:
    """Remove a saved link. People who have the link can still use it, because it contains everything it needs."""
    if ContentLink.objects.filter(pk=link.pk).delete()[0]:
        audit.record("content_link.remove", by=by, subject=f"{link.name} of {link.hub.title}", hub=link.hub)


def _said(row: ContentLink) -> dict[str, str]:
    return {"repository": row.repository, "branch": row.branch, "path": row.path, "app": row.app}
