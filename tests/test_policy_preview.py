"""What other limits would have decided about the last requests: numbers and reasons, with nothing saved."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hubs.hub.services import hubs as hub_services
from hubs.limits.queries.policy_preview import LAST, preview
from hubs.models import AuditEvent, ChangeRequest, Hub, Organization
from hubs.organizations.forms.organizations import LimitsForm
from hubs.requests.services import requests
from tests.pages import read

pytestmark = pytest.mark.django_db
MEMORY, HEADS = "singleuser.memory.limit", "about.heads"


def text(response):
    return read(response)


@pytest.fixture
def sent(ask, ines, river):
    """Ines' sent requests: three small ones (approved), one of 3 GiB a person and one for 80 people (in review)."""
    asked = [("one", {}), ("two", {}), ("three", {}), ("four", {MEMORY: "3"}), ("five", {HEADS: "80"})]
    rows = [requests.submit(request=ask(ines, river, slug=slug, **texts), by=ines) for slug, texts in asked]
    assert [row.state for row in rows] == ["approved"] * 3 + ["submitted"] * 2
    return {row.slug: row for row in rows}


def numbers(found):
    return found.looked_at, found.now, found.then


def differing(found):
    return {one.request.slug: one.alone_now for one in found.differing}


@pytest.fixture
def of(river):
    def look(**values):
        return preview(Organization.objects.get(pk=river.pk), values)

    return look


def test_the_same_limits_make_no_difference(sent, of):
    found = of()
    assert (numbers(found), found.differing) == ((5, 3, 3), ())


def test_more_memory_a_person_would_have_approved_one_more(sent, of):
    found = of(memory_per_user_mib=4096)
    assert numbers(found) == (5, 3, 4)
    assert differing(found) == {"four": False}
    assert found.differing[0].reasons == ("Memory per person: 3 GiB is above the limit of River University (2 GiB).",)


def test_lower_limits_would_have_stopped_approved_requests_with_reasons(sent, of):
    found = of(memory_per_user_mib=512, users_per_hub=100)
    assert numbers(found) == (5, 3, 0)
    assert differing(found) == {"one": True, "two": True, "three": True}
    assert found.differing[0].reasons == ("Memory per person: 1 GiB is above the limit of River University (512 MiB).",)


def test_both_ways_at_once(sent, of):
    """80 people fit, and a hub of 30 no longer fits beside two others of 30 GiB."""
    found = of(users_per_hub=80, total_memory_mib=89 * 1024)
    assert numbers(found) == (5, 3, 0), "80 people need 80 GiB, which do not fit beside the other three"
    found = of(users_per_hub=80, total_memory_mib=90 * 1024)
    assert numbers(found) == (5, 3, 3)
    found = of(users_per_hub=80, total_memory_mib=170 * 1024)
    assert numbers(found) == (5, 3, 4)
    assert differing(found) == {"five": False}


def test_the_policy_counts_too(sent, of):
    found = of(auto_approve=False)
    assert numbers(found) == (5, 3, 0)
    assert found.differing[0].reasons == ("All requests of River University need review.",)


def test_hubs_without_sign_in(ask, ines, river, of):
    row = requests.submit(request=ask(ines, river, **{"signIn.method": "tmp"}), by=ines)
    assert row.state == "submitted"
    assert differing(of(allow_temporary_users=True)) == {row.slug: False}


def test_a_hub_does_not_count_against_itself(sent, of):
    """Three hubs exist: with a limit of three, each fits beside the other two, and no other hub does."""
    assert numbers(of(hubs=3, memory_per_user_mib=4096, users_per_hub=80)) == (5, 3, 3)
    Hub.objects.filter(slug="one").update(desired_state=Hub.Desired.RETIRED)
    assert numbers(of(hubs=3, memory_per_user_mib=4096, users_per_hub=80)) == (5, 3, 5), "two hubs are left"


def test_a_change_is_assessed_by_what_it_added(sent, ines, stan, of):
    """From 30 to 45 people in a hub of 1 GiB each: 15 GiB more, beside the 60 GiB of the other two."""
    hub = Hub.objects.get(slug="one")
    change = requests.begin_change(reason="For the course.", hub=hub, by=ines)
    change = requests.submit(request=requests.save(request=change, by=ines, values={HEADS: "45"}), by=ines)
    assert change.state == "approved"
    found = of(total_memory_mib=104 * 1024)
    assert ("one", True) in [
        (one.request.slug, one.alone_now) for one in found.differing if one.request.kind == "change"
    ]
    found = of(total_memory_mib=105 * 1024)
    assert not [one for one in found.differing if one.request.kind == "change"]
    found = of(users_per_hub=40)
    assert [one.request.kind for one in found.differing if one.alone_now] == ["change"]


def test_only_sent_requests_for_hubs_count_and_the_last_fifty_of_them(sent, ask, ines, river, zoe, lake, of):
    ask(ines, river, slug="draft")
    hub_services.retire(hub=Hub.objects.get(slug="three"), by=ines, typed="three")
    requests.submit(request=ask(zoe, lake, slug="theirs"), by=zoe)
    assert of().looked_at == 5
    row, now = sent["one"], timezone.now()
    ChangeRequest.objects.bulk_create(
        ChangeRequest(
            organization=river, kind="create", requester=ines, state="rejected", slug=f"s-{n}", title=f"Old {n}",
            spec_data=row.spec_data, submitted_at=now - timedelta(days=n + 1),
        )
        for n in range(60)
    )  # fmt: skip
    found = of(memory_per_user_mib=512)
    assert (found.looked_at, LAST) == (50, 50)
    assert found.differing[-1].request.title == "Old 44", "the oldest are left out"


def test_queries_are_as_many_for_five_as_for_fifty(sent, river, ines, of, django_assert_num_queries):
    with django_assert_num_queries(4):
        of(memory_per_user_mib=512)
    row = sent["one"]
    ChangeRequest.objects.bulk_create(
        ChangeRequest(
            organization=river, kind="change", hub=row.hub, base_revision=row.hub.revision, requester=ines,
            state="rejected", spec_data=sent["five"].spec_data, submitted_at=timezone.now(),
        )
        for _ in range(45)
    )  # fmt: skip
    with django_assert_num_queries(4):
        assert of(memory_per_user_mib=512).looked_at == 50


# --- the page -------------------------------------------------------------------------------------------------------


def typed(river, **values):
    return {**{k: v for k, v in LimitsForm.initial_of(river).items() if v is not False}, **values}


def post(client, river, data, **more):
    return client.post(reverse("organization-limits-preview", args=[river.slug]), data, **more)


def test_the_preview_saves_nothing_and_keeps_what_was_typed(as_, stan, river, sent):
    before = Organization.objects.values().get(pk=river.pk)
    page = text(post(as_(stan), river, typed(river, memory_per_user="4")))
    assert "<strong>4 of 5</strong> would have been approved automatically" in page
    assert "With the current limits it is <strong>3</strong>" in page
    assert '<td data-label="Why">Memory per person: 3 GiB is above the limit of River University (2 GiB).</td>' in page
    assert "hubs that River University has today" in page
    assert 'name="memory_per_user" value="4"' in page
    assert f'action="{reverse("organization-limits", args=["river"])}"' in page, "saving saves"
    assert Organization.objects.values().get(pk=river.pk) == before
    assert not AuditEvent.objects.filter(verb="organization.limits").exists()


def test_htmx_gets_the_panel_alone(as_, stan, river, sent):
    htmx = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "policy-preview"}
    part = text(post(as_(stan), river, typed(river), **htmx))
    assert part.strip().startswith("<section")
    assert "<strong>3 of 5</strong>" in part
    assert "the same as with the current limits" in part
    part = post(as_(stan), river, typed(river, hubs="many"), **htmx)
    assert part.status_code == 200
    assert "Correct the limits first" in text(part)


def test_an_invalid_limit_is_reported_beside_its_field(as_, stan, river, sent):
    answer = post(as_(stan), river, typed(river, memory_per_user="lots"))
    assert answer.status_code == 422
    assert "Enter a number." in text(answer)
    assert "Correct the limits first" in text(answer)


def test_an_organisation_without_requests(as_, stan, lake):
    assert "No requests yet." in text(post(as_(stan), lake, typed(lake)))


def test_the_page_of_limits_offers_it_to_staff(as_, stan, ada, river):
    address = reverse("organization-limits", args=["river"])
    assert "Effect on recent requests" in text(as_(stan).get(address))
    assert "Effect on recent requests" not in text(as_(ada).get(address))


@pytest.mark.parametrize(("who", "status"), [("ada", 403), ("omar", 403), ("mia", 403), ("zoe", 404), (None, 302)])
def test_for_staff_only(as_, cast, river, sent, who, status):
    answer = post(as_(cast[who] if who else None), river, typed(river))
    assert answer.status_code == status
    assert "would have been approved" not in text(answer)
    assert as_(cast["stan"]).get(reverse("organization-limits-preview", args=["river"])).status_code == 405
