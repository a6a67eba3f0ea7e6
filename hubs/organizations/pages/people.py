"""Members of an organisation, and invitation links."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.accounts.services import credentials, sign_ins
from hubs.errors import Conflict, DomainError, NotAllowed
from hubs.language import _, lazy, listed
from hubs.lists.of_people import MemberFilters
from hubs.lists.paging import ordered_page
from hubs.looks import INVITATION
from hubs.models import Hub, Invitation, Membership, Organization, Role, SignIn
from hubs.notify.services.outbox import sends_mail
from hubs.organizations import services
from hubs.organizations.forms.people import EXPLAINED, OFFERED, InviteForm, RoleForm
from hubs.pages.forms import tried

from .organizations import A_PAGE, MADE, tabs

ENDS = lazy("The new role ends these, unless you keep them:")
MOST_HUBS = 20  # of a person, named on their page
OPEN_LINKS = 50  # most invitations shown; older ones expire


def _link(request: HttpRequest, invitation: Invitation) -> str:
    return request.build_absolute_uri(reverse("invitation", args=[invitation.token]))


def _just_made(request: SignedIn, organization: Organization) -> dict[str, object] | None:
    """Return the links that this person has just created. They are shown once, in this browser only."""
    made = request.session.pop(MADE, None)
    rows = list(organization.invitations.usable(timezone.now()).filter(pk__in=made).order_by("pk")) if made else []
    if not rows:
        return None
    mailed = listed([row.email for row in rows]) if rows[0].email and sends_mail() else ""
    return {"row": rows[0], "links": [(row, _link(request, row)) for row in rows], "mailed": mailed}


@never_cache
@require_safe
def index(request: SignedIn, slug: str) -> HttpResponse:
    organization = access.organization(request.user, slug, Permission.CONFIGURATION)
    runs = Permission.PEOPLE in access.may(request.user, organization)
    rows = organization.memberships.people().select_related("user")
    filters = MemberFilters(request.GET)
    rows, q = filters.narrow(rows), filters.chosen("q")
    context = {
        "organization": organization,
        "tabs": tabs(request, organization, "people"),
        "page": ordered_page(rows, A_PAGE, request.GET, "user__name", "user__username", "pk"),
        "q": q,
        "runs": runs,
        "roles": [(role.label, EXPLAINED[role]) for role in Role],
        "invitations": [],
        "made": None,
        "mails": sends_mail(),
        "manageable": [role for role in Role if access.offers(request.user, organization, role)],
    }
    if runs:
        usable = organization.invitations.usable(timezone.now()).select_related("invited_by")
        context["invitations"] = usable.order_by("-created_at", "-pk")[:OPEN_LINKS]
        context["made"] = _just_made(request, organization)
    return render(request, "people/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: SignedIn, slug: str) -> HttpResponse:
    organization = access.organization(request.user, slug, Permission.PEOPLE)
    owners = access.offers(request.user, organization, Role.OWNER)
    form = InviteForm(request.POST or None, may_make_owners=owners)
    if rows := tried(form, services.invite_all, organization=organization, by=request.user):
        request.session[MADE] = [row.pk for row in rows]
        return redirect("people", slug)
    context = {"organization": organization, "form": form, "tabs": tabs(request, organization, "people")}
    return render(request, "people/invite.html", context, status=422 if request.method == "POST" else 200)


def _remove(request: SignedIn, row: Membership) -> HttpResponse:
    services.remove(membership=row, by=request.user, keep=request.POST.getlist("keep"))
    name, organization = row.user.display_name, row.organization.name
    if row.user == request.user:
        messages.success(request, _("You left {organization}.", organization=organization))
        return redirect("organization-list")
    messages.success(request, _("{name} was removed from {organization}.", name=name, organization=organization))
    return redirect("people", row.organization.slug)


def _lesser(made: credentials.Made, role: str) -> list[dict[str, Any]]:
    """Return what ends with a role below this one, each with the roles (as in data-asked-when) with which it does."""
    below = list(Role)[list(Role).index(Role(role)) + 1 :]
    found: dict[str, credentials.Ending] = {}
    roles: dict[str, list[str]] = {}
    for one in below:
        for ending in made.ending(role=one):
            found[ending.key] = ending
            roles.setdefault(ending.key, []).append(one.value)
    return [{"one": found[key], "when": f"role:{','.join(roles[key])}"} for key in found]


def _about(request: SignedIn, row: Membership) -> dict[str, Any]:
    """Return what the page shows about a member whom this person may change."""
    made, others = credentials.Made(row.user, row.organization), row.organization.memberships.people()
    lesser = _lesser(made, row.role)
    hubs = Hub.objects.alive().filter(organization=row.organization, created_by=row.user).order_by("title", "pk")
    return {
        "only_owner": row.role == Role.OWNER and not others.filter(role=Role.OWNER).exclude(pk=row.pk).exists(),
        "ending": [{"one": one, "when": ""} for one in made.ending(role="")],
        "lesser": lesser,
        "lesser_when": "role:" + ",".join(sorted({role for one in lesser for role in one["when"][5:].split(",")})),
        "lesser_about": _("The new role ends these:") if row.user == request.user else ENDS,
        "hubs": [hub.title for hub in hubs[:MOST_HUBS]],
        "more_hubs": max(0, hubs.count() - MOST_HUBS),
    }


def _role_now(row: Membership) -> str:
    return _("The role of {name} is now {role}.", name=row.user.display_name, role=row.get_role_display())


@require_http_methods(["GET", "HEAD", "POST"])
def member(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """A member's role, and removal: posting `confirm` removes them."""
    row = access.membership(request.user, slug, pk)
    owners = access.offers(request.user, row.organization, Role.OWNER)
    may_touch = owners or row.role != Role.OWNER
    form = RoleForm(initial={"role": row.role}, may_make_owners=owners)
    status = 200
    try:
        if "confirm" in request.POST:
            return _remove(request, row)
        if request.method == "POST":
            form, status = RoleForm(request.POST, may_make_owners=owners), 422
            if form.is_valid():
                keep = request.POST.getlist("keep")
                services.change_role(membership=row, by=request.user, role=form.cleaned_data["role"], keep=keep)
                messages.success(request, _role_now(row))
                return redirect("people", slug)
    except DomainError as error:
        status = 403 if isinstance(error, NotAllowed) else 409
        messages.error(request, error.message)
        row.refresh_from_db()
        form = RoleForm(initial={"role": row.role}, may_make_owners=owners)
    context = {
        **(_about(request, row) if may_touch else {}),
        "organization": row.organization,
        "tabs": tabs(request, row.organization, "people"),
        "row": row,
        "form": form,
        "may_touch": may_touch,
        "keeping": request.POST.getlist("keep"),
        "themselves": row.user == request.user,
    }
    return render(request, "people/member.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """Withdraw an invitation, or send its email again."""
    row = access.invitation(request.user, slug, pk)
    if request.method != "POST":
        return render(request, "people/withdraw.html", {"organization": row.organization, "row": row})
    try:
        if "again" in request.POST:
            services.send_again(invitation=row, by=request.user)
            messages.success(request, _("The invitation is emailed to {email} again.", email=row.email))
            return redirect("people", slug)
        services.revoke(invitation=row, by=request.user)
        messages.success(request, _("Invitation withdrawn. The link no longer works."))
    except Conflict as error:
        messages.error(request, error.message)
    return redirect("people", slug)


def _ended(request: HttpRequest, row: Invitation | None) -> HttpResponse:
    """Return the page for a link that doesn't work: it is unknown, or it has ended."""
    how = row.state(timezone.now()) if row else "unknown"
    return render(request, "people/ended.html", {"row": row, "ended": INVITATION[how]}, status=410 if row else 404)


@never_cache
@login_not_required  # the link is the credential; people sign in before it gives access to anything
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show what an invitation link offers; POST accepts it."""
    related = ("organization", "invited_by")
    row = Invitation.objects.select_related(*related).filter(token=token.replace("\0", "")).first()
    if row is None:
        sign_ins.wrong(how=SignIn.How.LINK)
        return _ended(request, None)
    user = request.user
    member = user.is_authenticated and row.organization.memberships.filter(user=user).first()
    if row.state(timezone.now()) != "open" and not member:
        return _ended(request, row)
    status = 200
    if request.method == "POST":
        if not user.is_authenticated:
            return redirect(f"{reverse('sign-in')}?next={request.path}")
        try:
            services.accept(invitation=row, by=user)
            messages.success(request, _("Welcome to {organization}.", organization=row.organization.name))
            return redirect("organization", row.organization.slug)
        except DomainError as error:
            status = 403 if isinstance(error, NotAllowed) else 409
            messages.error(request, error.message)
    context = {
        "row": row,
        "about": OFFERED[Role(row.role)],
        "member": member,
        "not_theirs": user.is_authenticated and row.email not in ("", user.verified_email),
    }
    return render(request, "people/accept.html", context, status=status)
