"""The portal at a hub's own address: where a cluster sends requests for hubs that are not running.

A wildcard Ingress or HTTPRoute leads here (docs/kubernetes.md); the one of a running hub is more specific and takes
precedence. The page is the same for all visitors, except for its language. It reads no session and sets no cookie: at
other times, users' code answers at this address. `portal.web.middleware.HubHost` makes this module the URLconf of such
a request.
"""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import re_path, reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from hubs.days.queries import ending
from hubs.language import _
from hubs.models import Cluster, Hub

from .errors import bad_request, forbidden, not_found, server_error

ASKED = "portal.hub_host"  # in request.META: the requested host name
AGAIN = 10  # seconds until the page reloads; a starting hub is soon available


def living_hub(host: str) -> Hub | None:
    """Return the hub at this address, or None if there is none or it is retired."""
    rows = Hub.objects.alive().filter(slug=host.partition(".")[0]).exclude(url="")
    hub = rows.select_related("organization", "created_by").order_by("-pk").first()
    return hub if hub and urlsplit(hub.url).hostname == host else None


def _is_place(host: str) -> bool:
    """Return whether a hub could have this host name."""
    domain = host.partition(".")[2]
    rows = Cluster.objects.filter(domain__startswith=domain).values_list("domain", flat=True) if domain else ()
    return any(row.partition(":")[0] == domain for row in rows)


def _page(template: str, status: int, **context: Any) -> HttpResponse:
    """Render without the request: no context processor runs, so no session or token is read."""
    response = HttpResponse(render_to_string(template, {"portal": settings.PORTAL_URL, **context}), status=status)
    response["Cache-Control"] = "no-store"
    return response


@csrf_exempt
@login_not_required
def answer(request: HttpRequest) -> HttpResponse:
    """Return a page with the status of the hub at this address and a contact; 400 for an unknown address."""
    host = request.META[ASKED]
    hub = living_hub(host)
    if hub is None:
        if _is_place(host):
            return _page("hub_host/nothing.html", 404)
        return HttpResponse(
            _("The portal is at {address}.", address=settings.PORTAL_URL) + "\n", status=400, content_type="text/plain"
        )
    page = settings.PORTAL_URL + reverse("hub", args=[hub.uid], urlconf=settings.ROOT_URLCONF)
    if hub.desired_state == Hub.Desired.SUSPENDED:
        told = {"hub": hub, "page": page, "ending": ending(hub, timezone.now())}
        return _page("hub_host/suspended.html", 503, **told)
    response = _page("hub_host/waiting.html", 503, hub=hub, page=page)
    response["Retry-After"] = str(AGAIN)
    return response


urlpatterns = [re_path("", answer, name="hub-host")]
handler400, handler403, handler404, handler500 = bad_request, forbidden, not_found, server_error
