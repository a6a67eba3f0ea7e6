"""Page that offers a hub the newer version of its starting point."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.hub.services import take_over as services
from hubs.language import _
from hubs.spec import difference


@require_http_methods(["GET", "HEAD", "POST"])
def newer(request: SignedIn, uid: str) -> HttpResponse:
    """Show the differences between the two versions and their effect on this hub. POST: `verb` is "take" or "keep",
    `seen` is the number of the version that was shown."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else -1
        if request.POST.get("verb") == "keep":
            services.keep(hub=hub, by=request.user, seen=number)
            messages.success(request, _("The hub keeps its current version."))
            return redirect("hub", uid=hub.uid)
        row = services.begin_take_over(hub=hub, by=request.user, seen=number)
        messages.success(request, _("A draft of the change was created. Review it, edit it if needed, and send it."))
        return redirect("request-review", uid=row.uid)
    found = services.newer(hub)
    if found is None:
        messages.info(request, _("The starting point of this hub has no newer version."))
        return redirect("hub", uid=hub.uid)
    between = difference(found.old.spec, found.new.spec)
    context = {"hub": hub, "newer": found, "between": between, "plan": services.plan(hub, found)}
    return render(request, "hub/newer.html", context)
