"""A hub whose starting point has a newer version: what differs, and taking it over or not."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.hub.services import take_over as services
from hubs.spec import difference


@require_http_methods(["GET", "HEAD", "POST"])
def newer(request: SignedIn, uid: str) -> HttpResponse:
    """Shows what the two versions differ in and what that means for this hub. `verb`: take or keep; `seen`: the number
    of the version that was read."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else -1
        if request.POST.get("verb") == "keep":
            services.keep(hub=hub, by=request.user, seen=number)
            messages.success(request, "Noted. The hub stays as it is.")
            return redirect("hub", uid=hub.uid)
        row = services.begin_take_over(hub=hub, by=request.user, seen=number)
        messages.success(request, "This is the change, as a draft. Read it, change what you like, and send it.")
        return redirect("request-review", uid=row.uid)
    found = services.newer(hub)
    if found is None:
        messages.info(request, "There is no newer version of what this hub was made from.")
        return redirect("hub", uid=hub.uid)
    between = difference(found.old.spec, found.new.spec)
    context = {"hub": hub, "newer": found, "between": between, "plan": services.plan(hub, found)}
    return render(request, "hub/newer.html", context)
