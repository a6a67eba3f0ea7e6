"""Odd shapes of values on every way into the portal: typed, brought and by API. A page answers, and a draft can be
opened again; what is wrong is a sentence with its path."""

import json
from random import Random

import pytest
import yaml
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs.models import ChangeRequest, HubRevision
from hubs.spec import HubSpec, shape
from hubs.spec.followed import followed
from hubs.spec.hub import About
from provisioning.errors import Refused
from provisioning.prepare import release
from tests.odd_shapes import ODD, forest, places, tree
from tests.test_transfer import bring

pytestmark = pytest.mark.django_db
PLACES = list(places())
# Slow pages, one database: few examples, and each is whole.
FEW = settings(
    max_examples=12, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
ODD_TREES = st.one_of(
    st.builds(tree, st.sampled_from(PLACES), st.sampled_from(ODD)),
    st.builds(lambda seed: forest(Random(seed), 8), st.integers(0, 10_000)),
)


def text(response):
    return response.content.decode()


def opens_again(client, row) -> str:
    """The form, the review and the request answer; what the form says of more configuration."""
    for name in ("request-review", "request"):
        assert client.get(reverse(name, args=[row.uid])).status_code == 200, row.draft.get("more")
    page = client.get(reverse("request-edit", args=[row.uid, "more"]))
    assert page.status_code == 200, row.draft.get("more")
    return text(page)


def says(page: str, found) -> bool:
    return any(".".join(path) in page for path, _ in shape.complaints(found))


@FEW
@given(found=ODD_TREES)
def test_what_is_typed_is_kept_or_said_and_never_breaks_a_page(as_, ask, ines, river, found):
    client, row = as_(ines), ask(ines, river)
    answer = client.post(reverse("request-edit", args=[row.uid, "more"]), {"more": yaml.safe_dump(found)})
    assert answer.status_code in (302, 422)
    row.refresh_from_db()
    page = opens_again(client, row)
    sent = client.post(reverse("request-review", args=[row.uid]), {"comment": ""})
    assert sent.status_code in (302, 409, 422)
    row.refresh_from_db()
    assert row.state != "draft" or says(page, found) or shape.complaints(found) or sent.status_code == 422
    opens_again(client, row) if row.state == "draft" else client.get(reverse("request", args=[row.uid]))


@FEW
@given(found=ODD_TREES)
def test_what_is_brought_becomes_a_draft_that_opens(as_, ines, river, found):
    client = as_(ines)
    checked = bring(client, "check", values=yaml.safe_dump(found))
    assert checked.status_code in (200, 422)
    answer = bring(client, values=yaml.safe_dump(found))
    assert answer.status_code in (302, 422)
    if answer.status_code == 302:
        opens_again(client, ChangeRequest.objects.latest("pk"))


@FEW
@given(found=ODD_TREES)
def test_what_is_sent_by_api_is_taken_or_a_sentence_beside_its_path(as_, ines, river, found):
    body = {"organization": "river", "slug": "odd", "spec": {"about": {"title": "Odd"}, "more": found}}
    answer = as_(ines).post("/api/v1/requests/", json.dumps(body), content_type="application/json")
    assert answer.status_code in (201, 422, 409), answer.content
    if shape.complaints(found):
        assert answer.status_code == 422


@FEW
@given(found=ODD_TREES)
def test_a_hub_whose_spec_was_stored_long_ago_is_rendered_or_refused_by_name(hub, found):
    spec = HubSpec(about=About(title="Odd")).model_dump(mode="json") | {"more": found}
    hub.revision = HubRevision(hub=hub, data=spec)
    if shape.wrong_traits(followed(found)):
        with pytest.raises(Refused, match=r"hub\.config"):
            release(hub)
    else:
        assert release(hub).parts
