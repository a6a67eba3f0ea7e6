"""Pages for content links, which copy course material into people's home directories: create, test, save."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.content.queries.look import seen_or_trouble
from hubs.content.queries.works import contents_of, lacks
from hubs.content.rules.links import link
from hubs.errors import DomainError, Invalid
from hubs.hub.pages.page import common
from hubs.language import _
from hubs.models import Hub
from hubs.pages.forms import beside
from hubs.spec.repository_address import NoRepository, read

from .forms import FIELDS, ContentLinkForm, KeepForm, first_values, suggested_name
from .services import links as services


@require_http_methods(["GET", "HEAD", "POST"])
def content_link(request: SignedIn, uid: str) -> HttpResponse:
    """GET with `repo` shows the link (live with JavaScript), with `test` also the result of testing the repository.
    POST saves the link."""
    hub = access.hub(request.user, uid)
    if request.method == "POST":
        return _keep(request, access.hub(request.user, uid, Permission.OPERATE))
    typed = _typed(request.GET) if "repo" in request.GET else first_values(hub)
    form, context = _form(hub, typed, asked="repo" in request.GET)
    if "test" in request.GET:
        said = (typed["repo"], typed["branch"], typed["path"])
        context |= seen_or_trouble(*said, organization=hub.organization, by=request.user)
    return _page(request, hub, form, context)


def _typed(data: Any) -> dict[str, str]:
    return {name: data.get(name, "lab" if name == "app" else "") for name in FIELDS}


def _form(hub: Hub, typed: dict[str, str], *, asked: bool = True) -> tuple[ContentLinkForm, dict[str, Any]]:
    form, context = ContentLinkForm(typed), dict[str, Any]()
    form.full_clean()
    form.errors.clear()
    if (asked or typed["repo"]) and hub.url:
        try:
            context["made"] = link(hub.url, **typed)
        except Invalid as error:
            beside(form, error.errors)
    return form, context


def _works(hub: Hub) -> dict[str, Any]:
    """Return whether links work with the hub's software, as far as it is known."""
    found = contents_of(hub)
    change = reverse("hub-change", args=[hub.uid])
    return {
        "software_url": f"{change}?step=software", "content_url": f"{change}?step=content", "lacks": lacks(found),
        "links_work": found is not None and not lacks(found), "has_git": found is not None and bool(found.git),
    }  # fmt: skip


def _page(
    request: SignedIn, hub: Hub, form: ContentLinkForm, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    may = access.may(request.user, hub)
    rows = list(hub.content_links.select_related("made_by"))
    for row in rows:
        row.hub = hub
    path = form.data["path"]
    if context.get("made") and not path:
        try:
            path = read(form.data["repo"]).path
        except NoRepository:
            path = ""
    context = {
        **common(hub, may, "hub-content-link"),
        "form": form,
        "keep": KeepForm(initial={"name": suggested_name(form.data["repo"], path)}),
        "kept": [{"row": row, "address": services.address(row)} for row in rows],
        "may_keep": Permission.OPERATE in may and not hub.is_retired,
        "image": hub.spec.singleuser.image.name,
        **_works(hub),
        **context,
    }
    return render(request, "hub/content_link.html", context, status=status)


def _keep(request: SignedIn, hub: Hub) -> HttpResponse:
    typed = _typed(request.POST)
    try:
        row = services.save(hub=hub, by=request.user, name=request.POST.get("name", ""), **typed)
    except Invalid as error:
        form, context = _form(hub, typed)
        keep = KeepForm(request.POST)
        beside(keep, {"name": error.errors.pop("name")} if "name" in error.errors else {})
        return _page(request, hub, form, {**context, "keep": keep}, status=422)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("“{name}” was saved.", name=row.name))
    return redirect("hub-content-link", uid=hub.uid)


@require_POST
def remove(request: SignedIn, uid: str, key: uuid.UUID) -> HttpResponse:
    """Remove a saved link; people who have the link can still use it."""
    row = access.content_link(request.user, uid, key, Permission.OPERATE)
    services.remove(link=row, by=request.user)
    removed = _("“{name}” was removed. People who have the link can still use it.", name=row.name)
    messages.success(request, removed)
    return redirect("hub-content-link", uid=uid)


@require_safe
def qr(request: SignedIn, uid: str, key: uuid.UUID) -> HttpResponse:
    """The link as a QR code, to show or to print."""
    row = access.content_link(request.user, uid, key, Permission.CONFIGURATION)
    import segno  # imported here because only this page needs it

    code = segno.make(services.address(row) or "https://example.org/", error="m", micro=False)
    drawn = code.svg_inline(scale=6, border=4, dark="#000", light="#fff")
    drawn = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return HttpResponse(drawn, content_type="image/svg+xml")
