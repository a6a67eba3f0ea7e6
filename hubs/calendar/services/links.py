"""Secret addresses of an organisation's calendar, for applications that cannot sign in."""

import uuid

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse

from hubs import access
from hubs.audit.services import audit
from hubs.language import _
from hubs.models import CalendarLink, Organization, User

SALT = "hubs.calendar"


def address(link: CalendarLink) -> str:
    path = reverse("calendar-feed", args=[Signer(salt=SALT).sign(link.key.hex)])
    return f"{settings.PORTAL_URL}{path}"


def find(key: str) -> CalendarLink | None:
    """Return the link of this address; None if it is invalid, replaced, or its person left the organisation."""
    try:
        found = uuid.UUID(hex=Signer(salt=SALT).unsign(key))
    except (BadSignature, ValueError):
        return None
    row = CalendarLink.objects.select_related("organization", "person").filter(key=found).first()
    allowed = row and row.person.is_active and access.on_organization(row.person, row.organization)
    return row if allowed else None


@transaction.atomic
def renew(*, organization: Organization, by: User) -> CalendarLink:
    """Create a link; the previous one no longer works (`replaced`: there was one). One created with a token ends when
    that token is revoked."""
    replaced = bool(CalendarLink.objects.filter(person=by, organization=organization).delete()[0])
    row = CalendarLink.objects.create(person=by, organization=organization, made_with=by.token)
    row.replaced = replaced
    audit.record("account.calendar", by=by, subject=organization.name, organization=organization)
    return row


@transaction.atomic
def end(*, organization: Organization, by: User) -> None:
    """Remove the link, so that its address no longer works."""
    if CalendarLink.objects.filter(person=by, organization=organization).delete()[0]:
        note = _("The address no longer works.")
        audit.record("account.calendar_end", by=by, subject=organization.name, organization=organization, note=note)
