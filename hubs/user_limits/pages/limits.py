"""User limits of a hub: an organisation's admin sets them within the organisation limits, without approval."""

from django.contrib import messages
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import Conflict, Invalid
from hubs.hub.forms.hub import UserLimitsForm, posted_limits
from hubs.hub.pages.page import common, refused
from hubs.hub.services import hubs as services
from hubs.language import _
from hubs.limits.queries import limits
from hubs.lists.paging import Page, ordered_page
from hubs.models import Hub, User
from hubs.requests.forms.answers import Happens
from hubs.spec import Draft, difference, to_draft
from hubs.spec.draft import reading
from hubs.user_limits.queries.seen import differing

A_PAGE = 25  # rules
COUNTS = ExpressionWrapper(Q(since__isnull=False), BooleanField())  # rules that need review come first


def _called(page: Page) -> Page:
    """Give the rules of people with a portal account the name of the person. One query."""
    names = [rule.name for rule in page if rule.is_personal]
    known = User.objects.alias(small=Lower("username")).filter(small__in=names)
    called = {user.username.lower(): user.display_name for user in known} if names else {}
    for rule in page:
        rule.called = called.get(rule.name, "") if rule.is_personal else ""
    return page


def _page(
    request: SignedIn, hub: Hub, form: UserLimitsForm, *, status: int = 200, beyond: bool = False
) -> HttpResponse:
    rules = hub.user_limits.living().spelled().select_related("author").annotate(counts=COUNTS)
    context = {
        **common(hub, access.may(request.user, hub), "hub-limits"),
        "form": form,
        "page": _called(ordered_page(rules, A_PAGE, request.GET, "counts", "kind", "name", "-pk")),
        "differing": differing(hub),
        "beyond": beyond,
        "meters": limits.meters(None, hub.organization),
        "happens": Happens(hub, hub.cluster, hub.spec, hub.spec, []),
    }
    return render(request, "hub/limits.html", context, status=status)


def _panel(request: SignedIn, hub: Hub, typed: Draft) -> HttpResponse:
    """Return the forecast while the person types. Saves nothing."""
    before = hub.spec
    after, _errors = reading({**to_draft(before), **typed})
    changes = Happens(hub, hub.cluster, before, after, difference(before, after), in_part=False)
    context = {"happens": changes, "meters": limits.meters(after, hub.organization, hub), "hub": hub}
    return render(request, "hub/limits.html#forecast", context)


@require_http_methods(["GET", "HEAD", "POST"])
def user_limits(request: SignedIn, uid: str) -> HttpResponse:
    """Show and change user limits. Limits above the organisation's can be requested from staff."""
    hub = access.hub(request.user, uid, Permission.LIMITS)
    if request.method != "POST":
        return _page(request, hub, UserLimitsForm(hub, {}))
    typed = posted_limits(request.POST)
    if request.htmx and request.htmx.target == "forecast":
        return _panel(request, hub, typed)
    try:
        if request.POST.get("verb") == "ask":
            row = services.ask_for_more(hub=hub, by=request.user, values=typed)
            messages.info(request, _("Enter a reason, then send the request. Staff review it."))
            return redirect("request-review", uid=row.uid)
        services.set_user_limits(hub=hub, by=request.user, values=typed)
    except Invalid as error:
        beyond = services.beyond_agreement(hub=hub, values=typed)
        return _page(request, hub, UserLimitsForm(hub, typed, error.errors), status=422, beyond=beyond)
    except Conflict as error:
        return refused(request, hub, error)
    messages.success(
        request, _("Limits changed. They apply to the next server that starts. Running servers are not changed.")
    )
    return redirect("hub-limits", uid=hub.uid)
