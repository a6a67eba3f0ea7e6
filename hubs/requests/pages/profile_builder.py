"""Requests of the profile builder while editing: parse a text, and sizes for a node. Nothing is saved."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.requests.forms.forecast import Forecast
from hubs.requests.forms.profile_builder import LadderForm, second_looks
from hubs.spec.ladder import GIB
from hubs.spec.profile_outline import as_builder
from hubs.spec.yaml_text import LARGEST


@require_POST
def read(request: SignedIn) -> HttpResponse:
    """Return a text in the builder's format and its errors; or, 422, why it can't be parsed. ?request=UID gives the hub
    whose groups are checked."""
    asked = request.GET.get("request")
    about = Forecast(access.request(request.user, asked, Permission.OPERATE)) if asked else None
    text = request.POST.get("text", "")[: LARGEST + 1].replace("\r\n", "\n")
    found = as_builder(text, about.group_warnings if about else second_looks)
    return JsonResponse(found, status=422 if "wrong" in found else 200)


@require_GET
def sizes(request: SignedIn) -> HttpResponse:
    """Return the sizes that fill a node, smallest first; or, 422, errors by field."""
    form = LadderForm(request.GET)
    if not form.is_valid():
        return JsonResponse(
            {"errors": {name: " ".join(map(str, said)) for name, said in form.errors.items()}}, status=422
        )
    memory, cores = form.reserved
    return JsonResponse(
        {
            "reserved_memory": round(memory / GIB, 2),
            "reserved_cores": cores,
            "rungs": [
                {"servers": r.servers, "key": r.key, "name": r.name, "override": r.override()} for r in form.rungs
            ],
        }
    )
