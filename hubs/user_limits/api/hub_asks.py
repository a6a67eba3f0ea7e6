"""What a hub asks before it starts somebody's server: what may this person use, and in which groups are they? The hub
signs in as itself, with the secret that it has for the portal's sign-in; a session counts for nothing here."""

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs.api.by_hub import by_the_hub, is_name, problem
from hubs.models import Hub
from hubs.roster.queries.people import nobody, on_list, people_of
from hubs.user_limits.rules import schedule


@require_safe
@by_the_hub
def limits_of_person(request: HttpRequest, uid: str) -> JsonResponse:
    """{"limits": {measure: [[value, the moment it ends or null], ...]}, "groups": [name, ...]}. Values come one after
    another; see person_limits.schedule. A measure that is missing is as the hub has it for everybody. Groups are those
    of the hub's list, never those of roles. "nobody" says so when the portal knows nobody of this name; they get what
    everybody gets."""
    name = request.GET.get("user", "")
    if not is_name(name):
        return problem(400, "Say which user")
    hub = Hub.objects.select_related("organization", "revision").alive().filter(uid=uid).first()
    if hub is None:
        return problem(404, "This hub was retired")
    now = timezone.now()
    rules = [rule.as_rule() for rule in hub.user_limits.counting(now)]
    person = people_of(hub, [name])[name]
    steps = schedule(rules, person, now) if rules else {}
    said = {measure: [[value, end and end.isoformat()] for value, end in each] for measure, each in steps.items()}
    return JsonResponse({"limits": said, "groups": on_list(person), "nobody": nobody(hub, name)})
