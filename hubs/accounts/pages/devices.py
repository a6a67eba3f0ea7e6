"""Pages on which a person enters the code of an app without a browser, sees what it requests, and decides."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hubs.access import SignedIn
from hubs.accounts.forms.tokens import AllowForm, CodeForm
from hubs.accounts.services import devices as services
from hubs.accounts.services import sign_ins
from hubs.language import _, lazy
from hubs.live import rate_limit
from hubs.models import DeviceGrant, Organization, SignIn
from hubs.pages.forms import tried

MOST, SECONDS = 20, 600  # codes that one person may try, and the period in seconds
UNKNOWN = lazy("This code is not valid. Codes expire after ten minutes. Get a new code in your app.")
ALLOWED = lazy("Access allowed. Return to your app: it continues within seconds. Its token then appears in this list.")


def _ask_code(request: SignedIn) -> HttpResponse:
    """Return the page with the field for the code, and the error if a code was typed."""
    form = CodeForm(request.GET if "user_code" in request.GET else None)
    if form.is_bound and form.is_valid():
        form.add_error("user_code", UNKNOWN)
    return render(request, "tokens/device.html", {"form": form}, status=422 if form.is_bound else 200)


def _ask(request: SignedIn, grant: DeviceGrant, form: AllowForm) -> HttpResponse:
    context: dict[str, Any] = {"grant": grant, "client": services.CLIENTS[grant.client], "form": form}
    return render(request, "tokens/device.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: SignedIn) -> HttpResponse:
    """GET with the code shows the app and what it requests; POST allows or denies it."""
    typed = (request.POST or request.GET).get("user_code", "").replace("\0", "")
    if typed and rate_limit.seconds_until_free("device", request.user.username, most=MOST, seconds=SECONDS):
        messages.error(request, _("Too many attempts. Try again in ten minutes."))
        return render(request, "tokens/device.html", {"form": CodeForm()}, status=429)
    grant = services.find(typed, timezone.now())
    if grant is None:
        if typed:
            sign_ins.wrong(how=SignIn.How.DEVICE, person=request.user)
        if request.method == "POST":
            messages.error(request, UNKNOWN)
            return redirect("device")
        return _ask_code(request)
    options = {
        "asked": grant.scopes,
        "staff": request.user.is_staff,
        "organizations": Organization.objects.visible_to(request.user).order_by("name"),
    }
    decision = request.POST.get("decision", "")
    if decision == "allow":
        return _allow(request, grant, AllowForm(request.POST, **options))
    if decision == "deny":
        services.deny(grant=grant, by=request.user)
        messages.success(request, _("Access denied. The app gets no token."))
        return redirect("tokens")
    return _ask(request, grant, AllowForm(**options))


def _allow(request: SignedIn, grant: DeviceGrant, form: AllowForm) -> HttpResponse:
    if tried(form, services.allow, grant=grant, by=request.user):
        messages.success(request, ALLOWED)
        return redirect("tokens")
    return _ask(request, grant, form)
