"""Export of a hub as files, for the page and the API."""

import io
import zipfile
from collections.abc import Iterable

from hubs.clusters import queries as operations
from hubs.models import Hub, RosterEntry
from hubs.spec.takeaway import Listed, takeaway

TYPES = {"md": "text/markdown", "yaml": "application/yaml", "csv": "text/csv", "txt": "text/plain"}


def type_of(name: str) -> str:
    """Return the media type of one of the files."""
    return TYPES[name.rsplit(".", 1)[1]]


def people_of(rows: Iterable[RosterEntry]) -> list[Listed]:
    """Return (user name or email, name, role, groups) of each person, for people.csv."""
    return [
        (
            row.user.username if row.user else row.email,
            row.user.display_name if row.user else row.name,
            row.role,
            "; ".join(group.name for group in row.groups.all()),
        )
        for row in rows
    ]


def files_of(hub: Hub) -> dict[str, str]:
    """Return file name -> text, without secrets. Raise Unavailable, Invalid (see operations.manifests)."""
    rows = hub.roster.select_related("user").prefetch_related("groups").order_by("pk")
    texts = takeaway(hub.spec, people_of(rows), hub.secret_paths, hub.extra_config, volumes=hub.cluster.can.volumes)
    return {**texts, "manifests.yaml": operations.manifests(hub)}


def packed(hub: Hub) -> bytes:
    """Return all files as a ZIP archive, in a folder named after the hub. Raise as `files_of` does."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, text in files_of(hub).items():
            archive.writestr(f"{hub.slug}/{file}", text)
    return body.getvalue()
