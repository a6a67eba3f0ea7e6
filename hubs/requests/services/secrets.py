"""Secrets that people enter for a hub: write-only for everyone except the hub. A secret is stored with the request and
moved to the hub on approval."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from hubs.audit.services import audit
from hubs.errors import Conflict, Invalid
from hubs.language import _
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, Hub, HubSecret, Organization, User
from hubs.requests.queries import admission
from hubs.requests.rules import EDITABLE
from hubs.spec import Difference, HubSpec
from hubs.spec.hiding import hidden_in
from hubs.spec.secrets import PORTALS, REPLACED, is_setting, is_the_portals
from hubs.spec.sign_in import CLASSES, OWN_NAMES, SECRETS
from hubs.spec.trees import joined, parted
from hubs.text.texts import storable

from . import contributors

LONGEST = 1000  # characters of one secret
# Required by JupyterHub: SharedPasswordAuthenticator, a service's token, NativeAuthenticator's approval by email.
SHORTEST = {"user_password": 8, "admin_password": 32, "api_token": 8, "apiToken": 8, "secret_key": 8}


@dataclass(frozen=True)
class Known:
    """That a secret is set, and by whom; never its value."""

    path: str
    by: str
    at: datetime | None
    new: bool  # stored with the request, not yet the hub's


@dataclass(frozen=True)
class Asked:
    """A secret that a sign-in method needs."""

    path: str
    label: str
    method: str
    shortest: int

    def asked(self, spec: HubSpec) -> bool:
        """Return whether it is needed. With self-chosen names, the admin password is only needed with listed hub
        admins."""
        if self.method != spec.signIn.method:
            return False
        return self.method not in OWN_NAMES or bool(spec.signIn.adminUsers)


ASKED = tuple(
    Asked(f"hub.config.{CLASSES[method][1]}.{key}", label, method, SHORTEST.get(key, 1))
    for method, keys in SECRETS.items()
    for key, label in keys
)


SHARED = tuple(one.path for one in ASKED if one.method == "shared-password")


def known(request: ChangeRequest) -> dict[str, Known]:
    """Return which secrets are set, by path: the hub's, overridden by the request's. Two queries."""
    found: dict[str, Known] = {}
    if request.hub_id:
        rows = HubSecret.objects.filter(hub=request.hub_id, name__startswith=HubSecret.TYPED)
        for name, by, at in rows.values_list("name", "set_by__name", "set_at"):
            path = name.removeprefix(HubSecret.TYPED)
            found[path] = Known(path, by or "", at, False)
    for path, by, at in request.secrets.values_list("path", "set_by__name", "set_at"):
        found[path] = Known(path, by or "", at, True)
    return found


def check(values: dict[str, str]) -> dict[str, list[str]]:
    """Return errors as sentences by path. They never contain the secret itself."""
    shortest = {path: SHORTEST.get(parted(path)[-1], 1) for path in values if parted(path)[0] == "hub"}
    shortest |= {one.path: one.shortest for one in ASKED}
    errors: dict[str, list[str]] = {}
    for path, text in values.items():
        if is_the_portals(parted(path)):
            errors[path] = [str(PORTALS)]
        elif storable(text) or len(text) > LONGEST:
            errors[path] = [_("This can’t be used: it is too long, or contains characters that can’t be stored.")]
        elif len(text) < shortest.get(path, 1):
            errors[path] = [_("This is too short: at least {least} characters.", least=shortest[path])]
    user, admin = (values.get(path) for path in SHARED)
    if user and user == admin:
        errors[SHARED[1]] = [
            _("Hub admins need a different password from other people. The hub can’t start if both are the same.")
        ]
    return errors


def _before(request: ChangeRequest, typed: dict[str, str]) -> dict[str, str]:
    """Return the stored shared passwords to compare a new one with: the two must differ. At most two queries."""
    if not set(typed) & set(SHARED):
        return {}
    names = [f"{HubSecret.TYPED}{path}" for path in SHARED]
    hubs = HubSecret.objects.filter(hub=request.hub_id, name__in=names) if request.hub_id else ()
    found = {row.name.removeprefix(HubSecret.TYPED): row.value for row in hubs}
    return found | {row.path: row.value for row in request.secrets.filter(path__in=SHARED)}


@transaction.atomic
def keep(*, request: ChangeRequest, by: User, values: dict[str, str]) -> ChangeRequest:
    """Store these secrets with the request; empty ones are ignored. Raise Invalid with sentences by path, and Conflict
    if the request can no longer be edited."""
    typed = {path: text for path, text in values.items() if text}
    if errors := check({**_before(request, typed), **typed}):
        raise Invalid(_("A secret is not valid."), errors)
    if not typed:
        return request
    if not ChangeRequest.objects.filter(pk=request.pk, state__in=EDITABLE).exists():
        raise Conflict(_("This request has been sent, so it can no longer be edited. Recall it first."))
    for path, text in typed.items():
        before = request.secrets.filter(path=path).first()
        if before is not None and before.value == text:
            continue  # the page saves repeatedly
        now = timezone.now()
        request.secrets.update_or_create(path=path, defaults={"value": text, "set_by": by, "set_at": now})
        contributors.note(request, by, contributors.Step.SECRET)
        audit.record("request.secret", by=by, subject=label_of(path), request=request, hub=request.hub)
    return request


def label_of(path: str) -> str:
    """Return its name: variables by their name, anything else by its path."""
    parts = parted(path)
    if len(parts) > 1 and ("extraEnv" in parts[-2:-1] or "environment" in parts[-2:-1]):
        return parts[-1]
    return next((one.label for one in ASKED if one.path == path), path)


def _sent_elsewhere(request: ChangeRequest, spec: HubSpec) -> bool:
    """Return whether the hub would send its client secret to a different URL than before. People who can change the URL
    could read the secret there, even if a colleague entered it."""
    before = request.hub.spec if request.hub else None
    if before is None or spec.signIn.method != "generic-oauth":
        return False
    return spec.signIn.method != before.signIn.method or spec.signIn.oauth.token_url != before.signIn.oauth.token_url


def lacking(request: ChangeRequest, spec: HubSpec) -> dict[str, list[str]]:
    """Return the missing secrets without which no one could sign in, as sentences by path."""
    needed = [one for one in ASKED if one.asked(spec)]
    hidden = [(field, joined(path)) for field, path in hidden_in(spec)]
    there = known(request) if needed or hidden else {}
    if _sent_elsewhere(request, spec):
        there = {path: one for path, one in there.items() if one.new or path not in {one.path for one in needed}}
    errors = {one.path: [_("Please fill this in.")] for one in needed if one.path not in there}
    for field, path in hidden:
        if path not in there:
            words = _("{name}: enter the secret in place of “{mark}”.", name=label_of(path), mark=REPLACED)
            errors.setdefault(field, []).append(words)
    return errors


def changed(request: ChangeRequest) -> list[str]:
    """Return labels of the secrets in this request. One query."""
    return [label_of(path) for path in request.secrets.order_by("path").values_list("path", flat=True)]


def differences(request: ChangeRequest) -> list[Difference]:
    """Return the secrets in this request as differences, without their values. One query."""
    return [Difference("", label, "", _("new value")) for label in changed(request)]


def unread(request: ChangeRequest, spec: HubSpec) -> list[limits.Finding]:
    """Return why staff have to ask about new secrets: texts that affect behaviour, but that no one can read. An earlier
    approval does not cover a new text. One query, if there are such fields."""
    places = {joined(path): field for field, path in hidden_in(spec) if is_setting(path)}
    brought = request.secrets.filter(path__in=places).values_list("path", flat=True) if places else ()
    return [
        limits.Finding(
            "novel:hidden",
            places[path],
            _("A new text for {path}, which no one can read. Ask what it is.", path=path),
        )
        for path in sorted(brought)
    ]


def assess(
    request: ChangeRequest, spec: HubSpec, organization: Organization, before: HubSpec | None
) -> limits.Assessment:
    """Return limits.assess of a request, with its secrets, and its images as far as their registries were checked."""
    found = limits.assess(spec, organization, hub=request.hub, before=before)
    more = (*unread(request, spec), *admission.images_missing(request, spec, before))
    return replace(found, findings=(*found.findings, *more))


def hand_over(*, request: ChangeRequest, hub: Hub) -> None:
    """Move the request's secrets to the hub. In the approval's transaction."""
    for row in request.secrets.all():
        HubSecret.objects.update_or_create(
            hub=hub,
            name=f"{HubSecret.TYPED}{row.path}",
            defaults={"value": row.value, "set_by": row.set_by, "set_at": row.set_at},
        )
    request.secrets.all().delete()
