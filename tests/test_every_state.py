"""A request can be read in every state and whatever happened to its hub: by page, fragment and API."""

import itertools

import pytest
from django.urls import reverse
from django.utils import timezone

from hubs.hub.services import hubs
from hubs.models import ChangeRequest, Hub
from hubs.requests.rules import OPEN, State
from hubs.requests.services import requests as services

pytestmark = pytest.mark.django_db
CASES = [
    (kind, state, sent, stale)
    for kind, state, sent, stale in itertools.product(("create", "change", "retire"), State, (True, False), (0, 1))
    if not (kind == "retire" and not sent) and not (kind == "create" and stale)
    and (sent or state in (State.DRAFT, State.WITHDRAWN, State.SUPERSEDED))
]  # fmt: skip


@pytest.fixture
def made(ask, ines, omar, river, ready_hub):
    """Return a request of this kind in this state, with or without its snapshot, for an unchanged or changed hub."""

    def make(kind, state, sent, stale):
        if kind == "create":
            row = ask(ines, river, slug="other", **{"about.heads": "500"})
        elif kind == "change":
            row = services.begin_change(hub=ready_hub, by=ines, values={"about.heads": "500"}, reason="A larger class.")
        else:
            row = hubs.retire(hub=ready_hub, by=omar, typed=ready_hub.slug, reason="The term is over.")
        if sent and kind != "retire":
            row = services.submit(request=row, by=ines)
        if stale:
            newer = ready_hub.revision
            newer.pk, newer.request, newer.number = None, None, newer.number + 1
            newer.save()
            Hub.objects.filter(pk=ready_hub.pk).update(revision=newer)
        ended = timezone.now() if state not in OPEN else None
        ChangeRequest.objects.filter(pk=row.pk).update(state=state, decided_at=ended)
        return ChangeRequest.objects.get(pk=row.pk)

    return make


@pytest.mark.parametrize(("kind", "state", "sent", "stale"), CASES)
def test_its_page_and_its_plan_are_read(kind, state, sent, stale, made, as_, stan):
    row = made(kind, state, sent, stale)
    pages = [reverse("request", args=[row.uid]), reverse("api-request", args=[row.uid]),
             reverse("api-plan", args=[row.uid])]  # fmt: skip
    pages += [reverse("request-image", args=[row.uid])] if kind != "retire" else []
    for reader in (row.requester, stan) if sent else (row.requester,):
        for page in pages:
            assert as_(reader).get(page).status_code == 200, page


def test_a_closed_request_asks_for_no_correction(made, as_, ines):
    row = made("create", State.WITHDRAWN, False, 0)
    ChangeRequest.objects.filter(pk=row.pk).update(draft={**row.draft, "singleuser.memory.limit": "lots"})
    page = as_(ines).get(reverse("request", args=[row.uid])).content.decode()
    assert "lots" in page
    assert "attention before the request can be sent" not in page
