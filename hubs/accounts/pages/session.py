"""Session state for a page with unsaved input, and the last page of a sign-in in a second tab."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hubs.access import SignedIn


@never_cache
@login_not_required  # "signed out" is one of the answers
@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """Return {"user": user name or "", "csrf": token}. A form that was opened before the last sign-in needs a new
    token. Only pages of the portal can read the answer, and they have such a token anyway."""
    user = request.user.get_username() if request.user.is_authenticated else ""
    return JsonResponse({"user": user, "csrf": get_token(request)})


@never_cache
@require_safe
def back(request: SignedIn) -> HttpResponse:
    """The last page of a sign-in in a second tab. It notifies the first tab."""
    return render(request, "account/signed_in.html")
