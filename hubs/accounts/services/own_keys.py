"""A person's own sessions and keys, and how to end them."""

from collections.abc import Collection
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, IDToken, RefreshToken

from hubs.audit.services import audit
from hubs.errors import Invalid
from hubs.language import _, lazy
from hubs.live import channel as live
from hubs.models import ApiToken, CalendarLink, DeviceGrant, StoredAnswer, User

from . import tokens

OWN = {
    "tokens": lazy("Tokens"),
    "devices": lazy("Apps that you connected with a code"),
    "service": lazy("Tokens that you created for service accounts"),
    "calendar": lazy("Calendar addresses"),
}


def of(person: User) -> dict[str, Any]:
    """Return the active keys of one person, as querysets by the keys of OWN."""
    made = ApiToken.objects.all().live(timezone.now())
    return {
        "tokens": made.filter(person=person, client=""),
        "devices": made.filter(person=person).exclude(client=""),
        "service": made.filter(created_by=person).exclude(person__service_of=None),
        "calendar": CalendarLink.objects.filter(person=person),
    }


@transaction.atomic
def end(*, person: User, by: User | None, also: Collection[str]) -> None:
    """End all sessions of a person, in the portal and in hubs, with every open page and stream, and the kinds of OWN
    in `also`. Raise Invalid ("also")."""
    if unknown := set(also) - set(OWN):
        said = _("Unknown choice: “{choice}”.", choice=sorted(unknown)[0][:40])
        raise Invalid(_("Choose from the list."), {"also": [said]})
    User.objects.filter(pk=person.pk).update(sign_outs=F("sign_outs") + 1)
    person.refresh_from_db(fields=["sign_outs"])
    for model in (RefreshToken, AccessToken, Grant, IDToken):
        model.objects.filter(user=person).delete()
    keys = of(person)
    ended = {name: _end_rows(keys[name], name, person) for name in OWN if name in also}
    StoredAnswer.objects.filter(person=person).delete()
    transaction.on_commit(partial(live.publish, [live.rights_topic(person.pk)]))
    changes = {name: [count, 0] for name, count in ended.items() if count}
    audit.record("account.sign_out", by=by, subject=person.display_name, changes=changes)


def _end_rows(rows: Any, name: str, person: User) -> int:
    if name == "calendar":
        return int(rows.delete()[0])
    if name == "devices":
        grants = DeviceGrant.objects.filter(person=person, state=DeviceGrant.State.ALLOWED)
        grants.update(state=DeviceGrant.State.DENIED)
    return tokens.end(rows.values_list("pk", flat=True))
