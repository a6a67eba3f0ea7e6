"""Whether content links can work on a hub: what its software has, as far as that is known. Reads only."""

from hubs.images.queries.chosen import find, rows_for
from hubs.images.rules import Contents, known, lacking
from hubs.models import Hub


def contents_of(hub: Hub) -> Contents | None:
    """Return what the hub's image, or the software on its machine, has; None if that is unknown. One query."""
    image, machine = hub.spec.singleuser.image, not hub.cluster.can.images
    entry = find(rows_for(hub.organization), image.name, image.tag, machine=machine)
    found = entry.contents if entry else None if machine else known(image.name)
    return None if found == Contents() else found


def lacks(contents: Contents | None) -> str:
    """Return why links can't work with this software, as a sentence, or "" if they can or it is unknown."""
    sentences = lacking(contents, link=True, repository=False, jupyterhub=False) if contents else []
    return sentences[0] if sentences else ""
