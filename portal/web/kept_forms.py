"""A form that could not be taken, because its session had ended or its page was too old: the answer holds what was
typed, to be sent again. Nothing is stored. Without passwords, secrets and files, which people give again.

Only what a page of ours sent is given back with a button: a stranger's page that posts here must not get its fields
onto one.
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

from hubs.spec import FIELDS
from hubs.spec.hiding import PLACES, hide
from hubs.spec.secrets import REPLACED

from .ways_on import where_from

SECRET = re.compile(
    r"^(old|new)$|password|passphrase|secret|token|kubeconfig|credential|private|api_?key", re.IGNORECASE
)
OURS = ("csrfmiddlewaretoken",)
UNSEEN = ("seen", "step", "go", "verb", "uid", "next", "version")  # sent again, and no words of a person
YAML = ("values",)  # as an import names it
MOST_FIELDS = 1000
# Characters of YAML, of one field and of all: reading it takes time, and nobody has signed in.
LONGEST_SEARCHED, MOST_SEARCHED = 20_000, 40_000
LONG = 60  # characters that nobody wants to type twice


def from_our_page(request: HttpRequest) -> bool:
    """Did a page of the portal send this? Browsers say so, and no page can make them say something else."""
    origin = request.headers.get("Origin", "")
    if origin and origin != "null":
        here = urlsplit(settings.PORTAL_URL)
        return origin in (f"{here.scheme}://{here.netloc}", f"{request.scheme}://{request.get_host()}")
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def asks_in_the_background(request: HttpRequest) -> bool:
    """A script asks and shows no page: htmx, or a form that saves itself."""
    destination = request.headers.get("Sec-Fetch-Dest", "document")
    return bool(request.headers.get("HX-Request")) or destination == "empty"


def kept(request: HttpRequest) -> tuple[list[tuple[str, str]], list[str]]:
    """(name, text) of what was posted, in its order, and the names of what has to be given again."""
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
    """The same text, with a sign in the place of each secret that is known as one."""
    place = _place(name)
    return hide({place: text})[0][place] if place else text


def _place(name: str) -> str:
    """The field as whose text this one is searched for secrets; "" for one that is not."""
    place = "more" if name in YAML else name
    return place if place in PLACES else ""


def label(name: str) -> str:
    """What a person calls a field."""
    if name in FIELDS:
        return FIELDS[name].words.label
    return name.rpartition(".")[2].replace("_", " ").replace("-", " ").capitalize()


def page(request: HttpRequest, message: str = "", status: int = 403) -> HttpResponse | None:
    """The answer that holds what was posted; None where nothing was typed that could be lost. `message`: why a service
    refused it; then only long texts are worth a page."""
    if request.method != "POST" or not from_our_page(request):
        return None
    fields, again = kept(request)
    words = [(label(name), text) for name, text in fields if text.strip() and name not in UNSEEN]
    if not words and not again:
        return None
    if message and not any(len(text) > LONG or "\n" in text.strip() for _, text in words):
        return None
    user = getattr(request, "user", None)
    context: dict[str, Any] = {
        "fields": fields, "words": words, "again": [label(name) for name in again], "replaced": REPLACED,
        "signed_in": bool(user and user.is_authenticated), "action": request.get_full_path(),
        "message": message, "back": where_from(request),
    }  # fmt: skip
    return render(request, "kept_form.html", context, status=status)


class LoginRequired(LoginRequiredMiddleware):
    """Django's, but what was posted without a session is not thrown away."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if request.method == "POST" and asks_in_the_background(request):
            return HttpResponse("You are signed out.", status=401, content_type="text/plain")
        if answer := page(request):
            return answer
        if request.method == "POST":  # its address is no page: people go on where the form was
            return _sign_in(request)
        return super().handle_no_permission(request, view_func)


def _sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page, and from there back to the page that the form stood on."""
    back = where_from(request) if from_our_page(request) else ""
    query = urlencode({"next": back or request.get_full_path()}, safe="/")  # as Django writes it
    return redirect(f"{reverse(settings.LOGIN_URL)}?{query}")
