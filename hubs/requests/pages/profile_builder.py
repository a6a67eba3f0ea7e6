"""What the profile builder asks while somebody edits: read a text again, and sizes from a node. Nothing is kept."""

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
    """A text as the builder edits it, and what is wrong with it; or, 422, why it can't be read. ?request=UID says for
    which hub it is: whose groups are on its list."""
    asked = request.GET.get("request")
    about = Forecast(access.request(request.user, asked, Permission.OPERATE)) if asked else None
    text = request.POST.get("text", "")[: LARGEST + 1].replace("\r\n", "\n")
    found = as_builder(text, about.group_warnings if about else second_looks)
    return JsonResponse(found, status=422 if "wrong" in found else 200)


@require_GET
def sizes(request: SignedIn) -> HttpResponse:
    """The ladder of sizes that fill a node, smallest first; or, 422, what is wrong by field."""
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
