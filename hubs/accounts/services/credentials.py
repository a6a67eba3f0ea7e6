"""What a person created for an organisation, and what of it ends once they could no longer create it. Another admin may
keep an item by taking it over. The rules: docs/decisions/024-credentials-end-with-their-maker.md."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from hubs import access
from hubs.access import Permission
from hubs.audit.services import audit
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.language import _, lazy
from hubs.live import channel as live
from hubs.models import (
    ApiToken,
    CalendarLink,
    ChangeRequest,
    DeviceGrant,
    Invitation,
    Organization,
    Scope,
    StoredAnswer,
    User,
    Webhook,
)
from hubs.requests.rules import State
from hubs.requests.services import contributors, requests

from . import own_keys, tokens

OWN_APP = lazy("Their connected app for this organisation. Its token will be revoked.")
OWN_KEY = lazy("Their token for this organisation. It will be revoked.")


@dataclass(frozen=True)
class Ending:
    """One item that ends. `key` identifies it on the page and in the API."""

    kind: str  # a key of END
    pk: int
    title: str
    about: str  # a sentence: what happens to it
    keep: str = ""  # label of the check box with which another admin keeps it; "" if that is not possible

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.pk}"

    @property
    def keepable(self) -> bool:
        return self.kind in KEEP


# --- what there is --------------------------------------------------------------------------------------------------
class Made:
    """What a person created or has in an organisation, read once in a constant number of queries."""

    def __init__(self, person: User, organization: Organization) -> None:
        self.person, self.organization, self.now = person, organization, timezone.now()

    def ending(self, *, role: str, staff: bool | None = None) -> list[Ending]:
        """Return what would end if the person had this role in the organisation ("": none), and were `staff` or not
        (None: unchanged)."""
        staff = self.person.is_staff if staff is None else staff
        may = access.STAFF if staff else access.ROLES.get(role, frozenset())

        def grants(given: str) -> bool:
            return staff or access.role_grants(role, given)

        found = [one for given, one in self._service_tokens + self._invitations if given is None or not grants(given)]
        if self.person.service_of_id == self.organization.pk:
            found += self._of_account(role)
        elif Permission.SEE not in may:
            found += self._own
        found += () if Permission.WEBHOOKS in may else self._webhooks
        found += () if Permission.REQUEST in may else self._waiting
        return found

    @cached_property
    def _service_tokens(self) -> list[tuple[str | None, Ending]]:
        """Each with the role of its service account, which its creator must be able to grant, or None."""
        roles = dict(self.organization.memberships.exclude(user__service_of=None).values_list("user", "role"))
        made = ApiToken.objects.all().live(self.now).filter(created_by=self.person)
        return [
            (roles.get(row.person_id), Ending(
                "token", row.pk, row.name,
                _("Token of the service account {account}. It will be revoked.", account=row.person.name),
                _("Keep the token “{token}” of the service account {account}. Otherwise it is revoked.",
                  token=row.name, account=row.person.name)))
            for row in made.filter(person__service_of=self.organization).select_related("person")
        ]  # fmt: skip

    @cached_property
    def _invitations(self) -> list[tuple[str | None, Ending]]:
        """Each with the role that it gives."""
        rows = self.organization.invitations.usable(self.now).filter(invited_by=self.person)
        return [(row.role, _of_invitation(row)) for row in rows]

    def _of_account(self, role: str) -> list[Ending]:
        """Tokens of a service account whose creators could not grant this role."""
        return [
            Ending("own", row.pk, row.name, _("A token of this service account. It will be revoked."))
            for row in self._account_tokens
            if not role or not access.may_grant(row.created_by, self.organization, role)
        ]

    @cached_property
    def _account_tokens(self) -> list[ApiToken]:
        return list(self.person.tokens.live(self.now).select_related("created_by"))

    @cached_property
    def _own(self) -> list[Ending]:
        """The person's keys that are for this organisation only. Their other keys lose access to it anyway."""
        person, organization = self.person, self.organization
        here = Q(organization=organization) | Q(hub__organization=organization)
        found = [
            Ending("own", row.pk, row.name, OWN_APP if row.is_device else OWN_KEY)
            for row in person.tokens.live(self.now).filter(here)
        ]
        grants = DeviceGrant.objects.filter(person=person, organization=organization, state=DeviceGrant.State.ALLOWED)
        about = _("A connected app that has not fetched its token yet. It will get none.")
        found += [Ending("grant", row.pk, row.shown_code, about) for row in grants.filter(expires_at__gt=self.now)]
        links = CalendarLink.objects.filter(person=person, organization=organization)
        about = _("It will stop working.")
        return found + [Ending("calendar", row.pk, _("Secret calendar address"), about) for row in links]

    @cached_property
    def _webhooks(self) -> list[Ending]:
        about = _("A webhook. It will be paused until an admin resumes it.")
        rows = self.organization.webhooks.filter(created_by=self.person, paused_at=None)

        def keep(host: str) -> str:
            return _("Keep the webhook to {host}. Otherwise it is paused until an admin resumes it.", host=host)

        return [Ending("webhook", row.pk, row.host, about, keep(row.host)) for row in rows]

    @cached_property
    def _waiting(self) -> list[Ending]:
        about = _("A request that was not decided yet. It will be withdrawn.")
        undecided = self.organization.requests.filter(state__in=[State.SUBMITTED, State.RETURNED])
        mine = undecided.filter(requester=self.person)

        def keep(name: str) -> str:
            return _("Keep the request “{name}” (not decided yet). Otherwise it is withdrawn.", name=name)

        return [Ending("request", row.pk, row.name, about, keep(row.name)) for row in mine]


def _of_invitation(row: Invitation) -> Ending:
    email, role = row.email, row.get_role_display()
    about = _("An open invitation with the role {role}. It will be withdrawn.", role=role)
    keep = _("Keep the invitation for {email} with the role {role}. Otherwise it is withdrawn.", email=email, role=role)
    link = _("Keep the invitation for anyone with the link with the role {role}. Otherwise it is withdrawn.", role=role)
    return Ending("invitation", row.pk, email or _("Invitation by link"), about, keep if email else link)


# --- what ends ------------------------------------------------------------------------------------------------------
@transaction.atomic
def end(
    *, person: User, organization: Organization, role: str, by: User | None, keep: Collection[str] = (),
    staff: bool | None = None,
) -> list[Ending]:  # fmt: skip
    """End what `Made.ending` returns, except the keys in `keep`, which `by` takes over. API answers stored for replay
    and streams end, too. Called in the transaction that removes the role. Raise Invalid ("keep"), NotAllowed for what
    `by` could not have created, Conflict."""
    StoredAnswer.objects.filter(person=person).delete()
    transaction.on_commit(partial(live.publish, [live.rights_topic(person.pk)]))
    over = Made(person, organization).ending(role=role, staff=staff)
    if keep and by:
        _keep(person, organization, by, over, keep)
    for one in over:
        if one.key not in keep:
            END[one.kind](one, organization, by)
    return over


def _keep(person: User, organization: Organization, by: User, over: list[Ending], keep: Collection[str]) -> None:
    """Take over items before anything ends, so that a kept token is no longer the child of one that ends."""
    there = Made(person, organization).ending(role="", staff=False)
    if unknown := set(keep) - {one.key for one in there if one.keepable}:
        keys = ", ".join(sorted(unknown))[:200]
        raise Invalid.beside("keep", _("This can’t be kept: {keys}. Check the list again.", keys=keys))
    if by.pk == person.pk:
        raise NotAllowed(_("Only another admin can take over what you created. Ask one of them to remove you."))
    for one in over:
        if one.key in keep:
            KEEP[one.kind](one.pk, organization, by)


def _end_token(one: Ending, organization: Organization, by: User | None) -> None:
    related = ("person__service_of", "organization", "hub__organization")
    tokens.revoke(token=ApiToken.objects.select_related(*related).get(pk=one.pk), by=by)


def _end_grant(one: Ending, organization: Organization, by: User | None) -> None:
    DeviceGrant.objects.filter(pk=one.pk, state=DeviceGrant.State.ALLOWED).update(state=DeviceGrant.State.DENIED)


def _end_calendar(one: Ending, organization: Organization, by: User | None) -> None:
    if CalendarLink.objects.filter(pk=one.pk).delete()[0]:
        note = _("Its owner’s role ended.")
        audit.record("account.calendar_end", by=by, subject=organization.name, organization=organization, note=note)


def _end_invitation(one: Ending, organization: Organization, by: User | None) -> None:
    now = timezone.now()
    row = Invitation.objects.get(pk=one.pk)
    if Invitation.objects.filter(pk=one.pk).usable(now).update(revoked_at=now):
        whom = row.email or _("anyone with the link")
        audit.record("member.revoke", by=by, subject=whom, organization=organization)


def _end_webhook(one: Ending, organization: Organization, by: User | None) -> None:
    _pause(Webhook.objects.filter(pk=one.pk), by)


def _pause(rows: Any, by: User | None) -> None:
    why = _("The role of its creator ended. Check the address, replace the secret, then resume the webhook.")
    for row in rows.filter(paused_at=None).select_related("organization"):
        if Webhook.objects.filter(pk=row.pk, paused_at=None).update(paused_at=timezone.now(), paused_why=why):
            audit.record("webhook.pause", by=by, subject=row.host, organization=row.organization, note=why)


def _end_request(one: Ending, organization: Organization, by: User | None) -> None:
    requests.withdraw(request=_request(one.pk), by=by)


def _request(pk: int) -> ChangeRequest:
    return ChangeRequest.objects.select_related("organization", "hub", "requester").get(pk=pk)


# --- what is kept ---------------------------------------------------------------------------------------------------
def _keep_token(pk: int, organization: Organization, by: User) -> None:
    tokens.take_over(token=ApiToken.objects.select_related("person__service_of", "created_by").get(pk=pk), by=by)


def _keep_invitation(pk: int, organization: Organization, by: User) -> None:
    row = Invitation.objects.select_related("invited_by").get(pk=pk)
    if not access.may_grant(by, organization, row.role):
        raise NotAllowed(_("Only an owner can make someone an owner."))
    usable = Invitation.objects.filter(pk=pk).usable(timezone.now())
    if not usable.update(invited_by=by, made_with=by.token):
        raise Conflict(_("This invitation was already used or has ended."))
    changes = {"by": [row.invited_by.username, by.username]}
    whom = row.email or _("anyone with the link")
    audit.record("member.take_over", by=by, subject=whom, organization=organization, changes=changes)


def _keep_webhook(pk: int, organization: Organization, by: User) -> None:
    if Permission.WEBHOOKS not in access.on_organization(by, organization):
        raise NotAllowed(_("Only owners and admins can take over webhooks."))
    row = Webhook.objects.select_related("created_by").get(pk=pk)
    Webhook.objects.filter(pk=pk).update(created_by=by, made_with=by.token)
    changes = {"by": [row.created_by.username if row.created_by else "", by.username]}
    audit.record("webhook.take_over", by=by, subject=row.host, organization=organization, changes=changes)


def _keep_request(pk: int, organization: Organization, by: User) -> None:
    if Permission.REQUEST not in access.on_organization(by, organization):
        raise NotAllowed(_("Only people who can request hubs can take over a request."))
    row = _request(pk)
    waits = ChangeRequest.objects.filter(pk=pk, state__in=[State.SUBMITTED, State.RETURNED], version=row.version)
    if not waits.update(requester=by, version=F("version") + 1, updated_at=timezone.now()):
        raise Conflict(_("This request was changed or decided in the meantime. Reload the page."))
    contributors.note(row, by, contributors.Step.TAKE_OVER)
    changes = {"by": [row.requester.username, by.username]}
    audit.record("request.take_over", by=by, subject=row.name, request=row, hub=row.hub, changes=changes)
    live.changed_on_commit(request=row, hub=row.hub)


End = Callable[[Ending, Organization, User | None], None]
Keep = Callable[[int, Organization, User], None]
END: dict[str, End] = {
    "token": _end_token, "own": _end_token, "grant": _end_grant, "calendar": _end_calendar,
    "invitation": _end_invitation, "webhook": _end_webhook, "request": _end_request,
}  # fmt: skip
KEEP: dict[str, Keep] = {
    "token": _keep_token, "invitation": _keep_invitation, "webhook": _keep_webhook, "request": _keep_request,
}  # fmt: skip


@transaction.atomic
def end_beyond(*, person: User, closed: bool = False) -> None:
    """End in every organisation what the person created as staff and could no longer create. With `closed`, end all
    that they created and all their keys, because the account is closed. No permission is checked."""
    roles = dict(person.memberships.values_list("organization", "role"))
    for place in Organization.objects.all():
        role = "" if closed else roles.get(place.pk, "")
        end(person=person, organization=place, role=role, by=None, staff=False)
    for row in person.tokens.filter(revoked_at=None):
        if Scope.APPROVE in row.scopes:
            tokens.revoke(token=row, by=None)
    _pause(Webhook.objects.filter(organization=None, created_by=person), None)
    if closed:
        own_keys.end(person=person, by=None, also=list(own_keys.OWN))
