"""Staff review a request: reasons as they are now, what an approval does, adjusted numbers with their total, and what
the requester reads afterwards."""

import pytest
from django.urls import reverse
from django.utils import timezone

from hubs.errors import Invalid
from hubs.models import CatalogueImage, Hub, Notification, Organization
from hubs.requests.services import decisions, other_numbers
from hubs.requests.services import requests as services
from hubs.webhooks.services import dispatch
from tests.pages import read
from tests.words import PEOPLE_COUNT, TOTAL_MEMORY

pytestmark = pytest.mark.django_db
MEMORY, GUARANTEE = "singleuser.memory.limit", "singleuser.memory.guarantee"


def at(row, name="request"):
    return reverse(name, args=[row.uid])


def decide(client, row, verb="approve", reason="", **more):
    data = {"verb": verb, "reason": reason, "seen": row.content_hash, **more}
    return client.post(at(row, "request-decide"), data, follow=True)


@pytest.fixture
def large(ask, ines, river):
    """A request for 300 GiB, where 200 GiB is the limit."""
    Organization.objects.update(users_per_hub=400)
    return services.submit(request=ask(ines, river, slug="large", **{"about.heads": "300"}), by=ines)


# --- reasons as they are now ------------------------------------------------------------------------------------------
def test_reasons_count_what_was_approved_since_it_was_sent(large, ask, ines, river, as_, stan):
    assert "200 GiB, 0 GiB already allocated" in read(as_(stan).get(at(large)))
    services.submit(request=ask(ines, river, slug="other", **{"about.heads": "40"}), by=ines)
    page = read(as_(stan).get(at(large)))
    assert "200 GiB, 40 GiB already allocated" in page
    assert "With 40 GiB already allocated, the total of 340 GiB is above the limit" in read(as_(ines).get(at(large)))
    large.refresh_from_db()
    assert "With 0 GiB already allocated" in large.policy["findings"][0], "what was true when it was sent"
    assert "With 40 GiB already allocated" in read(as_(stan).get(reverse("queue")))


def test_what_fits_by_now_needs_no_review_any_more(large, as_, stan):
    Organization.objects.update(total_memory_mib=10**6)
    page = read(as_(stan).get(at(large)))
    assert "Nothing needs review any more" in page
    assert "Needs review because" not in page
    decisions.approve(request=large, by=stan, seen=large.content_hash)
    page = read(as_(stan).get(at(large)))
    assert "Needed review because" in page
    assert "With 0 GiB already allocated" in page


def test_the_queue_shows_people_memory_the_largest_excess_and_why(ask, ines, river, as_, stan):
    values = {"about.heads": "60", MEMORY: "32"}  # 1.2 and 16 times the limit; 9.6 times the total memory
    row = services.submit(request=ask(ines, river, reason="A summer school.", **values), by=ines)
    page = read(as_(stan).get(reverse("queue")))
    for words in ("60", "1,920 GiB", "Memory per person: 32 GiB is above", "2 more reasons", "A summer school."):
        assert words in page, words
    assert PEOPLE_COUNT not in page[page.index(str(row.uid)) :]
    assert "Waiting for" not in page[page.index("<table") :]


def test_the_queue_shows_what_a_change_changes(hub, ines, as_, stan):
    row = services.begin_change(hub=hub, by=ines, values={"about.heads": "80"}, reason="A larger course.")
    services.submit(request=row, by=ines)
    page = read(as_(stan).get(reverse("queue")))
    assert "80 (now 30)" in page
    assert "80 GiB (now 30 GiB)" in page


# --- what an approval does --------------------------------------------------------------------------------------------
def test_staff_read_what_happens_and_what_the_cluster_has(large, hub, as_, stan, cluster):
    page = read(as_(stan).get(at(large)))
    happens = page[page.index('id="happens"') : page.index('id="limits-title"')]
    for words in (
        f"If you approve, the hub is created immediately, on {cluster}.",
        f"Allocated on {cluster} now: 30 GiB of memory, for 1 hub.",
        "This hub would run on a single machine",
    ):
        assert words in happens, words
    change = services.begin_change(hub=hub, by=hub.created_by, values={"about.heads": "390"}, reason="A larger course.")
    services.submit(request=change, by=hub.created_by)
    assert "If you approve, the hub is changed immediately." in read(as_(stan).get(at(change)))


def test_links_are_no_reason_against_a_hub_without_links(large, ask, ines, river, as_, stan, in_cluster):
    CatalogueImage.objects.update(contents={"python": "3.12", "jupyterlab": "4", "jupyterhub": "5", "home": "/home/x"})
    assert "nbgitpuller" not in read(as_(stan).get(at(large)))


# --- adjusted numbers -------------------------------------------------------------------------------------------------
def test_the_total_follows_the_numbers_while_they_are_typed(large, as_, stan, ines):
    typing = {"HX-Request": "true", "HX-Target": "total"}
    shown = read(as_(stan).get(at(large), {"number-about.heads": "45"}, headers=typing))
    assert "45 × 1 GiB = 45 GiB. With this request, 45 GiB of 200 GiB are allocated." in shown
    assert "Above the limit" not in shown
    assert "<html" not in shown
    page = read(as_(stan).get(at(large)))
    assert "300 × 1 GiB = 300 GiB." in page
    assert "Above the limit" in page
    later = read(decide(as_(stan), large, "reject", "Too many.", **{"number-about.heads": "45"}))
    assert "45 × 1 GiB = 45 GiB." in later, "without a script, after the page was sent"
    assert "× 1 GiB" not in read(as_(stan).get(at(large), {"number-about.heads": "9999"}, headers=typing))
    assert 'id="total"' not in read(as_(ines).get(at(large), headers=typing))


def test_guarantees_follow_the_limit_that_staff_lower(ask, ines, river, as_, stan):
    row = services.submit(request=ask(ines, river, **{MEMORY: "4", GUARANTEE: "2"}), by=ines)
    page = read(as_(stan).get(at(row)))
    assert f"number-{MEMORY}" in page
    assert "guarantee" not in page[page.index('id="numbers"') : page.index('id="total"')]
    spec, differences = other_numbers.chosen(row, {MEMORY: "1"})
    assert (spec.memory_mib, {one.path for one in differences}) == (1024, {MEMORY, GUARANTEE})
    with pytest.raises(Invalid) as caught:
        other_numbers.chosen(row, {GUARANTEE: "8"})
    assert "more than was requested (2 GiB)" in caught.value.errors[GUARANTEE][0]


def test_numbers_are_in_the_unit_of_their_field(ask, ines, river, stan):
    row = services.submit(request=ask(ines, river, **{"about.heads": "500", MEMORY: "0.5"}), by=ines)
    [one] = [one for one in other_numbers.offered(row) if one.path == MEMORY]
    assert (one.asked, one.text) == ("0.5 GiB", "0.5")


# --- after the decision -----------------------------------------------------------------------------------------------
def test_rejecting_is_confirmed_in_the_page(large, as_, stan):
    page = read(as_(stan).get(at(large)))
    fold = page[page.index('<details id="reject">') :]
    assert 'value="reject"' in fold[: fold.index("</details>")]
    assert 'value="approve"' not in fold


def test_what_was_decided_is_said_apart_from_the_next_request(large, ask, ines, river, as_, stan):
    later = services.submit(
        request=ask(ines, river, slug="logic", **{"about.heads": "390", "about.title": "Logic"}), by=ines
    )
    page = read(decide(as_(stan), large, next="1", **{"number-about.heads": "45"}))
    assert "You approved “Statistics 101” with adjusted numbers. Number of people: 45 people instead of 300" in page
    assert f'<a href="{at(large)}">View that request</a>' in page
    page = read(decide(as_(stan), later, "reject", "No room.", next="1"))
    assert "You rejected “Logic”. Ines Duarte was notified." in page
    assert "No more requests need your review." in page


@pytest.mark.parametrize("verb", ["approve", "send_back", "reject"])
def test_the_words_of_staff_are_quoted_as_theirs(large, as_, stan, ines, verb):
    decide(as_(stan), large, verb, "See you in spring.")
    dispatch.hand_out(timezone.now())
    told = Notification.objects.filter(person=ines, type=f"request.{verb}").get().text
    assert ("Stan Weber wrote: See you in spring." if verb == "send_back" else "“See you in spring.”") in told
    page = read(as_(ines).get(at(large)))
    assert page.count("Stan Weber wrote") == 1
    assert "The requester" not in page
    if verb == "send_back":
        assert "Edit the request and send it again." in page
        assert "Ines Duarte needs to edit it and send it again." in read(as_(stan).get(at(large)))


def test_after_sending_a_change_the_page_says_what_changed(hub, ines, as_):
    row = services.begin_change(hub=hub, by=ines, values={"about.heads": "20"})
    page = read(as_(ines).post(at(row, "request-review"), {"reason": ""}, follow=True))
    assert "Approved automatically. Number of people: 20 people instead of 30 people." in page


def test_a_request_that_ended_would_have_changed_the_hub(hub, ines, as_):
    row = services.begin_change(hub=hub, by=ines, values={"about.heads": "20"})
    services.withdraw(request=row, by=ines)
    page = read(as_(ines).get(at(row)))
    assert "What would have changed" in page
    assert "you and staff can comment here" not in page
    assert Hub.objects.get().spec.about.heads == 30


def test_the_list_mentions_organisations_only_to_those_who_run_one(as_, ines, omar):
    words = "those sent in organisations that you run"
    assert words in read(as_(omar).get(reverse("request-list")))
    assert words not in read(as_(ines).get(reverse("request-list")))


def test_limits_name_the_added_memory_of_a_change(hub, ines, as_):
    row = services.begin_change(hub=hub, by=ines, values={MEMORY: "16"}, reason="Large data sets.")
    services.submit(request=row, by=ines)
    assert any("450 GiB (30 people × 15 GiB more each)" in one for one in row.policy["findings"])
    assert TOTAL_MEMORY in read(as_(ines).get(at(row)))
