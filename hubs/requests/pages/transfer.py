"""Import and export a hub: values files become a draft, and a hub becomes files."""

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import DomainError
from hubs.hub.pages.page import common
from hubs.hub.services.taking_along import files_of, packed, type_of
from hubs.language import plural
from hubs.requests.forms.requests import offered_in
from hubs.requests.forms.transfer import BringForm
from hubs.requests.services.imports import begin_import
from hubs.spec import chart


@require_http_methods(["GET", "HEAD", "POST"])
def bring(request: SignedIn) -> HttpResponse:
    """Paste or upload values; show the result for every key and the order of files; create a draft."""
    organizations = access.may_request_in(request.user).order_by("name")
    if request.method != "POST":
        form = BringForm(organizations)
        return render(request, "requests/bring.html", {"form": form, "organizations": offered_in(form)})
    form = BringForm(organizations, request.POST, request.FILES)
    context = {"form": form, "organizations": offered_in(form)}
    if not form.is_valid():
        return render(request, "requests/bring.html", context, status=422)
    several = len(form.cleaned_data["file"]) > 1  # the browser sets their order: people confirm it first
    if request.POST.get("verb") != "begin" or several:
        verb, _, first = request.POST.get("verb", "").partition("-")
        form.keep_text(int(first) if verb == "before" and first.isdecimal() and len(first) < 4 else 0)
        found = form.found
        context |= {"found": found, "typed": found.count("typed")}
        context["rest"] = [leaf for leaf in found.leaves if leaf.fate in ("more", "ignored")]
        context["fields"] = [leaf for leaf in found.leaves if leaf.fate == "typed"]
        ways: dict[str, list[str]] = {}  # keys by what the portal uses instead
        for leaf in found.leaves:
            if leaf.fate == "portal":
                ways.setdefault(leaf.why, []).append(leaf.name)
        context["own_way"] = list(ways.items())
        return render(request, "requests/bring.html", context)
    try:
        row = begin_import(organization=form.cleaned_data["organization"], by=request.user, found=form.found)
    except DomainError as error:
        form.add_error(None, error.message)
        return render(request, "requests/bring.html", context, status=422)
    imported = plural(
        "{count} value was imported as an answer. The rest is saved under “Advanced”. Check the request, then send it.",
        "{count} values were imported as answers. The rest is saved under “Advanced”. Check the request, then send it.",
        form.found.count("typed"),
    )
    messages.success(request, imported)
    return redirect("request-edit", uid=row.uid, step="about")


@require_safe
def keys(request: SignedIn) -> JsonResponse:
    """The keys of Zero to JupyterHub's values, for the editor of “more configuration”. The same for everyone."""
    answer = JsonResponse(chart.keys())
    patch_cache_control(answer, private=True, max_age=3600)
    return answer


@require_safe
def take(request: SignedIn, uid: str) -> HttpResponse:
    """The files that can be exported, and how to use them."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    context = common(hub, access.may(request.user, hub), "hub-take")
    return render(request, "hub/take.html", {**context, "files": files_of(hub)})


@require_safe
def download(request: SignedIn, uid: str, name: str) -> HttpResponse:
    """Return one of the files, or all of them as hub.zip."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    if name == f"{hub.slug}.zip":
        return _attachment(packed(hub), name, "application/zip")
    files = files_of(hub)
    if name not in files:
        raise Http404
    return _attachment(files[name].encode(), f"{hub.slug}-{name}", f"{type_of(name)}; charset=utf-8")


def _attachment(body: bytes, name: str, kind: str) -> HttpResponse:
    return HttpResponse(body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
