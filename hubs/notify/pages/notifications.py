"""The inbox and the notification settings."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hubs import access
from hubs.access import SignedIn
from hubs.accounts.services import sign_ins
from hubs.language import _
from hubs.lists.paging import ordered_page
from hubs.live import channel as live
from hubs.models import Notification, SignIn, User
from hubs.notify.forms import PREFIX, ChoicesForm
from hubs.notify.rules.audience import KINDS
from hubs.notify.rules.quiet_hours import digest_time
from hubs.notify.services import choices as notification_choices
from hubs.notify.services import inbox as services
from hubs.notify.services import mails
from hubs.pages.forms import tried

A_PAGE = 30


def _tabs(address: str, unread: int, everything: bool) -> list[dict[str, Any]]:
    return [
        {"title": _("Unread"), "href": address, "count": unread, "current": not everything},
        {"title": _("All"), "href": f"{address}?show=all", "count": 0, "current": everything},
    ]


@never_cache
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """The person's notifications: unread, or all."""
    everything = request.GET.get("show") == "all"
    position = live.position()
    mine = Notification.objects.all().visible_to(request.user)
    unread = mine.unread().count()
    page = ordered_page(mine if everything else mine.unread(), A_PAGE, request.GET, "-at", "-pk")
    context = {
        "page": page,
        "everything": everything,
        "new": unread,
        "newest": max((row.pk for row in page.object_list), default=0),
        "tabs": _tabs(reverse("inbox"), unread, everything),
        "live_position": position,
    }
    return render(request, "inbox/index.html#rows" if request.htmx else "inbox/index.html", context)


@never_cache
@require_safe
def count(request: SignedIn) -> HttpResponse:
    """The number of unread notifications, for the header of every page."""
    return render(request, "components/inbox_count.html")


@never_cache
@require_safe
def go(request: SignedIn, pk: int) -> HttpResponse:
    """Redirect to what a notification is about, and mark it as read."""
    row = access.notification(request.user, pk)
    if request.method == "GET":
        services.read(row=row, by=request.user)
    return redirect(row.link)


@require_POST
def read(request: SignedIn, pk: int) -> HttpResponse:
    services.read(row=access.notification(request.user, pk), by=request.user)
    return _back(request)


@require_POST
def read_all(request: SignedIn) -> HttpResponse:
    """Mark everything up to the newest notification on the page as read: later ones were not seen."""
    until = request.POST.get("until", "")
    done = services.read_all(by=request.user, until=int(until)) if until.isdecimal() and len(until) < 19 else 0
    messages.success(
        request, _("All notifications are marked as read.") if done else _("There were no unread notifications.")
    )
    return _back(request)


def _back(request: SignedIn) -> HttpResponse:
    return redirect(reverse("inbox") + ("?show=all" if request.POST.get("show") == "all" else ""))


@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: SignedIn) -> HttpResponse:
    """Which kinds are sent by email, immediately or once a day, and when."""
    person = request.user
    form = ChoicesForm(person, request.POST if request.method == "POST" else None)
    field = lambda name: f"{PREFIX}{name}" if name in KINDS else name  # noqa: E731
    if tried(form, notification_choices.choose, form.chosen, field=field, person=person, by=person):
        sent = digest_time(person.quiet_from, person.quiet_until)
        messages.success(request, _("Saved. The daily email is sent at {time}.", time=f"{sent:%-H:%M}"))
        return redirect("notification-choices")
    return render(request, "account/notifications.html", {"form": form}, status=422 if form.errors else 200)


@csrf_exempt  # a mail client posts here directly (RFC 8058), without a page or cookie of the portal
@never_cache
@login_not_required  # the link in the email is the key, and gives access to nothing else
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, key: str) -> HttpResponse:
    """End emails of one kind. A GET only asks for confirmation: mail scanners follow links."""
    found = mails.read_stop(key)
    person = User.objects.filter(pk=found[0]).first() if found else None
    if found is None or person is None:
        sign_ins.wrong(how=SignIn.How.LINK)
        raise Http404
    kind = found[1]
    if request.method == "POST":
        notification_choices.stop(person=person, kind=kind)
    title = KINDS[kind].title if kind in KINDS else _("The daily email")
    return render(request, "account/mail_stop.html", {"title": title, "done": request.method == "POST"})
