"""User limits of a hub: an organisation's admin sets them inside what was agreed, without asking anybody."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hubs import access, limits
from hubs.access import Permission, SignedIn
from hubs.errors import Conflict, Invalid
from hubs.forms.hub import UserLimitsForm, posted_limits
from hubs.models import Hub
from hubs.services import hubs as services
from hubs.views.hub_page import common, page


def _page(
    request: SignedIn, hub: Hub, form: UserLimitsForm, *, status: int = 200, beyond: bool = False
) -> HttpResponse:
    context = {
        **common(hub, access.on_hub(request.user, hub), "hub-limits"),
        "form": form,
        "beyond": beyond,
        "meters": limits.meters(None, hub.organization),
    }
    return render(request, "hub/limits.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def user_limits(request: SignedIn, uid: str) -> HttpResponse:
    """Shows and changes them. What is beyond the agreement becomes, if one likes, a request to staff."""
    hub = access.hub(request.user, uid, Permission.LIMITS)
    if request.method != "POST":
        return _page(request, hub, UserLimitsForm(hub, {}))
    typed = posted_limits(request.POST)
    try:
        if request.POST.get("verb") == "ask":
            row = services.ask_for_more(hub=hub, by=request.user, values=typed)
            messages.info(request, "Say why you need it, then send it. Staff decide.")
            return redirect("request-edit", uid=row.uid, step="sizes")
        services.set_user_limits(hub=hub, by=request.user, values=typed)
    except Invalid as error:
        beyond = services.beyond_agreement(hub=hub, values=typed)
        return _page(request, hub, UserLimitsForm(hub, typed, error.errors), status=422, beyond=beyond)
    except Conflict as error:
        messages.error(request, error.message)
        return page(request, hub.uid, status=409)
    messages.success(request, "Changed. It counts for the next server that starts; running ones stay as they are.")
    return redirect("hub", uid=hub.uid)
