"""The pages of webhooks, for organisations and for staff."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Min
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import Conflict, Invalid
from hubs.language import _, plural
from hubs.lists.paging import ordered_page
from hubs.models import Organization, Webhook
from hubs.organizations.pages.organizations import tabs
from hubs.pages.forms import tried
from hubs.pages.fragments import part

from . import queries
from .forms import SinceForm, WebhookForm, field_of
from .services import webhooks as services

A_PAGE = 25


def _list(organization: Organization | None) -> str:
    return reverse("webhooks", args=[organization.slug]) if organization else reverse("staff-webhooks")


def _index(request: SignedIn, organization: Organization | None) -> HttpResponse:
    rows = Webhook.objects.filter(organization=organization).with_counts()
    context: dict[str, Any] = {"organization": organization, "webhooks": rows}
    context["new"] = f"{_list(organization)}new/"
    if organization:
        context["tabs"] = tabs(request, organization, "webhooks")
    return render(request, "webhooks/index.html", context)


@require_safe
def index(request: SignedIn, slug: str) -> HttpResponse:
    """The webhooks of one organisation."""
    return _index(request, access.organization(request.user, slug, Permission.WEBHOOKS))


@require_safe
def of_staff(request: SignedIn) -> HttpResponse:
    """The webhooks that receive events of all organisations."""
    access.staff(request.user)
    return _index(request, None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn, slug: str = "") -> HttpResponse:
    """Add a webhook. The response has the secret, which is never shown again."""
    organization = access.organization(request.user, slug, Permission.WEBHOOKS) if slug else None
    if organization is None:
        access.staff(request.user)
    form = WebhookForm(request.POST if request.method == "POST" else None, organization=organization)
    if made := tried(form, services.create, form.values, field=field_of, organization=organization, by=request.user):
        return _secret(request, *made)
    context = {"form": form, "organization": organization, "back": _list(organization)}
    return render(request, "webhooks/form.html", context, status=422 if form.is_bound else 200)


def _secret(request: SignedIn, row: Webhook, secret: str) -> HttpResponse:
    context = {"webhook": row, "organization": row.organization, "back": _list(row.organization), "secret": secret}
    return render(request, "webhooks/secret.html", context)


def _next(row: Webhook) -> datetime | None:
    """Return when the next attempt follows a failure: its delivery and the webhook both wait after one."""
    if row.paused_at or not row.failing_since:
        return None
    first = row.deliveries.waiting().aggregate(at=Min("due_at"))["at"]
    return first and max(first, row.quiet_until or first)


def _page(request: SignedIn, row: Webhook, **more: Any) -> HttpResponse:
    """One webhook with its last deliveries."""
    row = Webhook.objects.select_related("organization", "created_by").with_counts().get(pk=row.pk)
    page = ordered_page(row.deliveries.all(), A_PAGE, request.GET, "-pk")
    for one in page:
        one.words = queries.words_of(one.type)
    following = _next(row)
    context = {
        "webhook": row,
        "organization": row.organization,
        "back": _list(row.organization),
        "page": page,
        "next": following,
        "shortly": following is not None and following <= timezone.now(),
        "soon": not row.paused_at and any(one.is_waiting for one in page),
        "groups": [
            (group, [words for kind, words in kinds.items() if row.hears(kind)])
            for group, kinds in queries.OFFERED
            if any(row.hears(kind) for kind in kinds)
        ],
        "since": SinceForm(),
        **more,
    }
    template = part(request, "webhooks/show.html", "deliveries")
    return render(request, template, context, status=422 if "error" in more else 200)


@require_safe
def show(request: SignedIn, webhook: UUID) -> HttpResponse:
    return _page(request, access.webhook(request.user, webhook))


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: SignedIn, webhook: UUID) -> HttpResponse:
    row = access.webhook(request.user, webhook)
    form = WebhookForm(request.POST if request.method == "POST" else None, organization=row.organization, row=row)
    if tried(form, services.change, form.values, field=field_of, webhook=row, by=request.user):
        messages.success(request, _("The webhook was changed."))
        return redirect("webhook", row.uid)
    back = reverse("webhook", args=[row.uid])
    context = {"form": form, "organization": row.organization, "webhook": row, "back": back}
    return render(request, "webhooks/form.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_POST
def rotate(request: SignedIn, webhook: UUID) -> HttpResponse:
    """Create a new secret. The response has it, and it is never shown again."""
    row, secret = services.rotate(webhook=access.webhook(request.user, webhook), by=request.user)
    return _secret(request, row, secret)


@require_POST
def test(request: SignedIn, webhook: UUID) -> HttpResponse:
    row = access.webhook(request.user, webhook)
    try:
        services.test(webhook=row, by=request.user)
        messages.success(request, _("A test is being sent. The response will appear below in a moment."))
    except Conflict as error:
        messages.warning(request, error.message)
    return redirect("webhook", row.uid)


@require_POST
def pause(request: SignedIn, webhook: UUID) -> HttpResponse:
    row = services.pause(webhook=access.webhook(request.user, webhook), by=request.user)
    messages.success(request, _("The webhook is paused. New events are queued until it is resumed."))
    return redirect("webhook", row.uid)


@require_POST
def resume(request: SignedIn, webhook: UUID) -> HttpResponse:
    row = services.resume(webhook=access.webhook(request.user, webhook), by=request.user)
    messages.success(request, _("The webhook is resumed. Queued events are sent now."))
    return redirect("webhook", row.uid)


@require_POST
def resend_failed(request: SignedIn, webhook: UUID) -> HttpResponse:
    """Resend failed deliveries: all, or those since a day."""
    row = access.webhook(request.user, webhook)
    form = SinceForm(request.POST)
    if not form.is_valid():
        return _page(request, row, since=form, error=True)
    try:
        found = services.resend_failed(webhook=row, by=request.user, since=form.moment())
        sent = plural("Deliveries sent again: {count}.", "Deliveries sent again: {count}.", found)
        messages.success(request, sent if found else _("There are no failed deliveries since then."))
    except Conflict as error:
        messages.warning(request, error.message)
    return redirect("webhook", row.uid)


@require_safe
def delivery(request: SignedIn, webhook: UUID, delivery: int) -> HttpResponse:
    """What was sent, each attempt, and the last response."""
    row = access.delivery(request.user, webhook, delivery)
    context = {"delivery": row, "webhook": row.webhook, "organization": row.webhook.organization,
               "words": queries.words_of(row.type)}  # fmt: skip
    return render(request, "webhooks/delivery.html", context)


@require_POST
def resend(request: SignedIn, webhook: UUID, delivery: int) -> HttpResponse:
    row = access.delivery(request.user, webhook, delivery)
    try:
        services.resend(delivery=row, by=request.user)
        messages.success(request, _("The delivery is sent again, with the same id."))
    except Conflict as error:
        messages.warning(request, error.message)
    return redirect("webhook", row.webhook.uid)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: SignedIn, webhook: UUID) -> HttpResponse:
    """Ask for confirmation by typing the host, then remove the webhook."""
    row = access.webhook(request.user, webhook)
    error = ""
    if request.method == "POST":
        try:
            services.remove(webhook=row, by=request.user, typed=request.POST.get("confirm", ""))
            messages.success(request, _("The webhook to {host} was removed.", host=row.host))
            return redirect(_list(row.organization))
        except Invalid as wrong:
            error = wrong.message
    context = {"webhook": row, "organization": row.organization, "back": _list(row.organization), "error": error}
    return render(request, "webhooks/remove.html", context, status=422 if error else 200)
