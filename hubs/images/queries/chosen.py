"""Which row of the catalogue a hub's image belongs to, what is known about it, and suggestions for misspelled names."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hubs.images.rules import Contents, lacking, said
from hubs.images.rules import known as of_stack
from hubs.models import CatalogueImage, Organization
from hubs.spec.image_names import image_name

IMAGE_NAME, IMAGE_TAG = "singleuser.image.name", "singleuser.image.tag"
REPOSITORY = "singleuser.content.repository"
SUGGESTIONS = 3
ALIKE, AS_GOOD = 0.6, 0.15  # minimum similarity of a suggestion (0 to 1), and maximum distance from the best one
LONGEST = 60  # characters that are compared: the time grows with their cube
WORD = re.compile(r"[a-z0-9+#]+")


def called(choice: "Choice | None", words: str) -> str:
    """Return an image in words: the catalogue's name, followed by the image's name."""
    return f"{choice.row.name} ({words})" if choice else words


def rows_for(organization: Organization) -> list[CatalogueImage]:
    """Return all rows for this organisation, its own first, including withdrawn and deprecated ones. One query. It
    includes successors, which `find` joins instead of the database."""
    rows = CatalogueImage.objects.all().allowed_in(organization).select_related(None).order_by()
    return sorted(rows, key=lambda row: (row.organization_id is None, row.position, row.name, row.pk))


def _place(name: str, tag: str = "") -> str:
    """Return an image's name without its tag in a canonical form; "" if it is not valid."""
    try:
        found = image_name(name, tag)
    except ValueError:
        return ""
    return f"{found.host}/{found.repository}"


@dataclass(frozen=True)
class Choice:
    """The row for an image that a hub uses or would use. `exact`: the tag is the row's, too. `machine`: hubs there use
    the software installed on the machine, whatever the image."""

    row: CatalogueImage
    exact: bool
    successor: CatalogueImage | None  # the one to use instead, at the end of the chain
    machine: bool = False

    @cached_property
    def probed(self) -> Contents | None:
        """Test results: of the machine if hubs use its software, otherwise of the image."""
        found = Contents.from_json(self.row.contents) if self.exact and self.row.contents else None
        return found if found and found.machine == self.machine else None

    @property
    def contents(self) -> Contents | None:
        """Test results, or what is documented for every tag of the image; None if unknown."""
        if self.probed or self.machine:
            return self.probed
        found = of_stack(self.row.image)
        return found if found != Contents() else None

    @property
    def facts(self) -> list[str]:
        return said(self.contents) if self.contents else []

    def lacks(self, *, link: bool = False, repository: bool = False, jupyterhub: bool = False) -> list[str]:
        """Return sentences about what would not work; [] if the contents are unknown."""
        found = self.contents
        return lacking(found, link=link, repository=repository, jupyterhub=jupyterhub) if found else []


def find(rows: Sequence[CatalogueImage], name: str, tag: str, *, machine: bool = False) -> Choice | None:
    """Return the row for this image: preferably with this tag, and offered rather than withdrawn."""
    place = _place(name, tag)
    alike = [row for row in rows if place and _place(row.image) == place]
    if not alike:
        return None
    best = min(alike, key=lambda row: (row.tag != tag, not row.offered, row.successor_id is not None))
    return Choice(best, best.tag == tag, _end(rows, best), machine)


def _end(rows: Sequence[CatalogueImage], row: CatalogueImage) -> CatalogueImage | None:
    """Return the end of the chain of successors; None if the row is not deprecated, or if the end can't be chosen
    here."""
    known: dict[int | None, CatalogueImage] = {one.pk: one for one in rows}
    seen = {row.pk}
    found = known.get(row.successor_id)
    while found and found.successor_id in known and found.pk not in seen:
        seen.add(found.pk)
        found = known[found.successor_id]
    return found if found and found.offered else None


def offered(rows: Sequence[CatalogueImage]) -> list[CatalogueImage]:
    """Return the rows that forms offer, in the catalogue's order."""
    return sorted((r for r in rows if r.offered and r.successor_id is None), key=lambda r: (r.position, r.name, r.pk))


def close_to(text: str, rows: Sequence[CatalogueImage]) -> list[CatalogueImage]:
    """Return offered images with similar names, the most similar first."""
    typed = text.strip().lower()[:200]
    scores = [(_alike(typed, row), row) for row in offered(rows)] if typed else []
    best = max((score for score, _ in scores), default=0)
    found = [(score, row) for score, row in scores if score >= max(ALIKE, best - AS_GOOD)]
    return [row for _, row in sorted(found, key=lambda one: -one[0])[:SUGGESTIONS]]


def _alike(typed: str, row: CatalogueImage) -> float:
    """Return the similarity, from 0 to 1: by spelling, or by the share of words that the row has."""
    last = row.image.rpartition("/")[2]
    pairs = (typed, row.name.lower()), (typed.rpartition("/")[2], last)
    spelled = max(difflib.SequenceMatcher(None, one[:LONGEST], other[:LONGEST]).ratio() for one, other in pairs)
    words = set(WORD.findall(typed))
    known = set(WORD.findall(f"{row.name} {last} {' '.join(row.languages)}".lower()))
    return max(spelled, len(words & known) / len(words) if words else 0)
