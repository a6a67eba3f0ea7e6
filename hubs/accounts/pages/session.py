"""Whether somebody is still signed in, for a page that holds what they typed; and where a second tab ends."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hubs.access import SignedIn


@never_cache
@login_not_required  # that nobody is signed in is one of the answers
@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """{"user": user name or "", "csrf": token}: a form that was opened before the last sign-in needs a new token. Only
    pages of the portal can read the answer, and they hold such a token anyway."""
    user = request.user.get_username() if request.user.is_authenticated else ""
    return JsonResponse({"user": user, "csrf": get_token(request)})


@never_cache
@require_safe
def back(request: SignedIn) -> HttpResponse:
    """Where somebody ends who signed in in a second tab: back to the first one, which hears of it."""
    return render(request, "account/signed_in.html")
