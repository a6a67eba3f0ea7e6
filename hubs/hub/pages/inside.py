"""Logs and servers of a running hub. Its cluster is queried during the request."""

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
from hubs.hub.queries.presenters import people_working
from hubs.hub.services import servers
from hubs.language import _, lazy, number, plural
from hubs.models import Hub
from hubs.roster.queries import people

from .page import common, done, refused

LINES = 400  # of a log on the page
PARTS = {"hub": lazy("Hub"), "proxy": lazy("Proxy")}
NOT_RUNNING = {
    Hub.Desired.SUSPENDED: lazy("The hub is suspended, so no logs are written."),
    Hub.Desired.RETIRED: lazy("The hub is retired, so no logs are written."),
}


def _said(hub: Hub, part: str) -> dict[str, Any]:
    """Return the lines, or why there are none. The next request compares `seen` to find out whether they changed."""
    if told := NOT_RUNNING.get(Hub.Desired(hub.desired_state)):
        return {"text": "", "told": told, "over": True}
    try:
        text = operations.logs(hub, part, LINES)
    except DomainError as error:
        return {"text": "", "trouble": error.message}
    told = "" if text else _("No log lines yet. The program has not written any, or it is not running.")
    return {"text": text, "told": told, "seen": hashlib.sha256(text.encode()).hexdigest()[:16]}


@require_safe
def logs(request: SignedIn, uid: str) -> HttpResponse:
    """The last log lines of hub or proxy, without secrets. The page polls the fragment."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    part = request.GET.get("part", "")
    part = part if part in PARTS else "hub"
    said = _said(hub, part)
    context = {"hub": hub, "part": part, "part_title": PARTS[part], "lines": LINES, **said}
    if request.htmx and request.htmx.target == "log":
        context["oob"] = True
        answer = render(request, "hub/logs.html#log", context)
        if "trouble" in said or said.get("seen") == request.GET.get("seen"):
            answer = HttpResponse()  # keep the lines that are shown; only the notice changes
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
    """Start the server of a person who has used the hub before, so that it is ready when the class begins."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    user = request.POST.get("user", "")[:300]
    return done(request, hub, servers.start, _("The server of {user} is starting.", user=user), user=user)


@require_http_methods(["GET", "HEAD", "POST"])
def stop_server(request: SignedIn, uid: str) -> HttpResponse:
    """Stop one person's server, after saying whose it is and what is lost."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    user, server = (request.POST.get(one, request.GET.get(one, ""))[:300] for one in ("user", "server"))
    person = people.people_of(hub, {user})[user].title or user
    if request.method == "POST":
        sentence = _("The server of {user} is being stopped. Their files are kept.", user=person)
        return done(request, hub, servers.stop, sentence, user=user, server=server)
    running = {(row.get("user"), row.get("name", "")): row for row in hub.servers or []}
    row = running.get((user, server))
    if row is None:
        messages.info(request, _("This server is not running."))
        return redirect("hub", uid=hub.uid)
    return render(request, "hub/stop_server.html", {"hub": hub, "person": person, "row": row})


@require_http_methods(["GET", "HEAD", "POST"])
def stop_servers(request: SignedIn, uid: str) -> HttpResponse:
    """Stop all servers, after showing how many people have one."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    if request.method == "POST":
        try:
            stopped, left = servers.stop_all(hub=hub, by=request.user)
        except DomainError as error:
            return refused(request, hub, error)
        if left:
            told = plural(
                "{count} server is being stopped. {left} could not be stopped. Try again.",
                "{count} servers are being stopped. {left} could not be stopped. Try again.",
                stopped, left=number(left),
            )  # fmt: skip
            messages.warning(request, told)
        else:
            messages.success(request, _("All servers are being stopped. People’s files are kept."))
        return redirect("hub", uid=hub.uid)
    if not hub.servers:
        messages.info(request, _("No servers are running."))
        return redirect("hub", uid=hub.uid)
    seen = {"people": people_working(hub), "running": len(hub.servers)}
    return render(request, "hub/stop_servers.html", {"hub": hub, **seen})
