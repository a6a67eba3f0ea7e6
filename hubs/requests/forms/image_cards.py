"""Cards of the image catalogue above the fields for an image's name and tag. Without JavaScript, a newly selected card
takes precedence; with it, a card fills in the fields, and the fields are used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hubs.images.queries.chosen import IMAGE_NAME, IMAGE_TAG, REPOSITORY, Choice, find, offered, rows_for
from hubs.models import CatalogueImage, ChangeRequest, Organization
from hubs.spec import Draft

from .spec import StepForm

CARD, SHOWN, OTHER = "card", "card_shown", "other"


@dataclass(frozen=True)
class Card:
    row: CatalogueImage
    chosen: bool
    facts: list[str]
    lacks: list[str] = field(default_factory=list)
    successor: CatalogueImage | None = None

    @property
    def value(self) -> str:
        return str(self.row.pk)


class Cards:
    """The cards for one draft, and which one is selected."""

    def __init__(self, row: ChangeRequest, draft: Draft, rows: Sequence[CatalogueImage] | None = None) -> None:
        rows = rows_for(row.organization) if rows is None else rows
        machine = not row.place.can.images
        name, tag = (draft.get(path, "").strip() for path in (IMAGE_NAME, IMAGE_TAG))
        self.found = find(rows, name, tag)
        repository = bool(draft.get(REPOSITORY, "").strip())
        shown = offered(rows)
        exact = self.found if self.found and self.found.exact else None
        if exact and exact.row not in shown:
            shown = [exact.row, *shown]
        self.cards = []
        for one in shown:
            chosen = exact is not None and one.pk == exact.row.pk
            here = Choice(one, True, None, machine)
            facts = here.facts if here.probed else list(one.languages)
            lacks = here.lacks(link=True, repository=repository, jupyterhub=True)
            self.cards.append(Card(one, chosen, facts, lacks, exact.successor if exact and chosen else None))
        self.value = str(exact.row.pk) if exact else OTHER

    @property
    def newer(self) -> str:
        """The catalogue's tag, if the fields have another tag of the same image."""
        return self.found.row.tag if self.found and not self.found.exact and self.found.row.offered else ""

    def note(self, form: StepForm) -> None:
        """Show the fields only if “Another image” is selected."""
        for path in (IMAGE_NAME, IMAGE_TAG):
            if path in form.fields:
                form.fields[path].when = f"{CARD}:{OTHER}"
                form.fields[path].off = self.value != OTHER


def cards_of(form: StepForm, row: ChangeRequest, draft: Draft) -> Cards | None:
    """Return the cards for the step with the image field, if the catalogue has any, and update the form's fields."""
    if IMAGE_NAME not in form.fields or not row.place.can.images:
        return None
    found = Cards(row, draft)
    if not found.cards:
        return None
    found.note(form)
    return found


def chosen(data: Mapping[str, str], row: ChangeRequest) -> Draft:
    """Return the field texts for the selected card, or {} if the fields themselves are used."""
    value = data.get(CARD, "")
    return {} if value in (OTHER, data.get(SHOWN, "")) else texts_of(value, row.organization)


def texts_of(key: str, organization: Organization) -> Draft:
    """Return the field texts for a row's key; {} if this organisation's catalogue has no such row."""
    if not key.isascii() or not key.isdigit() or len(key) > 18:
        return {}
    image = CatalogueImage.objects.all().allowed_in(organization).filter(pk=int(key)).first()
    return {IMAGE_NAME: image.image, IMAGE_TAG: image.tag} if image else {}


def datalist(rows: Sequence[CatalogueImage]) -> list[tuple[str, str]]:
    """Return (full name, label) of offered images, for fields that take a full name."""
    return [(row.full_name, row.name) for row in offered(rows)]
