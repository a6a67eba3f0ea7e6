"""The image catalogue: staff edit the portal's rows, an organisation's admins its own. `slug` is the organisation's;
without it, these are the portal's pages."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from hubs import access
from hubs.access import SignedIn
from hubs.errors import Conflict, Invalid, TooMany
from hubs.language import _
from hubs.lists.paging import ordered_page
from hubs.models import CatalogueImage, Cluster, Hub, Organization
from hubs.organizations.pages.organizations import tabs
from hubs.pages.forms import beside, tried
from hubs.spec.image_names import moving

from . import rules as catalogue_contents
from . import services
from .forms import ImageForm
from .rules import Contents

A_PAGE = 25


def address(name: str, place: Organization | None, *more: str) -> str:
    """Return the URL of one of these pages: the portal's, or this organisation's."""
    return reverse(f"organization-{name}", args=[place.slug, *more]) if place else reverse(name, args=more)


def _frame(request: SignedIn, place: Organization | None) -> dict[str, Any]:
    """Return the context of all these pages."""
    found: dict[str, Any] = {"organization": place, "testable": _testable(place)}
    found |= {"list_url": address("image-list", place), "new_url": address("image-new", place)}
    return found | ({"tabs": tabs(request, place, "organization-image-list")} if place else {})


def _testable(place: Organization | None) -> bool:
    """Return whether a cluster runs these images: the organisation's, or for the portal's images any."""
    if place:
        return place.cluster.can.images
    return Cluster.objects.filter(open=True).that_can("images").exists()


def _line(row: CatalogueImage, place: Organization | None) -> dict[str, Any]:
    contents = Contents.from_json(row.contents)  # of a machine, where servers use its own software: not the image's
    facts = [] if contents.machine else catalogue_contents.said(contents)
    urls = {name: address(f"image-{name}", place, row.slug) for name in ("edit", "offer", "probe")}
    return {"row": row, "facts": facts, "urls": urls, "moving": moving(row.tag)}


def _warn(request: SignedIn, row: CatalogueImage) -> None:
    if moving(row.tag):
        said = _(
            "The tag “{tag}” is moved to newer images from time to time, so the software may change in the middle of a "
            "term. Choose a tag with a date or a version.", tag=row.tag,
        )  # fmt: skip
        messages.warning(request, said)


@require_http_methods(["GET", "HEAD"])
def index(request: SignedIn, slug: str | None = None) -> HttpResponse:
    """List all rows that can be edited here, including withdrawn ones; for an organisation also the portal's."""
    place = access.image_place(request.user, slug)
    rows = CatalogueImage.objects.all().of(place).prefetch_related("organizations")
    page = ordered_page(rows, A_PAGE, request.GET, "position", "name", "pk")
    others = CatalogueImage.objects.all().offered_for(place).filter(organization=None) if place else []
    context = _frame(request, place) | {
        "page": page,
        "lines": [_line(row, place) for row in page.object_list],
        "others": [_line(row, place) for row in others],
        "testing": any(row.is_being_tested for row in (*page.object_list, *others)),
    }
    return render(request, "images/index.html", context)


def _form_page(request: SignedIn, place: Organization | None, form: ImageForm, *, status: int = 200,
               row: CatalogueImage | None = None, overtaken: str = "") -> HttpResponse:  # fmt: skip
    context = _frame(request, place) | {"form": form, "overtaken": overtaken}
    return render(request, "images/edit.html", context | (_line(row, place) if row else {}), status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn, slug: str | None = None) -> HttpResponse:
    """Add an image. It is offered immediately."""
    place = access.image_place(request.user, slug)
    form = ImageForm(request.POST if request.method == "POST" else None, organization=place)
    if request.method != "POST":
        return _form_page(request, place, form)
    typed = lambda: {"slug": form.cleaned_data["slug"], "card": form.card(), "organizations": form.places()}  # noqa: E731
    if row := tried(form, services.create, typed, by=request.user, organization=place):
        tested = _("{name} was added and is being tested.", name=row.name)
        messages.success(request, tested if _testable(place) else _("{name} was added.", name=row.name))
        _warn(request, row)
        return redirect(address("image-list", place))
    return _form_page(request, place, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedIn, image: str, slug: str | None = None) -> HttpResponse:
    """Edit an image; shows its test results. If the row has changed since, the page says so and keeps the input."""
    row = access.catalogue_image(request.user, slug, image)
    place = row.organization
    if request.method != "POST":
        return _form_page(request, place, ImageForm(organization=place, row=row), row=row)
    form = ImageForm(request.POST, organization=place, row=row)
    if form.is_valid():
        try:
            row = services.change(
                row=row, by=request.user, seen=form.cleaned_data["seen"], card=form.card(), organizations=form.places()
            )
            messages.success(request, _("{name} was saved.", name=row.name))
            _warn(request, row)
            return redirect(address("image-list", place))
        except Invalid as error:
            beside(form, error.errors)
        except Conflict as error:
            now = access.catalogue_image(request.user, slug, image)
            typed = request.POST.copy()
            typed["seen"] = str(now.changes)
            form = ImageForm(typed, organization=place, row=now)
            return _form_page(request, place, form, status=409, row=now, overtaken=error.message)
    return _form_page(request, place, form, status=422, row=row)


def _hubs_with(row: CatalogueImage) -> int:
    """Return how many hubs use this image, of those that could choose the row."""
    hubs = Hub.objects.alive().filter(revision__data__singleuser__image__name=row.image)
    return hubs.filter(organization=row.organization).count() if row.organization else hubs.count()


@require_POST
def offer(request: SignedIn, image: str, slug: str | None = None) -> HttpResponse:
    """Withdraw it, after a question, or offer it again."""
    row = access.catalogue_image(request.user, slug, image)
    offered = request.POST.get("offered") == "1"
    if not offered and row.offered and not request.POST.get("sure"):
        back = address("image-list", row.organization)
        crumbs = [(_("Images"), back), (row.name, address("image-edit", row.organization, row.slug))]
        context = {"name": row.name, "hubs": _hubs_with(row), "back": back, "crumbs": crumbs}
        return render(request, "components/withdraw.html", context)
    try:
        services.set_offered(row=row, by=request.user, offered=offered)
        again, withdrawn = _("{name} is offered again.", name=row.name), _("{name} was withdrawn.", name=row.name)
        messages.success(request, again if offered else withdrawn)
    except Conflict as error:
        messages.error(request, error.message)
    return redirect(address("image-list", row.organization))


@require_POST
def probe(request: SignedIn, image: str, slug: str | None = None) -> HttpResponse:
    """Test the image again."""
    row = access.catalogue_image(request.user, slug, image)
    try:
        services.ask_probe(row, by=request.user)
        messages.success(request, _("{name} is being tested.", name=row.name))
    except TooMany:
        messages.error(request, _("You have started too many tests within an hour. Try again later."))
    return redirect(address("image-list", row.organization))
