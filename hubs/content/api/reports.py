"""Reports by hubs: whether the hub's repository could be copied into a person's home directory."""

import json
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hubs.api.by_hub import by_the_hub, is_name, problem
from hubs.content.services import clones
from hubs.live.counting import counters
from hubs.live.rate_limit import key_of
from hubs.models import Hub

LARGEST = 32 * 1024  # bytes of a report
MOST, WINDOW = 1000, 60  # reports of one hub per WINDOW seconds: two classes of 500 start at once
LONGEST_WORD = 1000  # characters of the repository, the branch and the folder


def _read(body: bytes) -> dict[str, Any]:
    """Return the report, or {} if it is invalid."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(said, dict):
        return {}
    status, content = said.get("status"), said.get("content")
    right = (
        is_name(said.get("user")) and said["user"].isprintable()
        and type(status) is int and 0 <= status <= 255 and isinstance(said.get("said"), str)
        and isinstance(content, list) and len(content) == 3
        and all(isinstance(word, str) and len(word) <= LONGEST_WORD for word in content)
    )  # fmt: skip
    return said if right else {}


@csrf_exempt
@require_POST
@by_the_hub
def report(request: HttpRequest, uid: str) -> JsonResponse:
    """{"user", "status" (exit status of the command), "said" (git's words), "content": [repository, branch, folder]}
    -> {"kept": false} if it is about another repository than the hub's, or a person unknown to the hub."""
    counted, left = counters.add(key_of("material", uid), WINDOW)
    if counted > MOST:
        return problem(429, "Too many reports", **{"Retry-After": str(left)})
    said = _read(request.body) if len(request.body) <= LARGEST else {}
    if not said:
        return problem(400, "This is not a valid report")
    hub = Hub.objects.select_related("organization", "revision").alive().filter(uid=uid).first()
    if hub is None:
        return problem(404, "This hub is retired")
    kept = clones.heard(
        hub=hub, person=said["user"], status=said["status"], said=said["said"], content=said["content"],
        now=timezone.now(),
    )  # fmt: skip
    return JsonResponse({"kept": kept})
