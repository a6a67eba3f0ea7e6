"""Odd shapes of values on every way into the portal: typed, uploaded and by API. A page answers, and a draft can be
opened again; errors are sentences with their path."""

import json
from html import unescape
from random import Random

import pytest
import yaml
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs.models import ChangeRequest, HubRevision
from hubs.spec import HubSpec, shape
from hubs.spec.draft import reading
from hubs.spec.followed import followed
from hubs.spec.hiding import hide
from hubs.spec.hub import About
from hubs.spec.together import clashes
from provisioning.errors import Refused
from provisioning.prepare import release
from provisioning.render import render_kubernetes
from tests.odd_shapes import ODD, forest, places, taken, tree
from tests.runtimes.loading import SECRETS, TARGET
from tests.runtimes.shapes import AGREED, PLAIN
from tests.runtimes.together import combined
from tests.runtimes.worlds import NOWHERE
from tests.test_transfer import bring

pytestmark = pytest.mark.django_db
PLACES = list(places())
# Slow pages and one database: few examples, each of the whole way.
FEW = settings(
    max_examples=12, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
ODD_TREES = st.one_of(
    st.builds(tree, st.sampled_from(PLACES), st.sampled_from(ODD)),
    st.builds(lambda seed: forest(Random(seed), 8), st.integers(0, 10_000)),
)
WAYS = {"portal": {}, "native": {"signIn.method": "native", "signIn.allowedUsers": "mia"}}
TREES = st.one_of(  # a tree; its valid part; and parts that may be invalid only together
    ODD_TREES,
    st.builds(lambda seed: taken(forest(Random(seed), 8)), st.integers(0, 10_000)),
    st.builds(lambda seed: combined(Random(seed), "native"), st.integers(0, 10_000)),
)


def text(response):
    return unescape(response.content.decode())


def opens_again(client, row) -> str:
    """Check that form, review and request open; return what the form shows of more configuration."""
    for name in ("request-review", "request"):
        assert client.get(reverse(name, args=[row.uid])).status_code == 200, row.draft.get("more")
    page = client.get(reverse("request-edit", args=[row.uid, "more"]))
    assert page.status_code == 200, row.draft.get("more")
    return text(page)


def refused(found, spec) -> list[str]:
    """Return the errors that may be reported, each with its path."""
    return [f"{'.'.join(path)}: {words}" for path, words in (*shape.complaints(found), *clashes(spec))]


def the_whole_way(client, staff, row, found):
    """Go from the form to the hub's pages, or to the sentence that stops it."""
    typed = yaml.safe_dump(found)
    answer = client.post(reverse("request-edit", args=[row.uid, "more"]), {"more": typed})
    assert answer.status_code in (302, 422)
    row.refresh_from_db()
    page = opens_again(client, row)
    kept, _ = hide({"more": typed})
    assert kept["more"].strip() in page.replace("\r\n", "\n"), "what was typed, but for its secrets"
    sent = client.post(reverse("request-review", args=[row.uid]), {"comment": ""})
    assert sent.status_code in (302, 409, 422)
    row.refresh_from_db()
    if row.state == "draft":
        said = [*refused(found, reading(row.draft)[0]), "to-be-replaced", "hub.config.JupyterHub.authenticator_class: "]
        assert any(words in opens_again(client, row) for words in said), found
        assert sent.status_code != 302
        return
    assert not shape.complaints(found)
    for name in ("request", "request-plan"):
        assert staff.get(reverse(name, args=[row.uid])).status_code == 200, found
    if row.state == "submitted":
        decision = {"verb": "approve", "seen": row.content_hash}
        assert staff.post(reverse("request-decide", args=[row.uid]), decision).status_code == 302, found
    row.refresh_from_db()
    assert row.state == "approved"
    hub = row.hub
    assert release(hub).parts
    assert render_kubernetes(TARGET, hub.spec, SECRETS, NOWHERE, "running", PLAIN, AGREED).parts
    assert client.get(reverse("request", args=[row.uid])).status_code == 200
    for name in ("hub", "hub-history", "hub-profiles", "hub-people", "hub-take"):
        assert client.get(reverse(name, args=[hub.uid])).status_code == 200, (name, found)


@FEW
@given(found=TREES, method=st.sampled_from(sorted(WAYS)))
def test_typed_values_become_an_error_beside_their_field_or_a_hub(as_, ask, ines, stan, river, found, method):
    """The whole way, as the people on it see it: no page breaks, and nothing typed is lost."""
    with transaction.atomic():
        the_whole_way(as_(ines), as_(stan), ask(ines, river, **WAYS[method]), found)
        transaction.set_rollback(True)  # the next example needs the organisation unchanged


@FEW
@given(found=ODD_TREES)
def test_imported_values_become_a_draft_that_opens(as_, ines, river, found):
    client = as_(ines)
    checked = bring(client, "check", values=yaml.safe_dump(found))
    assert checked.status_code in (200, 422)
    answer = bring(client, values=yaml.safe_dump(found))
    assert answer.status_code in (302, 422)
    if answer.status_code == 302:
        opens_again(client, ChangeRequest.objects.latest("pk"))


@FEW
@given(found=ODD_TREES)
def test_values_sent_by_api_are_accepted_or_refused_with_their_path(as_, ines, river, found):
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
