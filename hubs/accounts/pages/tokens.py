"""Pages of personal tokens, and of an organisation's service accounts."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.accounts.forms.tokens import TokenForm
from hubs.accounts.services import service_accounts
from hubs.accounts.services import tokens as services
from hubs.language import _
from hubs.models import ApiToken, Membership, Organization, Role, User
from hubs.organizations import services as organizations
from hubs.organizations.forms.people import AccountForm, RoleForm
from hubs.organizations.pages.organizations import tabs
from hubs.pages.forms import tried

MOST = 100  # tokens listed, newest first


def _tokens(person: User) -> list[Any]:
    return list(person.tokens.filter(revoked_at=None).select_related("organization", "hub", "created_by")[:MOST])


def _make(person: User, by: User, form: TokenForm) -> dict[str, Any]:
    """Return the new token for this one response, or {} with errors in the form."""
    made = tried(form, services.create, person=person, by=by)
    return {"made": made[0], "made_text": made[1]} if made else {}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedIn) -> HttpResponse:
    """List the person's tokens; POST creates one, whose text is shown only in this response."""
    places = Organization.objects.visible_to(request.user).order_by("name")
    options: dict[str, Any] = {"staff": request.user.is_staff, "organizations": places}
    form = TokenForm(request.POST if request.method == "POST" else None, **options)
    made = _make(request.user, request.user, form) if form.is_bound else {}
    context = {"form": TokenForm(**options) if made else form, **made, "tokens": _tokens(request.user)}
    return render(request, "tokens/index.html", context, status=422 if form.is_bound and not made else 200)


@require_POST
def revoke(request: SignedIn, token: int) -> HttpResponse:
    """Revoke a token."""
    row = access.token(request.user, token)
    services.revoke(token=row, by=request.user)
    messages.success(request, _("Token “{name}” revoked.", name=row.name))
    if row.person.service_of:
        return redirect("service-account", slug=row.person.service_of.slug, username=row.person.username)
    return redirect("tokens")


@require_POST
def take_over(request: SignedIn, token: int) -> HttpResponse:
    """Take over a service account's token, so that it ends with the role of this person, not of its creator."""
    row = access.token(request.user, token)
    services.take_over(token=row, by=request.user)
    done = _("You took over “{name}”. Replace it soon: the person who created it may know it.", name=row.name)
    messages.success(request, done)
    if row.person.service_of is None:  # take_over raises Conflict then
        return redirect("tokens")
    return redirect("service-account", slug=row.person.service_of.slug, username=row.person.username)


@require_http_methods(["GET", "HEAD", "POST"])
def accounts(request: SignedIn, slug: str) -> HttpResponse:
    """List service accounts; POST creates one."""
    organization = access.organization(request.user, slug, Permission.PEOPLE)
    owners = access.offers(request.user, organization, Role.OWNER)
    form = AccountForm(request.POST if request.method == "POST" else None, may_make_owners=owners)
    if row := tried(form, service_accounts.create, organization=organization, by=request.user):
        done = _("Service account {name} created. Now create a token for it.", name=row.name)
        messages.success(request, done)
        return redirect("service-account", slug=slug, username=row.username)
    usable = Prefetch("tokens", ApiToken.objects.live(timezone.now()))
    rows = organization.service_accounts.filter(is_active=True).prefetch_related("memberships", usable)
    context = {"organization": organization, "tabs": tabs(request, organization, "service-accounts"), "form": form,
               "accounts": rows.order_by("username")}  # fmt: skip
    return render(request, "tokens/accounts.html", context, status=422 if form.is_bound else 200)


def _role(request: SignedIn, place: Organization, row: Membership) -> tuple[RoleForm, HttpResponse | None]:
    """Return the form of a service account's role, and the response if its role was changed."""
    owners = access.offers(request.user, place, Role.OWNER)
    form = RoleForm(
        request.POST if "role" in request.POST else None, may_make_owners=owners, initial={"role": row.role}
    )
    if not form.is_valid():
        return form, None
    changed = organizations.change_role(membership=row, by=request.user, role=form.cleaned_data["role"])
    done = _("The role of {name} is now {role}.", name=row.user.name, role=changed.get_role_display())
    messages.success(request, done)
    return form, redirect("service-account", place.slug, row.user.username)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: SignedIn, slug: str, username: str) -> HttpResponse:
    """A service account and its tokens; POST creates a token, or removes the account if its name is typed."""
    row = access.service_account(request.user, slug, username)
    context: dict[str, Any] = {"account": row, "organization": row.service_of, "role": row.memberships.first()}
    role = context["role"].role if context["role"] else ""
    if role and access.offers(request.user, context["organization"], role):
        context["role_form"], answer = _role(request, context["organization"], context["role"])
        if answer:
            return answer
    removing = "confirm" in request.POST
    making = request.method == "POST" and not removing and "role" not in request.POST
    if removing and request.POST["confirm"].strip() == row.name:
        service_accounts.remove(account=row, by=request.user)
        messages.success(request, _("Service account {name} removed. Its tokens no longer work.", name=row.name))
        return redirect("service-accounts", slug)
    form = TokenForm(request.POST if making else None, staff=False, role=role)
    made = _make(row, request.user, form) if form.is_bound else {}
    wrong = _("Type {name} to confirm that you mean this account.", name=row.name) if removing else ""
    context |= {
        "form": TokenForm(staff=False, role=role) if made else form,
        **made,
        "tokens": _tokens(row),
        "error": wrong,
    }
    refused = removing or (making and not made) or ("role_form" in context and context["role_form"].errors)
    status = 422 if refused else 200
    return render(request, "tokens/account.html", context, status=status)
