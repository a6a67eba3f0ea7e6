"""A value that an answer shows once is in no second answer: not in a replay, and not in the stored replays."""

import json

import pytest
from rest_framework import serializers

from hubs.accounts.services import service_accounts, tokens
from hubs.api.base import SHOWN_ONCE
from hubs.models import CalendarLink, StoredAnswer
from hubs.webhooks.services import webhooks

from .callers import caller
from .house import names
from .test_every_url import ALL

pytestmark = pytest.mark.django_db
TOKEN = {"name": "for-ci", "scopes": ["read"], "days": 3}


@pytest.fixture
def secretive(river, ada):
    """Return (path, body) of each POST whose answer has a value that is shown once."""
    own, _ = tokens.create(person=ada, by=ada, name="mine", scopes=["read"], days=3)
    service_accounts.create(organization=river, by=ada, name="script", role="instructor")
    robot = river.service_accounts.get().username
    hook, _ = webhooks.create(organization=river, by=ada, url="https://example.org/hook", types=["*"])
    return {
        "api-tokens": ("tokens/", TOKEN),
        "api-token-rotate": (f"tokens/{own.pk}/rotate/", {"days": 2}),
        "api-account-tokens": (f"organizations/river/service-accounts/{robot}/tokens/", TOKEN),
        "api-invitations": ("organizations/river/invitations/", {"role": "member"}),
        "api-webhooks": ("webhooks/", {"organization": "river", "url": "https://example.org/a", "types": ["*"]}),
        "api-webhook-rotate": (f"webhooks/{hook.uid}/rotate/", None),
        "api-calendar-address": ("organizations/river/calendar-address/", None),
    }


def _classes(cls=serializers.Serializer):
    for each in cls.__subclasses__():
        yield each
        yield from _classes(each)


def test_every_field_that_is_shown_once_is_blanked_and_says_so():
    fields = {
        (cls.__name__, name): field
        for cls in _classes() if cls.__module__ in names("api")
        for name, field in cls().get_fields().items() if "shown once" in str(field.help_text).lower()
    }  # fmt: skip
    assert len(fields) >= 3
    for (_, name), field in fields.items():
        assert name in SHOWN_ONCE
        assert field.allow_null
        assert "null" in field.help_text


def test_every_post_that_creates_is_replayed(secretive):
    """Including those with a secret: a second attempt makes no second secret."""
    posts = {name: pattern.callback.cls.post for name, pattern in ALL.items() if hasattr(pattern.callback, "cls")
             and name.startswith("api-") and hasattr(pattern.callback.cls, "post")}  # fmt: skip
    assert set(secretive) <= {name for name, post in posts.items() if hasattr(post, "replays")}


def test_a_replay_has_the_same_status_and_no_secret(secretive, ada):
    call = caller(ada)
    for name, (path, body) in secretive.items():
        first = call("POST", path, body, Idempotency_Key=name)
        assert first.status_code == 201, (name, first.content)
        secrets = [value for field, value in first.json().items() if field in SHOWN_ONCE]
        assert secrets, name
        assert all(secrets), name
        for _ in range(2):
            again = call("POST", path, body, Idempotency_Key=name)
            assert again.status_code == 201
            assert again["Idempotency-Replayed"] == "true"
            assert {field for field, value in again.json().items() if value is None} >= set(SHOWN_ONCE) & set(
                first.json()
            )
            assert {**first.json(), **dict.fromkeys(set(SHOWN_ONCE) & set(first.json()))} == again.json()
            kept = json.dumps(list(StoredAnswer.objects.values()), default=str)
            assert not [secret for secret in secrets if secret in again.content.decode() or secret in kept]
        assert "no-store" in first["Cache-Control"]


def test_a_replayed_calendar_address_leaves_the_first_one_working(ada, river, client):
    call = caller(ada)
    path = "organizations/river/calendar-address/"
    address = call("POST", path, Idempotency_Key="one").json()["secret"]
    assert call("POST", path, Idempotency_Key="one").json() == {"secret": None}
    assert CalendarLink.objects.count() == 1
    assert client.get(address).status_code == 200
    assert call("POST", path, Idempotency_Key="two").json()["secret"] != address
    assert client.get(address).status_code == 404
