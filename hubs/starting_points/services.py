"""The catalogue, for staff: cards and their versions. If two people edit at once, the second gets Conflict."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F

from hubs.audit.services import audit
from hubs.database import unless_taken
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.language import _, lazy, plural
from hubs.models import Organization, StartingPoint, StartingPointVersion, User
from hubs.spec import FIELDS, Draft, SpecError, from_draft
from hubs.spec.catalogue import ALWAYS_ASKED, beginning
from hubs.spec.draft import NAMELESS
from hubs.spec.sign_in_lacking import lacking
from hubs.text import slugs
from hubs.text.texts import check_typed, clean, storable

RESERVED = ("new", "copy", "import")  # the last two mark requests that were started in other ways
TAKEN = lazy("Another starting point has this address.")
CARD = ("name", "picture", "description", "everywhere", "position")


def _staff(by: User) -> None:
    if not by.is_staff:
        raise NotAllowed(_("Only staff can edit starting points."))


def _check_card(values: Mapping[str, Any], organizations: list[Organization]) -> None:
    if not values["name"].strip():
        raise Invalid.beside("name", _("Enter a name."))
    for field in ("name", "description"):
        if complaint := storable(values[field]):
            raise Invalid.beside(field, complaint)
    if values["picture"] not in StartingPoint.Picture.values:
        raise Invalid.beside("picture", _("Choose one of the pictures."))
    if not values["everywhere"] and not organizations:
        raise Invalid.beside("organizations", _("Choose at least one organisation, or offer it to all."))


def _check_version(draft: Draft, shown: list[str] | None) -> None:
    """Allow errors only in empty fields that are shown to the requester. Raise Invalid."""
    asked_too = {path: path for path in shown or ()}
    if strange := {path: [_("There is no such field.")] for path in {**draft, **asked_too} if path not in FIELDS}:
        raise Invalid(_("There is no such field."), strange)
    check_typed(draft)
    try:
        wrong = lacking(from_draft({**draft, "about.title": NAMELESS}))
    except SpecError as error:
        wrong = error.errors
    asked = set(FIELDS) if shown is None else {*shown, *ALWAYS_ASKED}
    if errors := {p: words for p, words in wrong.items() if p not in asked or draft.get(p, "").strip()}:
        raise Invalid(plural("1 answer needs attention.", "{count} answers need attention.", len(errors)), errors)


def _shown(shown: list[str] | None) -> list[str] | None:
    """Return the shown fields in the form's order; None for all."""
    if shown is None:
        return None
    wanted = {*shown, *ALWAYS_ASKED}
    return None if wanted >= set(FIELDS) else [path for path in FIELDS if path in wanted]


def _version(
    point: StartingPoint, number: int, by: User, draft: Draft, shown: list[str] | None, message: str
) -> StartingPointVersion:
    whole = beginning(draft)
    with unless_taken(Conflict(_("Version {number} was published meanwhile.", number=number))):
        return StartingPointVersion.objects.create(
            point=point, number=number, draft=whole, shown=_shown(shown), message=message, author=by
        )


@transaction.atomic
def create(
    *, by: User, slug: str, card: Mapping[str, Any], organizations: list[Organization], draft: Draft,
    shown: list[str] | None = None, message: str = "",
) -> StartingPoint:  # fmt: skip
    """Create a card with its first version; it is offered immediately. `card`: CARD. Raise NotAllowed, Invalid by
    field."""
    _staff(by)
    if complaint := slugs.complaint(slug, RESERVED):
        raise Invalid.beside("slug", complaint)
    if StartingPoint.objects.filter(slug=slug).exists():
        raise Invalid.beside("slug", str(TAKEN))
    message = clean(message, "message") or _("First version")
    _check_card(card, organizations)
    _check_version(draft, shown)
    with unless_taken(Invalid.beside("slug", str(TAKEN))):
        point = StartingPoint.objects.create(slug=slug, **{name: card[name] for name in CARD})
    if not point.everywhere:
        point.organizations.set(organizations)
    point.version = _version(point, 1, by, draft, shown, message)
    point.save(update_fields=["version"])
    audit.record("starting_point.create", by=by, subject=slug, changes={"name": ["", point.name]}, note=message)
    return point


def check(*, point: StartingPoint, seen: int, draft: Draft, shown: list[str] | None) -> StartingPointVersion:
    """Return the version that `publish` would replace. Raise the same errors, except for the message."""
    _check_version(draft, shown)
    before = StartingPoint.objects.select_related("version__author").get(pk=point.pk).version
    if before is None or before.number != seen:
        raise Conflict(_published_by(before))
    if before.start() == beginning(draft) and before.shown == _shown(shown):
        raise Invalid(_("Nothing would change. Change something first."))
    return before


@transaction.atomic
def publish(
    *, point: StartingPoint, by: User, seen: int, draft: Draft, shown: list[str] | None, message: str
) -> StartingPointVersion:
    """Publish a version if `seen` is the number of the latest one; new requests start with it. Raise NotAllowed,
    Invalid by field, Conflict if someone else published meanwhile (nothing is changed then)."""
    _staff(by)
    message = clean(message, "message", needed=_("Describe what is new, for people who run a hub created from it."))
    before = check(point=point, seen=seen, draft=draft, shown=shown)
    was, whole = before.start(), beginning(draft)
    version = _version(point, seen + 1, by, draft, shown, message)
    if not StartingPoint.objects.filter(pk=point.pk, version=before).update(version=version):
        raise Conflict(_("Version {number} was published meanwhile.", number=seen + 1))
    edited = [path for path, text in whole.items() if text != was.get(path)]
    changes = {path: [was.get(path, ""), whole[path]] for path in edited}
    audit.record("starting_point.publish", by=by, subject=point.slug, changes=changes, note=message)
    point.version = version
    return version


def _published_by(version: StartingPointVersion | None) -> str:
    if version is None:
        return _("This starting point has no version.")
    if version.author is None:
        return _("The portal published version {number} after you started editing.", number=version.number)
    who = version.author.display_name
    return _("{who} published version {number} after you started editing.", who=who, number=version.number)


@transaction.atomic
def describe(
    *, point: StartingPoint, by: User, seen: int, card: Mapping[str, Any], organizations: list[Organization]
) -> StartingPoint:
    """Change the card if `seen` is still its number of changes. `card`: CARD. Raise NotAllowed, Invalid by field,
    Conflict if it was changed in the meantime (nothing is changed then)."""
    _staff(by)
    _check_card(card, organizations)
    before = {name: getattr(point, name) for name in CARD}
    before["organizations"] = sorted(point.organizations.values_list("slug", flat=True))
    after = {name: card[name] for name in CARD}
    rows = StartingPoint.objects.filter(pk=point.pk, changes=seen)
    edited = {name: after[name] for name in CARD if after[name] != before[name]}  # others keep their sentences
    if not rows.update(**edited, changes=F("changes") + 1):
        raise Conflict(_("This card was changed after you opened it."))
    point.organizations.set([] if after["everywhere"] else organizations)
    after["organizations"] = [] if after["everywhere"] else sorted(place.slug for place in organizations)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changes:
        audit.record("starting_point.card", by=by, subject=point.slug, changes=changes)
    point.refresh_from_db()
    return point


@transaction.atomic
def set_offered(*, point: StartingPoint, by: User, offered: bool) -> StartingPoint:
    """Offer the card to requesters or not. Hubs and drafts created from it are not affected. Raise NotAllowed, Conflict
    if nothing would change."""
    _staff(by)
    if not StartingPoint.objects.filter(pk=point.pk, offered=not offered).update(offered=offered):
        withdrawn = _("It is already withdrawn. Nothing was changed.")
        raise Conflict(_("It is already offered. Nothing was changed.") if offered else withdrawn)
    audit.record(f"starting_point.{'offer' if offered else 'withdraw'}", by=by, subject=point.slug)
    point.refresh_from_db()
    return point
