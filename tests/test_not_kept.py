"""What one person is told stays in no cache; what is the same for everybody may."""

import pytest
from django.contrib.staticfiles import finders
from django.db import transaction

from .test_api_doors import API, places
from .test_api_doors import address as api_address
from .test_every_url import OURS, ROLES, address, world

pytestmark = pytest.mark.django_db
__all__ = ["places", "world"]
FOR_ALL = ("values-keys",)  # names of the chart's settings, the same for everybody: kept by the browser alone


@pytest.mark.parametrize("role", ROLES)
def test_no_answer_of_any_address_is_kept(role, world, places, as_):
    client, wrong = as_(world["people"][role]), []
    client.raise_request_exception = False
    for name in (*OURS, *API):
        path = api_address(name, world, places) if name in API else address(name, world)
        for method in ("head", "post", "options"):
            with transaction.atomic():
                answer = getattr(client, method)(path)
                transaction.set_rollback(True)
            said = answer.get("Cache-Control", "")
            if "no-store" not in said and not (name in FOR_ALL and "private" in said):
                wrong.append(f"{method} {name}: {said}")
    assert not wrong


def test_errors_and_what_does_not_exist_are_not_kept_either(client, as_, ines):
    for asker in (client, as_(ines)):
        for path in ("/nothing/", "/api/v1/nothing/", "/sign-in/", "/o/authorize/", "/o/token/", "/o/userinfo/"):
            assert "no-store" in asker.get(path)["Cache-Control"], path


def test_static_files_and_public_keys_may_be_kept(client):
    name = "css/tokens.css" if finders.find("css/tokens.css") else "htmx.min.js"
    assert "no-store" not in client.get(f"/static/{name}").get("Cache-Control", "")
    assert "no-store" not in client.get("/o/.well-known/jwks.json")["Cache-Control"]
