"""Review by staff: the queue, a decision, and two decisions at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubs.models import AuditEvent, ChangeRequest, Hub
from hubs.requests.services import decisions
from hubs.requests.services import requests as services
from tests.pages import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(ask, ines, river):
    return services.submit(request=ask(ines, river, slug="big-data", **{"about.heads": "500"}), by=ines)


def url(row, name="request-decide"):
    return reverse(name, args=[row.uid])


def text(response):
    return read(response)


def decide(client, row, verb="approve", reason="", seen=None):
    seen = row.content_hash if seen is None else seen
    return client.post(url(row), {"verb": verb, "reason": reason, "seen": seen})


def test_the_queue_shows_requests_with_their_reasons(as_, stan, ines, ask, river, waiting):
    later = services.submit(request=ask(ines, river, slug="later", **{"signIn.method": "tmp"}), by=ines)
    page = as_(stan).get(reverse("queue"))
    assert list(page.context["page"].object_list) == [waiting, later], "oldest first"
    for words in (
        "River University",
        "Ines Duarte",
        "Number of people: 500 people is above the limit of River University (50 people).",
    ):
        assert words in text(page)
    fragment = as_(stan).get(reverse("queue"), headers={"HX-Request": "true", "HX-Target": "list"})
    assert url(waiting, "request") in text(fragment)
    assert "<html" not in text(fragment)


@pytest.mark.parametrize(
    ("query", "found"),
    [("", 1), ("turn=requester", 0), ("kind=change", 0), ("kind=create", 1), ("q=zzz", 0), ("turn=%00", 1)],
)
def test_the_queue_is_filtered(as_, stan, waiting, query, found):
    assert len(as_(stan).get(f"{reverse('queue')}?{query}").context["page"]) == found


def test_an_empty_queue_says_so(as_, stan):
    assert "Nothing to review" in text(as_(stan).get(reverse("queue")))


def test_an_approval_creates_the_hub(as_, stan, waiting):
    assert decide(as_(stan), waiting, reason="Enjoy.")["Location"] == url(waiting, "request")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decided_by, waiting.decision) == ("approved", stan, "Enjoy.")
    assert Hub.objects.get().slug == "big-data"
    assert "View hub" in text(as_(stan).get(url(waiting, "request")))


@pytest.mark.parametrize(
    ("verb", "state", "words"),
    [
        ("send_back", "returned", "Enter what the requester needs to change."),
        ("reject", "rejected", "Enter the reason for the rejection."),
    ],
)
def test_returning_and_rejecting_need_a_reason(as_, stan, ines, waiting, verb, state, words):
    answer = decide(as_(stan), waiting, verb, reason="  ")
    assert answer.status_code == 422
    assert words in text(answer)
    assert "The requester receives it as written." in text(answer)
    assert ('<details id="reject" open>' in text(answer)) == (verb == "reject")
    waiting.refresh_from_db()
    assert waiting.state == "submitted"
    decide(as_(stan), waiting, verb, reason="Too many for this cluster.")
    waiting.refresh_from_db()
    assert waiting.state == state
    assert "Too many for this cluster." in text(as_(ines).get(url(waiting, "request")))
    assert not Hub.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"verb": "supersede"}, "Choose Approve, Request changes or Reject"),
        ({}, "Choose Approve, Request changes or Reject"),
        ({"verb": "reject", "reason": "x" * 4001}, "at most 4,000 characters"),
        ({"verb": "approve", "reason": "a\x00b"}, "be stored"),
    ],
)
def test_an_invalid_decision_decides_nothing(as_, stan, waiting, data, words):
    answer = as_(stan).post(url(waiting), {"seen": waiting.content_hash, **data})
    assert answer.status_code == 422
    assert words in text(answer)
    waiting.refresh_from_db()
    assert waiting.state == "submitted"


@pytest.mark.parametrize("verb", ["approve", "reject", "send_back"])
@pytest.mark.parametrize("seen", ["", "0" * 64])
def test_a_decision_binds_to_what_was_read(as_, stan, waiting, verb, seen):
    answer = decide(as_(stan), waiting, verb, reason="My careful words", seen=seen)
    assert answer.status_code == 409
    assert "While you were reviewing, Ines Duarte sent the request “Statistics 101” at " in text(answer)
    assert "My careful words" in text(answer), "nothing typed is lost"
    waiting.refresh_from_db()
    assert waiting.state == "submitted"


def test_of_two_staff_one_decides_and_the_other_sees_the_current_page(as_, stan, sue, waiting):
    decide(as_(sue), waiting, "reject", reason="No room.")
    answer = decide(as_(stan), waiting, "approve", reason="Fine with me")
    assert answer.status_code == 409
    assert "While you were reviewing, Sue Park rejected the request “Statistics 101” at " in text(answer)
    assert "No room." in text(answer)
    assert "Fine with me" in text(answer)
    assert not Hub.objects.exists()


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_two_simultaneous_decisions(as_, stan, sue, waiting):
    work = [(as_(stan), "approve"), (as_(sue), "reject")]

    def press(job):
        try:
            return decide(job[0], waiting, job[1], reason="Because.").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(press, work))
    assert statuses == [302, 409]
    waiting.refresh_from_db()
    assert Hub.objects.exists() == (waiting.state == "approved")
    assert AuditEvent.objects.filter(verb__in=["request.approve", "request.reject"]).count() == 1


def test_people_can_not_decide_on_their_own_requests(as_, stan, sue, ask, river):
    own = services.submit(request=ask(stan, river, **{"about.heads": "500"}), by=stan)
    page = text(as_(stan).get(url(own, "request")))
    assert "You can’t decide on your own" in page
    assert 'value="approve"' not in page
    assert decide(as_(stan), own).status_code == 403
    assert 'value="approve"' in text(as_(sue).get(url(own, "request")))
    own.refresh_from_db()
    assert own.state == "submitted"


def test_approving_what_no_longer_fits_returns_it_and_says_so(as_, stan, ines, omar, hub):
    slow = services.begin_change(reason="For the course.", hub=hub, by=ines)
    services.save(request=slow, by=ines, values={"singleuser.memory.limit": "16"})
    services.submit(request=slow, by=ines)
    services.submit(
        request=services.begin_change(
            reason="For the course.", hub=hub, by=omar, values={"singleuser.memory.limit": "2"}
        ),
        by=omar,
    )
    answer = decide(as_(stan), slow)
    assert answer.status_code == 409
    assert "went back to Ines Duarte" in text(answer)
    assert "it was changed to 2 GiB, and you requested 16 GiB" in text(answer)
    slow.refresh_from_db()
    assert slow.state == "returned"


def test_staff_see_other_open_requests_of_the_same_hub(as_, stan, ines, omar, hub):
    one, other = (
        services.submit(
            request=services.begin_change(reason="For the course.", hub=hub, by=who, values={"about.heads": heads}),
            by=who,
        )
        for who, heads in ((ines, "900"), (omar, "800"))
    )
    page = text(as_(stan).get(url(one, "request")))
    assert "Omar Haddad has also sent a request for this hub" in page
    assert url(other, "request") in page
    services.withdraw(request=other, by=omar)
    assert "has also sent a request for this hub" not in text(as_(stan).get(url(one, "request")))


def test_staff_see_earlier_requests_of_the_requester(as_, stan, ines, ask, river, waiting):
    decisions.reject(request=waiting, by=stan, reason="No.")
    again = services.submit(request=ask(ines, river, slug="again", **{"about.heads": "500"}), by=ines)
    page = text(as_(stan).get(url(again, "request")))
    assert "1 rejected</a>" in page
    assert "Other requests by" not in text(as_(ines).get(url(again, "request")))


def test_only_staff_reach_the_queue_and_its_requests(as_, stan, ines, omar, mia, zoe, waiting):
    data = {"verb": "approve", "seen": waiting.content_hash}
    for lesser in (ines, omar):
        assert as_(lesser).post(url(waiting), data).status_code == 403
    for stranger in (mia, zoe):
        assert as_(stranger).post(url(waiting), data).status_code == 404
    assert as_(None).post(url(waiting), data)["Location"].startswith(reverse("sign-in"))
    assert as_(stan).get(url(waiting)).status_code == 405
    for nobody in (ines, omar, mia, zoe):
        assert as_(nobody).get(reverse("queue")).status_code == 404
    assert as_(stan).post(reverse("queue")).status_code == 405
    waiting.refresh_from_db()
    assert waiting.state == "submitted"
    assert not Hub.objects.exists()


def test_the_queue_costs_the_same_with_3_and_with_300(as_, stan, ines, waiting):
    def fill(count, start):
        ChangeRequest.objects.bulk_create(
            ChangeRequest(
                organization=waiting.organization, kind="create", state="submitted", requester=ines, slug=f"s-{n}",
                title=f"Hub {n}", spec_data=waiting.spec_data, submitted_at=waiting.submitted_at, policy=waiting.policy,
            )
            for n in range(start, start + count)
        )  # fmt: skip

    def cost():
        client = as_(stan)
        client.get(reverse("queue"))
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("queue"))
        return len(captured)

    fill(2, 0)
    few = cost()
    fill(297, 2)
    assert cost() == few
    assert len(as_(stan).get(reverse("queue")).context["page"].object_list) == 25
