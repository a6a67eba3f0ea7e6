"""An organisation's admin changes user limits within the organisation limits; above them, staff get a request."""

import pytest
from django.urls import reverse

from hubs.models import AuditEvent, ChangeRequest, Hub, Organization
from provisioning import timeline
from tests.words import ABOVE_LIMITS, STORAGE_LABEL

pytestmark = pytest.mark.django_db
MEMORY = "singleuser.memory.limit"


@pytest.fixture
def address(ready_hub):
    return reverse("hub-limits", args=[ready_hub.uid])


def text(response):
    return response.content.decode()


def test_the_page_shows_each_user_limit_beside_the_organisation_limit(as_, omar, address):
    page = text(as_(omar).get(address))
    for words in (
        "Memory per person",
        "River University allows up to 2 GiB",
        "Maximum running servers",
        "Idle timeout",
    ):
        assert words in page
    assert page.count("Limits are not enforced on this machine") == 1, "one note, not one for each field"
    assert "does not enforce" not in page
    assert "Remove it" not in page, "what is stored has no effect, but is not theirs to remove"
    assert STORAGE_LABEL not in page, "homes are folders there"
    assert "Changes apply the next time a server starts." in page
    assert "Total memory" in page
    assert "data-when" not in page, "no field depends on an answer that this page lacks"


@pytest.mark.parametrize("who", ["omar", "ada", "stan"])
def test_a_change_within_the_limits_is_made_at_once(who, as_, cast, address, ready_hub):
    response = as_(cast[who]).post(address, {MEMORY: "2", "cull.timeout": "30"}, follow=True)
    assert response.status_code == 200
    assert "They apply to the next server that starts." in text(response)
    ready_hub.refresh_from_db()
    assert ready_hub.spec.singleuser.memory.limit == "2G"
    assert ready_hub.spec.cull.timeout == 1800
    assert ready_hub.status == "updating"
    assert ready_hub.generation == 2
    run = timeline.open_run(Hub.objects.get(pk=ready_hub.pk))
    assert "Memory per person: 1 GiB → 2 GiB" in run.note, "the activity shows what it did"
    assert "Memory per person: 1 GiB → 2 GiB" in text(as_(cast[who]).get(reverse("hub", args=[ready_hub.uid])))
    assert AuditEvent.objects.filter(verb="hub.change", actor=who, hub=ready_hub.uid).exists()


def test_fields_that_are_not_sent_stay(as_, omar, address, ready_hub):
    as_(omar).post(address, {MEMORY: "1.5"})
    before = ready_hub.spec
    ready_hub.refresh_from_db()
    assert ready_hub.spec.singleuser.cpu == before.singleuser.cpu
    assert ready_hub.spec.about == before.about


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        (MEMORY, "much", "Enter a number of GiB"),
        (MEMORY, "-1", "Enter a number of GiB"),
        (MEMORY, "nan", "Enter a number of GiB"),
        (MEMORY, "\x00", "Enter a number of GiB"),
        ("singleuser.memory.guarantee", "1.9", "more than the memory per person"),
        ("singleuser.cpu.limit", "two", "Enter a number"),
        ("hub.activeServerLimit", "1.5", "Enter a whole number"),
        ("hub.activeServerLimit", "0", "at least 1"),
        ("cull.timeout", "0", "at least"),
    ],
)
def test_invalid_values_are_reported_beside_the_field_and_kept(field, typed, words, as_, omar, address, ready_hub):
    response = as_(omar).post(address, {field: typed, "cull.every": "1"})
    assert response.status_code == 422
    page = text(response)
    assert words in page
    assert ABOVE_LIMITS not in page, "staff can't help with nonsense"
    if typed.isprintable():
        assert f'value="{typed}"' in page
    ready_hub.refresh_from_db()
    assert ready_hub.revision.number == 1
    assert not ChangeRequest.objects.filter(kind="change").exists()


def test_the_same_again_changes_nothing_and_says_so(as_, omar, address, ready_hub):
    response = as_(omar).post(address, {MEMORY: "1"})
    assert response.status_code == 422
    assert "Nothing would change" in text(response)
    assert ready_hub.revisions.count() == 1
    assert not ChangeRequest.objects.filter(kind="change").exists()


@pytest.mark.parametrize(
    ("field", "typed"), [(MEMORY, "4"), ("singleuser.storage.capacity", "100"), ("hub.activeServerLimit", "51")]
)
def test_above_the_limits_a_request_to_staff_is_filled_in(in_cluster, field, typed, as_, omar, address, ready_hub):
    client = as_(omar)
    response = client.post(address, {field: typed})
    assert response.status_code == 422
    page = text(response)
    assert "above the limit of River University" in page
    assert "Request higher limits" in page
    assert f'value="{typed}"' in page
    ready_hub.refresh_from_db()
    assert ready_hub.revision.number == 1

    response = client.post(address, {field: typed, "verb": "ask"})
    row = ChangeRequest.objects.get(kind="change")
    assert response["Location"] == reverse("request-review", args=[row.uid])
    assert (row.state, row.requester, row.hub) == ("draft", omar, ready_hub)
    assert row.draft[field] == typed
    assert 'name="reason"' in text(client.get(response["Location"]))


def test_all_seats_together_count_too(as_, omar, address, ready_hub, river):
    Organization.objects.filter(pk=river.pk).update(total_memory_mib=40 * 1024)  # 30 people of 1 GiB use it
    response = as_(omar).post(address, {MEMORY: "2"})
    assert response.status_code == 422
    adds = "this adds 30 GiB (30 people × 1 GiB more each). With 30 GiB already allocated, the total of 60 GiB"
    assert f"Total memory: {adds} is above the limit of 40 GiB" in text(response)
    assert "Request higher limits" in text(response)


def test_only_user_limits_can_be_changed_here(as_, omar, address, ready_hub):
    as_(omar).post(address, {MEMORY: "2", "about.title": "Stolen", "singleuser.image.name": "evil/image"})
    ready_hub.refresh_from_db()
    assert ready_hub.title == "Statistics 101"
    assert ready_hub.spec.singleuser.image.name != "evil/image"
    assert ready_hub.spec.singleuser.memory.limit == "2G"


@pytest.mark.parametrize(("who", "status"), [("ines", 403), ("mia", 403), ("zoe", 404), (None, 302)])
def test_other_roles_may_not(who, status, as_, cast, address, ready_hub):
    client = as_(cast[who] if who else None)
    assert client.get(address).status_code == status
    assert client.post(address, {MEMORY: "2"}).status_code == status
    assert client.post(address, {MEMORY: "4", "verb": "ask"}).status_code == status
    ready_hub.refresh_from_db()
    assert ready_hub.revision.number == 1
    assert not ChangeRequest.objects.filter(kind="change").exists()


def test_wrong_method_and_a_retired_hub(as_, omar, address, ready_hub):
    assert as_(omar).put(address).status_code == 405
    Hub.objects.filter(pk=ready_hub.pk).update(desired_state="retired", status="retiring")
    response = as_(omar).post(address, {MEMORY: "2"})
    assert response.status_code == 409
    assert "This hub is retired" in text(response)
