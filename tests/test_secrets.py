"""Secrets that people type: stored encrypted, given to the hub, and never shown."""

import json

import pytest
from django.db import connection
from django.urls import reverse

from hubs.errors import Conflict, Invalid
from hubs.models import AuditEvent, ChangeRequest, Hub, HubSecret, RequestSecret
from hubs.requests.services import requests, secrets
from hubs.spec import reading, to_draft
from provisioning.render.values import hub_values, typed_secrets
from tests.runtimes.shapes import SIGN_IN
from tests.runtimes.test_render import TARGET
from tests.words import EMPTY_FIELD

pytestmark = pytest.mark.django_db

GITHUB = "hub.config.GitHubOAuthenticator.client_secret"
BY_GITHUB = {
    "signIn.method": "github", "signIn.github.client_id": "Iv1.0", "signIn.github.allowed_organizations": "river-lab",
}  # fmt: skip
HIDDEN = "very-hidden-1234567890"


def text(response):
    return response.content.decode()


def edit(row, step="people"):
    return reverse("request-edit", args=[row.uid, step])


@pytest.fixture
def change(ready_hub, ines):
    return requests.begin_change(reason="For the course.", hub=ready_hub, by=ines)


def type_in(client, row, **more):
    return client.post(edit(row), {**row.draft, **BY_GITHUB, GITHUB: HIDDEN, **more})


def test_a_secret_is_encrypted_and_given_to_the_hub_on_approval(as_, ines, change, ready_hub):
    assert type_in(as_(ines), change).status_code == 302
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM hubs_requestsecret")
        [(stored,)] = cursor.fetchall()
    assert HIDDEN not in stored
    change.refresh_from_db()
    assert HIDDEN not in json.dumps(change.draft)
    page = text(as_(ines).get(edit(change)))
    assert "by Ines Duarte" in page
    assert HIDDEN not in page
    requests.submit(request=change, by=ines)
    assert change.state == "approved"
    [row] = HubSecret.objects.filter(hub=ready_hub, name__startswith="values:")
    assert (row.name, row.value, row.set_by) == (f"values:{GITHUB}", HIDDEN, ines)
    assert not RequestSecret.objects.exists()
    ready_hub.refresh_from_db()
    assert "Client secret: new value" in ready_hub.revision.message
    assert HIDDEN not in json.dumps(ready_hub.revision.data) + ready_hub.revision.message


def test_a_secret_is_shown_nowhere(as_, ines, stan, change, ready_hub):
    type_in(as_(ines), change)
    as_(ines).get(reverse("request-review", args=[change.uid]))
    for page in (edit(change), reverse("request-review", args=[change.uid]), reverse("request", args=[change.uid])):
        assert HIDDEN not in text(as_(ines).get(page, follow=True))
    change.refresh_from_db()
    requests.submit(request=change, by=ines)
    for name in ("hub", "hub-history", "hub-audit", "hub-take"):
        assert HIDDEN not in text(as_(stan).get(reverse(name, args=[ready_hub.uid])))
    assert HIDDEN not in text(as_(stan).get(reverse("api-hub", args=[ready_hub.uid])))
    values = text(as_(ines).get(reverse("hub-download", args=[ready_hub.uid, "values.yaml"])))
    assert HIDDEN not in values
    assert "client_secret: to-be-replaced" in values
    for event in AuditEvent.objects.all():
        assert HIDDEN not in json.dumps(event.changes) + event.note + event.subject
    assert [line.subject for line in AuditEvent.objects.filter(verb="request.secret")].count("Client secret") == 1


def test_an_empty_field_keeps_the_secret_and_a_new_secret_alone_is_a_change(as_, ines, change, ready_hub):
    type_in(as_(ines), change)
    type_in(as_(ines), change, **{GITHUB: ""})
    change.refresh_from_db()
    requests.submit(request=change, by=ines)
    ready_hub = Hub.objects.get(pk=ready_hub.pk)
    again = requests.begin_change(reason="For the course.", hub=ready_hub, by=ines)
    with pytest.raises(Invalid, match="Nothing would change"):
        requests.submit(request=again, by=ines)
    secrets.keep(request=again, by=ines, values={GITHUB: "another-one"})
    requests.submit(request=again, by=ines)
    assert HubSecret.objects.get(hub=ready_hub, name=f"values:{GITHUB}").value == "another-one"


def test_a_request_without_a_needed_secret_can_not_be_sent(as_, ines, change):
    type_in(as_(ines), change, **{GITHUB: ""})
    change.refresh_from_db()
    with pytest.raises(Invalid) as caught:
        requests.submit(request=change, by=ines)
    assert caught.value.errors == {GITHUB: [EMPTY_FIELD]}
    page = text(as_(ines).get(reverse("request-review", args=[change.uid])))
    assert f"?check=1#id_{GITHUB}" in page
    assert EMPTY_FIELD in text(as_(ines).get(f"{edit(change)}?check=1"))


@pytest.mark.parametrize(("typed", "said"), [("k3kz", "at least 32"), ("x" * 1001, "This can’t be used")])
def test_an_invalid_secret_is_reported_beside_its_field(as_, ines, change, typed, said):
    path = "hub.config.SharedPasswordAuthenticator.admin_password"
    shared = {"signIn.method": "shared-password", "signIn.allowAll": "yes", path: typed}
    response = as_(ines).post(edit(change), {**change.draft, **shared})
    assert response.status_code == 422
    assert said in text(response)
    assert typed not in text(response), "a password is never written back into a page"
    assert not RequestSecret.objects.exists()


def test_a_sent_request_accepts_no_secret(ines, ask, river):
    row = requests.submit(request=ask(ines, river, slug="other", **{"about.heads": "900"}), by=ines)
    with pytest.raises(Conflict):
        secrets.keep(request=row, by=ines, values={GITHUB: HIDDEN})


def test_approval_binds_to_the_secrets_that_came_with_it(ines, stan, ask, river):
    row = ask(ines, river, slug="other", **{"about.heads": "900"}, **BY_GITHUB)
    secrets.keep(request=row, by=ines, values={GITHUB: HIDDEN})
    requests.submit(request=row, by=ines)
    seen = row.content_hash
    RequestSecret.objects.update(value="swapped", set_at="2026-01-01T00:00:00Z")
    assert requests.content_hash(ChangeRequest.objects.get(pk=row.pk)) != seen


def test_a_hub_receives_only_secrets_that_it_has_a_place_for(ready_hub):
    draft = {**to_draft(ready_hub.spec), **BY_GITHUB}
    spec = reading(draft)[0]
    values = hub_values(TARGET, spec, SIGN_IN)
    google = "values:hub.config.GoogleOAuthenticator.client_secret"
    kept = {f"values:{GITHUB}": HIDDEN, google: "old", "cookie_secret": "ours", "values:hub.services.x.api_token": "t"}
    assert typed_secrets(values, spec, kept) == [(GITHUB.split("."), HIDDEN)]
    assert HIDDEN not in json.dumps(values)
