"""Asking for a hub in the browser: choose, answer, review, send, change."""

import pytest

from hubs.models import ChangeRequest, Hub

pytestmark = pytest.mark.django_db


def test_smoke(as_, ines, river, ask, stan, hub):
    c = as_(ines)
    for url in ["/requests/", "/requests/new/"]:
        assert c.get(url).status_code == 200
    r = c.post(
        "/requests/new/",
        {"organization": "river", "starting_point": "class", "uid": "7b0a2a8a-6a53-4a4e-9f0c-3a0f1c9a1f11"},
    )
    assert r.status_code == 302, r.content
    row = ChangeRequest.objects.filter(state="draft").get()
    for step in ("about", "people", "sizes", "software"):
        assert c.get(f"/requests/{row.uid}/edit/{step}/").status_code == 200
    assert c.get(f"/requests/{row.uid}/review/").status_code == 200
    assert c.get(f"/requests/{row.uid}/").status_code == 200
    assert as_(stan).get("/staff/queue/").status_code == 200
    r = c.get(f"/hubs/{hub.uid}/change/", follow=True)
    assert r.status_code == 200
