"""Pages where staff add clusters, check them, and replace their credentials. They never show secrets."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hubs import access, crypto
from hubs.access import SignedIn
from hubs.clusters import queries as operations
from hubs.clusters.forms.clusters import (
    CredentialsForm,
    MachineForm,
    NewClusterForm,
    NewMachineForm,
    SettingsForm,
    form_of,
)
from hubs.clusters.services import clusters as services
from hubs.errors import Conflict, Invalid
from hubs.language import _
from hubs.models import Cluster, Hub
from hubs.pages.forms import tried

KEPT = "kubeconfig"  # in the session, encrypted: what was entered in a form that has other errors
LIVING = ~Q(hubs__desired_state=Hub.Desired.RETIRED)


@require_safe
def index(request: SignedIn) -> HttpResponse:
    access.staff(request.user)
    rows = Cluster.objects.annotate(
        living=Count("hubs", filter=LIVING, distinct=True), partners=Count("organizations", distinct=True)
    ).order_by("name", "pk")
    return render(request, "clusters/index.html", {"clusters": rows})


@require_safe
def show(request: SignedIn, cluster: str) -> HttpResponse:
    row = access.cluster(request.user, cluster)
    # Failures first, then notes. What is not checked periodically says what it is at the moment.
    lines = row.check_findings if row.can.checked else [vars(finding) for finding in operations.check(row)]
    findings = sorted(lines, key=lambda finding: {False: 0, None: 1}.get(finding["ok"], 2))
    organizations = row.organizations.order_by("name")
    context = {
        "cluster": row,
        "findings": findings,
        "hubs": row.hubs.alive().count(),
        "allocated": row.hubs.alive().aggregate(sum=Sum("memory_mib"))["sum"] or 0,
        "organizations": organizations[:20],
        "organization_count": organizations.count(),
        "unused": not row.hubs.exists() and not organizations.exists(),
    }
    return render(request, "clusters/show.html", context)


@never_cache
@sensitive_post_parameters("kubeconfig")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn) -> HttpResponse:
    access.staff(request.user)
    kept = crypto.unsealed(request.session.pop(KEPT, ""))
    if request.method != "POST":
        initial = {**SettingsForm.initial_of(), "where": "kubeconfig"}
        return render(request, "clusters/new.html", {"form": NewClusterForm(initial=initial)})
    form = NewClusterForm(request.POST, request.FILES)
    form.kept = kept
    if row := tried(form, services.create, form.given, by=request.user):
        return _checked(request, row)
    form.kept = "" if {"where", "file", "kubeconfig"} & set(form.errors) else form.text()
    if form.kept:
        request.session[KEPT] = crypto.sealed(form.kept)
    return render(request, "clusters/new.html", {"form": form.without_secrets()}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def new_machine(request: SignedIn) -> HttpResponse:
    access.staff(request.user)
    form = NewMachineForm(request.POST or None, initial=MachineForm.initial_of())
    if row := tried(form, services.create_machine, by=request.user):
        messages.success(request, _("{name} was added. Choose it when you create an organisation.", name=row.name))
        return redirect("cluster", row.slug)
    return render(request, "clusters/new_machine.html", {"form": form}, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedIn, cluster: str) -> HttpResponse:
    row = access.cluster(request.user, cluster)
    kind: Any = form_of(row)
    form = kind(request.POST or None, initial=kind.initial_of(row))
    if tried(form, services.change, lambda: {"values": form.cleaned_data}, cluster=row, by=request.user):
        if row.can.checked:
            return _checked(request, row)
        messages.success(request, _("Saved."))
        return redirect("cluster", cluster)
    status = 422 if request.method == "POST" else 200
    return render(request, "clusters/edit.html", {"cluster": row, "form": form}, status=status)


@never_cache
@sensitive_post_parameters("kubeconfig")
@require_http_methods(["GET", "HEAD", "POST"])
def credentials(request: SignedIn, cluster: str) -> HttpResponse:
    row = access.cluster(request.user, cluster)
    if not row.can.credentials:
        raise Conflict(_("This is not a Kubernetes cluster, so it has no credentials."))
    if request.method != "POST":
        return render(request, "clusters/credentials.html", {"cluster": row, "form": CredentialsForm()})
    form = CredentialsForm(request.POST, request.FILES)
    given = lambda: {"kubeconfig": form.text()}  # noqa: E731
    if tried(form, services.replace_credentials, given, cluster=row, by=request.user):
        return _checked(request, row)
    context = {"cluster": row, "form": form.without_secrets()}
    return render(request, "clusters/credentials.html", context, status=422)


@require_POST
def check(request: SignedIn, cluster: str) -> HttpResponse:
    return _checked(request, access.cluster(request.user, cluster))


def _checked(request: SignedIn, row: Cluster) -> HttpResponse:
    """Check the cluster. A message says that it succeeded; the cluster's page says what failed."""
    row = services.check(cluster=row, by=request.user)
    if row.healthy:
        messages.success(request, _("The check of {name} succeeded. Hubs can run there.", name=row.name))
    return redirect("cluster", row.slug)


@require_POST
def set_open(request: SignedIn, cluster: str) -> HttpResponse:
    """`open`: 1 opens, everything else closes."""
    row = access.cluster(request.user, cluster)
    row = services.set_open(cluster=row, by=request.user, open=request.POST.get("open") == "1")
    closed = _("No new hubs are created there. Existing hubs keep running.")
    messages.success(request, _("New hubs can be created there.") if row.open else closed)
    return redirect("cluster", row.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: SignedIn, cluster: str) -> HttpResponse:
    row = access.cluster(request.user, cluster)
    error = ""
    if request.method == "POST":
        try:
            services.delete(cluster=row, by=request.user, typed=request.POST.get("confirm", ""))
            removed = _("{name} was removed from the portal. Nothing was changed in the cluster.", name=row.name)
            messages.success(request, removed)
            return redirect("cluster-list")
        except Invalid as wrong:
            error = wrong.message
    context = {"cluster": row, "error": error}
    return render(request, "clusters/delete.html", context, status=422 if error else 200)
