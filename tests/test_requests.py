"""A request from its start to a decision, by services."""

import pytest

from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.models import AuditEvent, ChangeRequest, Hub
from hubs.requests.services import decisions, rebasing
from hubs.requests.services import requests as services
from tests.words import MEMORY_LABEL, OPENS_WITH

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def test_within_the_limits_it_is_auto_approved_with_a_reason(ask, ines, river):
    request = services.submit(request=ask(ines, river), by=ines)
    assert (request.state, request.decided_by) == ("approved", None)
    assert "approved automatically" in request.decision
    assert request.hub.spec.about.title == "Statistics 101"
    assert AuditEvent.objects.filter(verb="request.approve", actor="").exists()


def test_above_the_limits_it_needs_review(ask, ines, river, stan):
    request = services.submit(request=ask(ines, river, **{"singleuser.memory.limit": "16"}), by=ines)
    assert request.state == "submitted"
    assert any("above the limit of" in finding for finding in request.policy["findings"])
    decisions.approve(request=request, by=stan, seen=request.content_hash)
    assert Hub.objects.get().seats == 30


def test_people_can_not_approve_their_own_requests(ask, stan, river):
    request = services.submit(request=ask(stan, river, **{"singleuser.memory.limit": "16"}), by=stan)
    with pytest.raises(NotAllowed):
        decisions.approve(request=request, by=stan, seen=request.content_hash)
    assert not Hub.objects.exists()


def test_of_two_staff_one_decides_and_the_other_is_refused(ask, ines, river, stan, sue):
    request = services.submit(request=ask(ines, river, **{"about.heads": "500"}), by=ines)
    other = ChangeRequest.objects.get(pk=request.pk)
    decisions.reject(request=request, by=sue, reason="Too many people for this cluster.")
    with pytest.raises(Conflict, match="Sue Park rejected the request “Statistics 101” at "):
        decisions.approve(request=other, by=stan, seen=other.content_hash)


def test_an_edit_outdates_the_version_that_staff_read(ask, ines, river, stan):
    request = services.submit(request=ask(ines, river, **{"about.heads": "500"}), by=ines)
    seen = request.content_hash
    services.take_back(request=request, by=ines)
    services.save(request=request, by=ines, values={"about.heads": "600"})
    services.submit(request=request, by=ines)
    with pytest.raises(Conflict, match="Ines Duarte sent the request “Statistics 101” at "):
        decisions.approve(request=request, by=stan, seen=seen)


def test_all_errors_are_named_at_once(ask, ines, river):
    request = ask(
        ines, river, slug="Ä!", **{"about.title": "", "about.heads": "-5", "signIn.adminUsers": "nobody-here"}
    )
    with pytest.raises(Invalid) as caught:
        services.submit(request=request, by=ines)
    assert set(caught.value.errors) == {"slug", "about.title", "about.heads", "signIn.adminUsers"}


def test_the_same_click_twice_is_one_request(ines, river):
    import uuid

    uid = uuid.uuid4()
    first = services.begin(organization=river, starting_point="class", by=ines, uid=uid)
    again = services.begin(organization=river, starting_point="class", by=ines, uid=uid)
    assert first == again
    assert ChangeRequest.objects.count() == 1


def test_two_changes_of_different_fields_are_both_applied(hub, ines, omar, stan):
    slow = services.begin_change(reason="For the course.", hub=hub, by=ines)
    services.save(request=slow, by=ines, values={"singleuser.memory.limit": "16"})
    services.submit(request=slow, by=ines)
    quick = services.begin_change(reason="For the course.", hub=hub, by=omar, values={"singleuser.defaultUrl": "/tree"})
    assert services.submit(request=quick, by=omar).state == "approved"
    decisions.approve(request=slow, by=stan, seen=slow.content_hash)
    assert slow.state == "approved"
    assert slow.spec.singleuser.defaultUrl == "/tree"
    now = Hub.objects.get(pk=hub.pk)
    assert (now.spec.singleuser.memory.limit, now.spec.singleuser.defaultUrl) == ("16G", "/tree")
    assert slow.base_revision.number == 2, "the revision that it was merged onto"
    assert now.revision.number == 3
    assert OPENS_WITH not in now.revision.message, "the other change is not part of this one"


def test_two_changes_of_one_field_are_returned_with_both_answers(hub, ines, omar, stan):
    slow = services.begin_change(reason="For the course.", hub=hub, by=ines)
    services.save(request=slow, by=ines, values={"singleuser.memory.limit": "16", "singleuser.cpu.limit": "1"})
    services.submit(request=slow, by=ines)
    quick = services.begin_change(reason="For the course.", hub=hub, by=omar, values={"singleuser.memory.limit": "2"})
    assert services.submit(request=quick, by=omar).state == "approved"
    with pytest.raises(Conflict, match="went back to Ines"):
        decisions.approve(request=slow, by=stan, seen=slow.content_hash)
    slow.refresh_from_db()
    assert slow.state == "returned"
    assert "Memory per person: it was 1 GiB, it was changed to 2 GiB, and you requested 16 GiB." in slow.decision
    assert "CPU" not in slow.decision
    slow.hub.refresh_from_db()
    assert rebasing.rebase(request=slow, by=ines) == [MEMORY_LABEL]
    assert slow.draft["singleuser.memory.limit"] == "16"
    assert slow.draft["singleuser.cpu.limit"] == "1"


def test_two_incompatible_changes_are_returned(hub, ines, omar, stan):
    slow = services.begin_change(reason="For the course.", hub=hub, by=ines)
    services.save(request=slow, by=ines, values={"singleuser.memory.guarantee": "1", "about.heads": "900"})
    services.submit(request=slow, by=ines)
    quick = services.begin_change(reason="For the course.", hub=hub, by=omar, values={"singleuser.memory.limit": "0.5"})
    services.submit(request=quick, by=omar)
    with pytest.raises(Conflict, match="the two changes conflict"):
        decisions.approve(request=slow, by=stan, seen=slow.content_hash)
    assert Hub.objects.get(pk=hub.pk).revision.number == 2


def test_two_requests_that_fit_alone_but_not_together(ask, ines, river):
    river.total_memory_mib = 40 * 1024
    river.save(update_fields=["total_memory_mib"])
    assert services.submit(request=ask(ines, river, slug="one-a"), by=ines).state == "approved"
    assert services.submit(request=ask(ines, river, slug="two-b"), by=ines).state == "submitted"


def test_the_number_of_drafts_is_limited(ines, river):
    for _ in range(services.MOST_DRAFTS):
        services.begin(organization=river, starting_point="class", by=ines)
    with pytest.raises(Conflict, match="Send or discard some"):
        services.begin(organization=river, starting_point="class", by=ines)


def test_the_sum_of_two_changes_is_reviewed_before_it_is_applied(hub, ines, omar, stan):
    """900 people were reviewed at 1 GiB each. Meanwhile the hub got 2 GiB per person, which alone was auto-approved."""
    many = services.begin_change(reason="For the course.", hub=hub, by=ines)
    services.save(request=many, by=ines, values={"about.heads": "900"})
    services.submit(request=many, by=ines)
    assert many.state == "submitted"
    large = services.begin_change(reason="For the course.", hub=hub, by=omar)
    services.save(request=large, by=omar, values={"singleuser.memory.limit": "2"})
    assert services.submit(request=large, by=omar).state == "approved"
    with pytest.raises(Conflict, match="Together with that change: Total memory"):
        decisions.approve(request=many, by=stan, seen=many.content_hash)
    many.refresh_from_db()
    assert many.state == "returned"
    assert Hub.objects.get(pk=hub.pk).seats == 30


def test_two_changes_that_stay_within_the_review_are_merged(hub, ines, omar, stan):
    many = services.begin_change(reason="For the course.", hub=hub, by=ines)
    services.save(request=many, by=ines, values={"about.heads": "900"})
    services.submit(request=many, by=ines)
    other = services.begin_change(reason="For the course.", hub=hub, by=omar)
    services.save(request=other, by=omar, values={"about.description": "A sentence.", "singleuser.memory.limit": "0.5"})
    assert services.submit(request=other, by=omar).state == "approved"
    assert decisions.approve(request=many, by=stan, seen=many.content_hash).state == "approved"
    assert Hub.objects.get(pk=hub.pk).seats == 900
