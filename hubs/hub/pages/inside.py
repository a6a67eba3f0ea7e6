"""Inside a hub that runs: what it says, and people's servers. Where it lives is asked while somebody waits."""

import hashlib
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.clusters import queries as operations
from hubs.errors import DomainError
from hubs.hub.services import servers
from hubs.models import Hub
from hubs.templatetags.words import count_text

from .page import common, done, refused

LINES = 400  # of a log on the page
PARTS = {"hub": "Hub", "proxy": "Proxy"}
NOT_RUNNING = {
    Hub.Desired.SUSPENDED: "The hub is suspended, so nothing runs and nothing is written.",
    Hub.Desired.RETIRED: "The hub was retired, so nothing runs and nothing is written.",
}


def _said(hub: Hub, part: str) -> dict[str, Any]:
    """The lines, or why there are none. `seen` tells the next look whether anything is new."""
    if told := NOT_RUNNING.get(Hub.Desired(hub.desired_state)):
        return {"text": "", "told": told, "over": True}
    try:
        text = operations.logs(hub, part, LINES)
    except DomainError as error:
        return {"text": "", "trouble": error.message}
    told = "" if text else "Nothing yet: it wrote nothing so far, or it does not run."
    return {"text": text, "told": told, "seen": hashlib.sha256(text.encode()).hexdigest()[:16]}


@require_safe
def logs(request: SignedIn, uid: str) -> HttpResponse:
    """The last lines of hub and proxy, without secrets. The page asks for the fragment again and again."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    part = request.GET.get("part", "")
    part = part if part in PARTS else "hub"
    said = _said(hub, part)
    context = {"hub": hub, "part": part, "part_title": PARTS[part], "lines": LINES, **said}
    if request.htmx and request.htmx.target == "log":
        context["oob"] = True
        answer = render(request, "hub/logs.html#log", context)
        if "trouble" in said or said.get("seen") == request.GET.get("seen"):
            answer = HttpResponse()  # what was read stays; the notice beside it comes or goes
            answer["HX-Reswap"] = "none"
        answer.write(render(request, "hub/logs.html#notice", context).content)
        return answer
    address = reverse("hub-logs", args=[hub.uid])
    context["parts"] = [
        {"title": title, "href": f"{address}?part={name}", "current": name == part} for name, title in PARTS.items()
    ]
    context |= common(hub, access.may(request.user, hub), "hub-logs")
    return render(request, "hub/logs.html", context, status=503 if "trouble" in said else 200)


@require_POST
def start_server(request: SignedIn, uid: str) -> HttpResponse:
    """One person's server, for somebody who was in the hub before: ready when the class begins."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    user = request.POST.get("user", "")[:300]
    return done(request, hub, servers.start, f"The server of {user} is being started.", user=user)


@require_POST
def stop_server(request: SignedIn, uid: str) -> HttpResponse:
    """One person's server."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    who = {"user": request.POST.get("user", "")[:300], "server": request.POST.get("server", "")[:300]}
    sentence = f"The server of {who['user']} is being stopped. Their files are kept."
    return done(request, hub, servers.stop, sentence, **who)


@require_http_methods(["GET", "HEAD", "POST"])
def stop_servers(request: SignedIn, uid: str) -> HttpResponse:
    """Everybody's. Says first how many people are at work."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    if request.method == "POST":
        try:
            stopped, left = servers.stop_all(hub=hub, by=request.user)
        except DomainError as error:
            return refused(request, hub, error)
        if left:
            told = f"{count_text(stopped, 'server is', 'servers are')} being stopped, {left:,} not yet: try again."
            messages.warning(request, told)
        else:
            messages.success(request, "All servers are being stopped. Everybody’s files are kept.")
        return redirect("hub", uid=hub.uid)
    if not hub.servers:
        messages.info(request, "No server is known to run.")
        return redirect("hub", uid=hub.uid)
    people = len({row.get("user") for row in hub.servers})
    return render(request, "hub/stop_servers.html", {"hub": hub, "people": people, "running": len(hub.servers)})
