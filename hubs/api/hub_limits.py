"""What a hub asks before it starts somebody's server: what may this person use, and in which groups are they? The hub
signs in as itself, with the secret that it has for the portal's sign-in; a session counts for nothing here."""

import base64
import hmac
from urllib.parse import unquote

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hubs.errors import TooMany
from hubs.models import Hub, HubSecret, SignIn
from hubs.person_limits import schedule
from hubs.services import sign_ins
from hubs.services.hub_people import nobody, on_list, people_of

LONGEST = 255  # characters of a user name, as JupyterHub keeps it
SECRET = "oauth_client_secret"  # noqa: S105 - the name of it
NOBODY = "-" * 64  # as long as a secret, and none


def _credentials(request: HttpRequest) -> tuple[str, str]:
    """(user name, password) of HTTP's Basic scheme; empty when there are none."""
    scheme, _, told = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(told, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote(name), password


def _asks_about_itself(request: HttpRequest, uid: str) -> bool:
    """Takes as long for a hub that is not there as for a wrong secret."""
    name, password = _credentials(request)
    known = HubSecret.objects.accepted(uid, SECRET, timezone.now())
    same = [hmac.compare_digest(password.encode(), each.encode()) for each in known or [NOBODY]]
    return any(same) and bool(known) and hmac.compare_digest(name.encode(), uid.encode())


def _problem(status: int, title: str, **headers: str) -> JsonResponse:
    body = {"type": "about:blank", "title": title, "status": status}
    return JsonResponse(body, status=status, content_type="application/problem+json", headers=headers)


@never_cache
@login_not_required
@require_safe
def limits_of_person(request: HttpRequest, uid: str) -> JsonResponse:
    """{"limits": {measure: [[value, the moment it ends or null], ...]}, "groups": [name, ...]}. Values come one after
    another; see person_limits.schedule. A measure that is missing is as the hub has it for everybody. Groups are those
    of the hub's list, never those of roles. "nobody" says so when the portal knows nobody of this name; they get what
    everybody gets."""
    if not _asks_about_itself(request, uid):
        # A secret of 256 bits is not guessed; the brake keeps a hub with an old one from filling the log.
        try:
            sign_ins.wrong(how=SignIn.How.HUB, name=uid)
        except TooMany as error:
            return _problem(429, "Too many tries", **{"Retry-After": str(error.seconds)})
        return _problem(401, "Only the hub itself may ask", **{"WWW-Authenticate": 'Basic realm="hub"'})
    name = request.GET.get("user", "")
    if not 0 < len(name) <= LONGEST or "\0" in name:
        return _problem(400, "Say which user")
    hub = Hub.objects.select_related("organization", "revision").alive().filter(uid=uid).first()
    if hub is None:
        return _problem(404, "This hub was retired")
    now = timezone.now()
    rules = [rule.as_rule() for rule in hub.user_limits.counting(now)]
    person = people_of(hub, [name])[name]
    steps = schedule(rules, person, now) if rules else {}
    said = {measure: [[value, end and end.isoformat()] for value, end in each] for measure, each in steps.items()}
    return JsonResponse({"limits": said, "groups": on_list(person), "nobody": nobody(hub, name)})
