"""The image catalogue: rows that staff edit for all or for listed organisations, and an organisation's admins for their
own. If two people change a row at once, the second gets Conflict."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Value, When

from hubs import access, wake
from hubs.audit.services import audit
from hubs.database import unless_taken
from hubs.errors import Conflict, Invalid, NotAllowed, TooMany
from hubs.language import _, lazy
from hubs.live import rate_limit
from hubs.models import CatalogueImage, Organization, User
from hubs.spec.image_names import TAG, image_name
from hubs.text import slugs
from hubs.text.names import unseen
from hubs.text.texts import storable

TAKEN = lazy("Another image has this short name.")
# What people enter. `successor` is the slug of another row, or "".
CARD = ("name", "description", "image", "tag", "newer", "languages", "everywhere", "successor", "position")
TEXTS = ("name", "description", "image", "tag", "newer", "successor")
MOST = 100  # rows of one organisation
MOST_LANGUAGES = 10
PROBES, SECONDS = 30, 60 * 60  # tests that one person can start in so many seconds: each starts a pod


def _may(by: User, organization: Organization | None) -> None:
    if organization is None:
        allowed = by.is_staff
    else:
        allowed = access.Permission.IMAGES in access.on_organization(by, organization)
    if not allowed:
        raise NotAllowed(_("Only staff can do this, and admins of an organisation for its own images."))


def _check_image(card: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return errors of name and tag, by field."""
    errors: dict[str, list[str]] = {}
    try:
        image_name(card["image"], card["tag"] if TAG.fullmatch(card["tag"]) else "")
        last = card["image"].rpartition("/")[2]
        if ":" in last or "@" in last:
            errors["image"] = [_("Enter the name without a tag. The tag has its own field.")]
    except ValueError as error:
        errors["image"] = [str(error)]
    if not TAG.fullmatch(card["tag"]):
        errors["tag"] = [_("Enter a tag, such as 2026-10-05.")]
    if card["newer"] and not TAG.fullmatch(card["newer"]):
        errors["newer"] = [_("Enter a tag, such as 2026-10-05, or leave empty.")]
    elif card["newer"] and card["newer"] == card["tag"]:
        errors["newer"] = [_("This is already the image’s tag.")]
    return errors


def _languages(said: Iterable[str]) -> list[str]:
    """Normalise spaces, and remove duplicates."""
    return list(dict.fromkeys(" ".join(one.split()) for one in said if one.strip()))


def _cleaned(card: Mapping[str, Any], organization: Organization | None, places: list[Organization]) -> dict[str, Any]:
    """Return CARD as columns, except the successor. Raise Invalid by field."""
    values = {name: card[name].strip() if name in TEXTS else card[name] for name in CARD}
    errors = {name: [complaint] for name in TEXTS if (complaint := storable(values[name]))}
    # Staff see these next to the image that they approve.
    lines = [("name", values["name"]), *(("description", line) for line in values["description"].splitlines())]
    errors |= {name: [complaint] for name, text in lines if (complaint := unseen(text))}
    if not values["name"]:
        errors["name"] = [_("Enter a name that people understand, such as “R with RStudio”.")]
    errors |= {name: words for name, words in _check_image(values).items() if name not in errors}
    values["languages"] = _languages(values["languages"])
    wrong = any(len(one) > 30 or storable(one) or unseen(one) for one in values["languages"])
    if wrong or len(values["languages"]) > MOST_LANGUAGES:
        errors["languages"] = [_("At most {most} languages, each of at most 30 characters.", most=MOST_LANGUAGES)]
    if organization is not None:
        values["everywhere"] = True  # an organisation's rows are always only for itself
    elif not values["everywhere"] and not places:
        errors["organizations"] = [_("Choose at least one organisation, or offer it to all.")]
    if errors:
        raise Invalid(_("Some answers are not valid."), errors)
    return values


def choices_for_successor(
    organization: Organization | None, without: CatalogueImage | None = None
) -> list[CatalogueImage]:
    """Return rows that can replace another one: those offered by the portal, and by this organisation."""
    rows = CatalogueImage.objects.all()
    rows = rows.offered_for(organization) if organization else rows.of(None).filter(offered=True, successor=None)
    return [row for row in rows if without is None or row.pk != without.pk]


def _successor(slug: str, organization: Organization | None, row: CatalogueImage | None) -> CatalogueImage | None:
    """Return the row with this slug; an organisation's own before the portal's. Raise Invalid."""
    if not slug:
        return None
    found = [one for one in choices_for_successor(organization, row) if one.slug == slug]
    if not found:
        said = _("Choose an image that is offered.")
        raise Invalid(_("There is no such image."), {"successor": [said]})
    return min(found, key=lambda one: one.organization_id is None)


@transaction.atomic
def create(
    *, by: User, slug: str, card: Mapping[str, Any], organization: Organization | None = None,
    organizations: Iterable[Organization] = (),
) -> CatalogueImage:  # fmt: skip
    """Add an image; it is offered immediately, and tested. `card`: CARD. `organizations`: those that can use a row of
    the portal that is not for everyone. Raise NotAllowed, Invalid by field."""
    _may(by, organization)
    places = list(organizations)
    if complaint := slugs.complaint(slug, ()):
        raise Invalid.beside("slug", complaint)
    if slugs.complaint(slug):
        raise Invalid.beside("slug", _("“{slug}” is reserved.", slug=slug))
    if organization and organization.catalogue_images.count() >= MOST:
        said = _("There are already {most} images. Change one that is no longer needed.", most=MOST)
        raise Invalid(_("Too many images."), {"": [said]})
    values = _cleaned(card, organization, places)
    values["successor"] = _successor(values["successor"], organization, None)
    with unless_taken(Invalid.beside("slug", str(TAKEN))):
        row = CatalogueImage.objects.create(slug=slug, organization=organization, **values)
    if organization is None and not row.everywhere:
        row.organizations.set(places)
    changes = {"name": ["", row.name], "image": ["", row.full_name]}
    audit.record("image.create", by=by, subject=_subject(row), organization=organization, changes=changes)
    if not _braked(by):  # otherwise it can be tested later
        _probe(row)
    return row


def _subject(row: CatalogueImage) -> str:
    return f"{row.name} ({row.full_name})"


def _told(row: CatalogueImage) -> dict[str, Any]:
    """Return CARD as stored, for comparison and audit."""
    told = {name: getattr(row, name) for name in CARD}
    told["successor"] = row.successor.slug if row.successor else ""
    told["organizations"] = sorted(row.organizations.values_list("slug", flat=True))
    return told


@transaction.atomic
def change(
    *, row: CatalogueImage, by: User, seen: int, card: Mapping[str, Any], organizations: Iterable[Organization] = ()
) -> CatalogueImage:
    """Change a row if `seen` is still its number of changes; also to move it to another tag, or to deprecate it with a
    successor. Test results of another image or tag are discarded, and it is tested again. Raise NotAllowed, Invalid by
    field, Conflict (nothing is changed then)."""
    place = row.organization
    _may(by, place)
    places = list(organizations)
    values = _cleaned(card, place, places)
    slug = values["successor"]
    kept = row.successor if row.successor and row.successor.slug == slug else None
    values["successor"] = kept or _successor(slug, place, row)
    before = _told(row)
    moved = (row.image, row.tag) != (values["image"], values["tag"])
    # A running test continues with the new image; the time of the last test limits when the next can start.
    running = When(probe_state=CatalogueImage.Probe.RUNNING, then=F("probe_state"))
    forgotten: dict[str, Any] = {
        "digest": "", "contents": {}, "packages": {}, "probe_state": Case(running, default=Value("")),
        "probe_trouble": "", "probe_before": "",
    }  # fmt: skip
    values |= forgotten if moved else {}
    for name in ("name", "description"):  # what was not edited keeps its sentence
        if values[name] == getattr(row, name):
            del values[name]
    if not CatalogueImage.objects.filter(pk=row.pk, changes=seen).update(**values, changes=F("changes") + 1):
        raise Conflict(_("This image was changed after you opened it. Your changes were not saved."))
    if place is None:
        row.organizations.set([] if values["everywhere"] else places)
    row.refresh_from_db()
    after = _told(row)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changes:
        audit.record("image.change", by=by, subject=_subject(row), organization=place, changes=changes)
    if moved and not _braked(by):
        _probe(row)
    return row


@transaction.atomic
def set_offered(*, row: CatalogueImage, by: User, offered: bool) -> CatalogueImage:
    """Offer it on forms or not. Hubs that use it are not affected. Raise NotAllowed, Conflict if nothing would
    change."""
    _may(by, row.organization)
    rows = CatalogueImage.objects.filter(pk=row.pk, offered=not offered)
    if not rows.update(offered=offered, changes=F("changes") + 1):
        withdrawn = _("It is already withdrawn. Nothing was changed.")
        raise Conflict(_("It is already offered. Nothing was changed.") if offered else withdrawn)
    verb = "image.offer" if offered else "image.withdraw"
    audit.record(verb, by=by, subject=_subject(row), organization=row.organization)
    row.refresh_from_db()
    return row


@transaction.atomic
def ask_probe(row: CatalogueImage, *, by: User) -> CatalogueImage:
    """Have a worker start the image once, and record whether it starts and its contents. During a running test, this
    sends another message and changes nothing. Raise NotAllowed, TooMany."""
    _may(by, row.organization)
    if wait := _braked(by):
        raise TooMany(wait)
    _probe(row)
    audit.record("image.probe", by=by, subject=_subject(row), organization=row.organization)
    return row


def _braked(by: User) -> int:
    """Return seconds until this person can start another test; 0 for now, which counts as one."""
    return rate_limit.seconds_until_free("probes", by.username, most=PROBES, seconds=SECONDS)


def _probe(row: CatalogueImage) -> None:
    """Results are kept until a new test replaces them."""
    asked, running = CatalogueImage.Probe.ASKED, CatalogueImage.Probe.RUNNING
    before = Case(When(probe_state=asked, then=F("probe_before")), default=F("probe_state"))
    CatalogueImage.objects.filter(pk=row.pk).exclude(probe_state=running).update(
        probe_before=before, probe_state=asked, probe_trouble=""
    )
    row.refresh_from_db()
    wake.probe(row.pk)
