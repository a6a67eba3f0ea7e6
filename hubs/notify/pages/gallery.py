"""Every email that the portal sends, with sample data, for staff."""

from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hubs import access
from hubs.access import SignedIn
from hubs.notify.services.mails import Letter

from . import samples as mail_samples

# An email has inline styles, because mail clients ignore others. It is shown in a sandboxed frame.
IN_A_FRAME = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "frame-ancestors": ["'self'"],
    "sandbox": True,
}


def _letter(request: SignedIn, sample: str) -> Letter:
    access.staff(request.user)
    found = mail_samples.samples(request.user).get(sample)
    if found is None:
        raise Http404
    return found


@require_safe
def index(request: SignedIn) -> HttpResponse:
    access.staff(request.user)
    groups = mail_samples.groups(request.user)
    goes = settings.EMAIL_BACKEND != settings.NO_MAIL
    return render(
        request, "mail/gallery.html", {"groups": groups, "goes_out": goes, "from": settings.DEFAULT_FROM_EMAIL}
    )


@require_safe
def show(request: SignedIn, sample: str) -> HttpResponseBase:
    letter = _letter(request, sample)
    page = render(request, "mail/sample.html", {"name": sample, "letter": letter})
    return csp_update({"frame-src": ["'self'"]})(lambda _: page)(request)


@require_safe
def html(request: SignedIn, sample: str) -> HttpResponseBase:
    page = HttpResponse(_letter(request, sample).html())
    page["X-Frame-Options"] = "SAMEORIGIN"
    return csp_replace(IN_A_FRAME)(lambda _: page)(request)
