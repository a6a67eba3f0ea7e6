"""Service accounts are not people: no list of people includes one, whatever its role. A user name that does not exist
is reported wherever limits are set."""

import base64
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hubs.accounts.services import service_accounts
from hubs.errors import Conflict, Invalid
from hubs.models import AuditEvent, Event, Hub, HubSecret, Membership, Role, RosterEntry, User
from hubs.notify.queries.recipients import Scene
from hubs.notify.rules.audience import Who
from hubs.organizations import services as organizations
from hubs.requests.queries.addresses import check_people
from hubs.roster.queries import people as hub_people
from hubs.roster.services import roster
from hubs.spec.hub_secrets import OAUTH as SECRET
from hubs.user_limits.forms.file import HEADINGS, lines_of
from hubs.user_limits.services import rules as user_limits
from hubs.user_limits.services.file import bring
from hubs.user_limits.services.rules import Wanted
from portal.signin.oidc import helpers

from .callers import caller, errors

pytestmark = pytest.mark.django_db
HEAD = ",".join(HEADINGS) + "\n"
ROBOT = "svc-river-robot"


@pytest.fixture(params=Role.values)
def robot(request, ada, river, ready_hub):
    """A service account of each role, which even created the hub."""
    row = service_accounts.create(organization=river, by=ada, name="robot", role=request.param)
    assert row.username == ROBOT
    return row


PAGES = ["people", "organization", "organization-list", "invite"]


def test_no_page_lists_it_among_people(as_, robot, ada, omar, ines, river, ready_hub):
    for user in (ada, omar):
        client = as_(user)
        for name in PAGES:
            page = client.get(reverse(name, args=[] if name == "organization-list" else ["river"])).content.decode()
            assert ROBOT not in page, name
        for name in ("hub-people", "hub-limits", "hub-limit-new", "hub-limit-person"):
            assert ROBOT not in client.get(reverse(name, args=[ready_hub.uid])).content.decode(), name
    people = Membership.objects.filter(organization=river, user__service_of=None).count()
    page = as_(ada).get(reverse("organization-list")).content.decode()
    assert f"{people} members" in page
    assert (
        sum(number for _, number in as_(ada).get(reverse("organization", args=["river"])).context["people"]) == people
    )
    assert ROBOT in as_(ada).get(reverse("service-accounts", args=["river"])).content.decode(), "this is its page"


def test_no_answer_of_the_api_lists_it_among_people(robot, ada, river, ready_hub):
    call = caller(ada)
    for path in ("organizations/river/members/", f"hubs/{ready_hub.uid}/roster/", f"hubs/{ready_hub.uid}/limits/"):
        assert ROBOT not in call("GET", path).content.decode(), path
    assert ROBOT in call("GET", "organizations/river/service-accounts/").content.decode()


def test_it_can_not_be_chosen(robot, ada, omar, ines, river, ready_hub):
    assert ROBOT not in {user.username for user in roster.members(ready_hub)}
    assert ROBOT not in hub_people.directory(ready_hub).known
    with pytest.raises(Invalid, match="has the user name"):
        user_limits.make(hub=ready_hub, by=omar, kind="person", names=[ROBOT], wanted=Wanted({"cpu": 1}))
    lines, unread = lines_of(HEAD + f"person,{ROBOT},,1,,,,,\n", "UTC")
    with pytest.raises(Invalid) as caught:
        bring(hub=ready_hub, by=omar, lines=lines, unread=unread)
    assert ROBOT in caught.value.errors["file"][0]
    assert check_people([ROBOT], river)
    answer = caller(ines)("POST", f"hubs/{ready_hub.uid}/roster/", {"names": [ROBOT], "role": "user"})
    assert ROBOT not in str(list(RosterEntry.objects.values_list("user__username", flat=True))), answer.content


def test_it_is_never_a_contact_and_gets_no_notifications(robot, ada, ready_hub):
    Hub.objects.filter(pk=ready_hub.pk).update(created_by=robot)
    hub = Hub.objects.select_related("organization", "revision", "created_by").get(pk=ready_hub.pk)
    assert robot not in helpers(hub)
    event = Event.objects.create(type="hub.ready", subject="x", hub=hub.uid, data={"people": [ROBOT]})
    assert robot not in Scene.of(event).people(list(Who))


def test_it_can_not_be_the_only_owner(ada, river):
    """The last owner who is a person stays, even if a service account is owner, too; and the account can be removed."""
    script = service_accounts.create(organization=river, by=ada, name="boss", role="owner")
    last = Membership.objects.get(organization=river, user=ada)
    with pytest.raises(Conflict, match="at least one owner"):
        organizations.change_role(membership=last, by=ada, role="member")
    service_accounts.remove(account=script, by=ada)
    assert not User.objects.get(pk=script.pk).is_active


# --- unknown user names -----------------------------------------------------------------------------------------------


def asked_by_the_hub(client, hub, name):
    HubSecret.objects.update_or_create(hub=hub, name=SECRET, defaults={"value": "s" * 64})
    told = base64.b64encode(f"{hub.uid}:{'s' * 64}".encode()).decode()
    address = reverse("hubside:limits", args=[hub.uid])
    return client.get(address, {"user": name}, headers={"Authorization": f"Basic {told}"}).json()


@pytest.mark.parametrize(
    ("name", "nobody"),
    [
        ("mia", ""), ("MIA", ""), ("mia@river.example.edu", ""), ("waits@else.example", ""),
        ("mai", "No one in this hub or in River University has the user name “mai”."),
        ("zoe", "No one in this hub or in River University has the user name “zoe”."),
        (
            "mai@river.example.edu",
            "No one in this hub or in River University has the email address “mai@river.example.edu”.",
        ),
    ],
)  # fmt: skip
def test_page_api_and_hub_report_an_unknown_name(as_, client, omar, mia, zoe, ready_hub, name, nobody):
    RosterEntry.objects.create(hub=ready_hub, email="waits@else.example")
    page = as_(omar).get(reverse("hub-limit-person", args=[ready_hub.uid]), {"name": name}).content.decode()
    assert ('id="nobody"' in page) == bool(nobody)
    assert nobody in page
    assert caller(omar)("GET", f"hubs/{ready_hub.uid}/limits/person/?name={name}").json()["nobody"] == nobody
    assert asked_by_the_hub(client, ready_hub, name)["nobody"] == nobody
    assert hub_people.directory(ready_hub).nobody(name.lower()) == nobody, "a file reports the same"


def test_a_file_warns_of_unknown_addresses(as_, omar, mia, ready_hub):
    RosterEntry.objects.create(hub=ready_hub, email="waits@else.example")
    names = ("mia@river.example.edu", "waits@else.example", "miia@river.example.edu")
    rows = "".join(f"person,{name},1,,,,,,\n" for name in names)
    warning = (
        "Line 4: No one in this hub or in River University has the email address “miia@river.example.edu”. Check the "
        "spelling. The rule applies once such a person signs in."
    )
    for verb in ({}, {"do": "apply"}):
        body = {"text": HEAD + rows, **verb}
        page = as_(omar).post(reverse("hub-limit-file", args=[ready_hub.uid]), body, follow=True)
        assert page.content.decode().count("No one in this hub") == 1
        assert warning in page.content.decode()
    sent = caller(omar)("PUT", f"hubs/{ready_hub.uid}/limits/table/", {"text": HEAD + rows}).json()
    assert (sent["same"], sent["warnings"]) == (3, [warning])


def test_all_errors_of_a_file_are_reported_at_once(as_, omar, mia, ready_hub):
    rows = (
        "person,mia,much,,,,,31.1.2030,\nperson,nobody-here,1,,,,,,\ngroup,no-group,1,,,,,,\nperson,mia,900,,,,,,\n"
        'person,nobody-either,x,,,,,,\nperson,mia,,,,,,,\nperson,mia,1,,,,,2001-01-01,\nperson,mia,1,"x\n'
    )
    wrong = errors(caller(omar)("PUT", f"hubs/{ready_hub.uid}/limits/table/", {"text": HEAD + rows}))["file"]
    assert [one.partition(":")[0] for one in wrong] == [f"Line {n}" for n in (2, 2, 3, 4, 5, 6, 6, 7, 8, 9)]
    assert "above the limit of River University" in wrong[4]
    page = as_(omar).post(reverse("hub-limit-file", args=[ready_hub.uid]), {"text": HEAD + rows})
    assert page.status_code == 422
    for sentence in wrong:
        assert sentence.split("“")[0] in page.content.decode().replace("&quot;", '"').replace("&#x27;", "'")
    assert not ready_hub.user_limits.exists()
    assert not AuditEvent.objects.filter(verb="limit.import").exists()


def test_a_last_day_of_a_file_ends_at_the_organisations_midnight(omar, mia, river, ready_hub):
    river.time_zone = "Asia/Tokyo"
    river.save()
    day = (timezone.now() + timedelta(days=20)).date().isoformat()
    caller(omar)("PUT", f"hubs/{ready_hub.uid}/limits/table/", {"text": HEAD + f"person,mia,1,,,,,{day},\n"})
    [rule] = ready_hub.user_limits.all()
    assert rule.until.isoformat() == f"{day}T15:00:00+00:00"
    assert f",{day}," in caller(omar)("GET", f"hubs/{ready_hub.uid}/limits/table/").content.decode()
