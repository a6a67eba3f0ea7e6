"""What a hub requests before it starts a person's server: their limits and groups. The hub authenticates with its
client secret for the portal's sign-in; sessions are not accepted here."""

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
    """Return {"limits": {measure: [[value, the moment it ends or null], ...]}, "groups": [name, ...], "nobody": ""}.
    Values are consecutive; see user_limits.rules.schedule. For a missing measure, the hub's default applies. Groups are
    those of the hub's list, never role groups. "nobody" is a sentence if the portal knows no one with this name;
    what applies to everyone applies to them."""
    name = request.GET.get("user", "")
    if not is_name(name):
        return problem(400, "The parameter “user” is missing or not valid")
    hub = Hub.objects.select_related("organization", "revision").alive().filter(uid=uid).first()
    if hub is None:
        return problem(404, "This hub is retired")
    now = timezone.now()
    rules = [rule.as_rule() for rule in hub.user_limits.counting(now)]
    person = people_of(hub, [name])[name]
    steps = schedule(rules, person, now) if rules else {}
    said = {measure: [[value, end and end.isoformat()] for value, end in each] for measure, each in steps.items()}
    return JsonResponse({"limits": said, "groups": on_list(person), "nobody": nobody(hub, name)})
