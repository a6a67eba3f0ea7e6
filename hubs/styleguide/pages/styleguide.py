"""/styleguide/: every component in each of its states, with made-up data. For staff, and for screenshots."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hubs import access
from hubs.models import User

from . import samples


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    access.staff(cast(User, request.user))  # guaranteed by LoginRequiredMiddleware
    return render(request, "styleguide.html", {**samples.words(), **samples.rows(), **samples.forms_shown()})
