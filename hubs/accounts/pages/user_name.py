"""The choice of a user name if the portal had to guess one: once, before any hub knows it."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from hubs.access import SignedIn
from hubs.accounts.forms.account import UserNameForm
from hubs.accounts.services import accounts
from hubs.errors import Invalid
from hubs.pages.forms import beside


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: SignedIn) -> HttpResponse:
    """Let the person accept the guess or choose another user name. Raise Conflict if it was chosen before."""
    after = str(request.POST.get("next") or request.GET.get("next") or "/")
    if not url_has_allowed_host_and_scheme(after, request.get_host(), request.is_secure()):
        after = "/"
    if request.method != "POST":
        if not request.user.guessed:
            return redirect(after)
        form = UserNameForm(initial={"username": request.user.username})
        return render(request, "account/user_name.html", {"form": form, "after": after})
    form = UserNameForm(request.POST)
    try:
        accounts.choose_username(user=request.user, by=request.user, username=request.POST.get("username", ""))
    except Invalid as error:
        beside(form, error.errors)
        return render(request, "account/user_name.html", {"form": form, "after": after}, status=422)
    return redirect(after)
