"""Search institutions by name while typing."""

from django.http import JsonResponse
from django.views.decorators.http import require_GET

from hubs.access import SignedIn
from hubs.requests.services.institutions import find


@require_GET
def search(request: SignedIn) -> JsonResponse:
    found = find(request.GET.get("q", "")[:200])
    return JsonResponse({"found": [{"id": one.entity_id, "name": one.name} for one in found]})
