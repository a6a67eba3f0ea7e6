"""A form that was refused because the session had ended or the page was stale: the response contains what was typed, to
be submitted again. Nothing is stored. Passwords, secrets and files are left out, and people enter them again.

Only what a portal page has sent is returned with a button: a foreign page that posts here must not get its fields onto
a portal page.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from hubs.language import _
from hubs.spec import FIELDS
from hubs.spec.hiding import PLACES, hide
from hubs.spec.secrets import REPLACED

from .ways_on import where_from

SECRET = re.compile(
    r"^(old|new)$|password|passphrase|secret|token|kubeconfig|credential|private|api_?key", re.IGNORECASE
)
OURS = ("csrfmiddlewaretoken",)
UNSEEN = ("seen", "step", "go", "verb", "uid", "next", "version")  # submitted again, but not typed by a person
YAML = ("values",)  # as an import names it
MOST_FIELDS = 1000
# Characters of YAML, per field and in total: parsing takes time, and the sender is not signed in.
LONGEST_SEARCHED, MOST_SEARCHED = 20_000, 40_000
LONG = 60  # characters; longer texts are worth keeping


def from_our_page(request: HttpRequest) -> bool:
    """Return whether a portal page sent this, by headers that browsers set and pages can't forge."""
    origin = request.headers.get("Origin", "")
    if origin and origin != "null":
        here = urlsplit(settings.PORTAL_URL)
        return origin in (f"{here.scheme}://{here.netloc}", f"{request.scheme}://{request.get_host()}")
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def asks_in_the_background(request: HttpRequest) -> bool:
    """Return whether a script sent this and will not show a page: htmx, or a form that saves automatically."""
    destination = request.headers.get("Sec-Fetch-Dest", "document")
    return bool(request.headers.get("HX-Request")) or destination == "empty"


def kept(request: HttpRequest) -> tuple[list[tuple[str, str]], list[str]]:
    """Return (name, text) of what was posted, in its order, and the names of what has to be entered again."""
    found: list[tuple[str, str]] = []
    again = [name for name, file in request.FILES.items() if file]
    left = MOST_SEARCHED
    for name, texts in request.POST.lists():
        if name in OURS:
            continue
        for text in texts:
            if SECRET.search(name):
                again += [name] if text else []
                continue
            if text and _place(name):
                if len(text) > min(LONGEST_SEARCHED, left):
                    again.append(name)
                    continue
                left -= len(text)
            clean = _without_secrets(name, text)
            again += [name] if clean != text else []
            found.append((name, clean))
    return found[:MOST_FIELDS], list(dict.fromkeys(again))


def _without_secrets(name: str, text: str) -> str:
    """Return the text with a placeholder for each recognised secret."""
    place = _place(name)
    return hide({place: text})[0][place] if place else text


def _place(name: str) -> str:
    """Return the field whose rules are used to find secrets in this one; "" if it is not searched."""
    place = "more" if name in YAML else name
    return place if place in PLACES else ""


def label(name: str) -> str:
    """Return the label of a field."""
    if name in FIELDS:
        return str(FIELDS[name].words.label)
    return name.rpartition(".")[2].replace("_", " ").replace("-", " ").capitalize()


def page(request: HttpRequest, message: str = "", status: int = 403) -> HttpResponse | None:
    """Return a response with what was posted, or None if nothing worth keeping was typed. `message`: why a service
    refused it; in that case only long texts are worth a page."""
    if request.method != "POST" or not from_our_page(request):
        return None
    fields, again = kept(request)
    words = [(label(name), text) for name, text in fields if text.strip() and name not in UNSEEN]
    if not words and not again:
        return None
    if message and not any(len(text) > LONG or "\n" in text.strip() for _label, text in words):
        return None
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    if message:
        title = _("Your form was not accepted")
    else:
        title = _("Submit your form again") if signed_in else _("You are signed out")
    context: dict[str, Any] = {
        "title": title, "fields": fields, "words": words, "again": [label(name) for name in again],
        "replaced": REPLACED, "signed_in": signed_in, "action": request.get_full_path(),
        "message": message, "back": where_from(request),
    }  # fmt: skip
    return render(request, "kept_form.html", context, status=status)


class LoginRequired(LoginRequiredMiddleware):
    """Django's middleware, but what was posted without a session is not discarded."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if request.method == "POST" and asks_in_the_background(request):
            return HttpResponse(_("You are signed out."), status=401, content_type="text/plain")
        if answer := page(request):
            return answer
        if request.method == "POST":  # its address is not a page: people continue where the form was
            return _sign_in(request)
        return super().handle_no_permission(request, view_func)


def _sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to the sign-in page, and from there to the page that held the form."""
    back = where_from(request) if from_our_page(request) else ""
    query = urlencode({"next": back or request.get_full_path()}, safe="/")  # as Django writes it
    return redirect(f"{reverse(settings.LOGIN_URL)}?{query}")
