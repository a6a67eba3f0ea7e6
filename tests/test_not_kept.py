"""Answers to one person are not cached; answers that are the same for everyone may be. The walks through all addresses
check every answer, too (test_every_url.py, test_api_doors.py)."""

import pytest

from .test_api_doors import API, places
from .test_api_doors import address as api_address
from .test_every_url import OURS, address, asked, kept, world

pytestmark = pytest.mark.django_db
__all__ = ["places", "world"]


@pytest.mark.parametrize("role", ["anonymous", "ines"])
def test_no_answer_about_an_address_is_kept(role, world, places, as_):
    client, wrong = as_(world["people"][role]), []
    for name in (*OURS, *API):
        path = api_address(name, world, places) if name in API else address(name, world)
        with asked(client, "options", path) as answer:
            wrong += [f"{name}: {words}" for words in kept(name, answer)]
    assert not wrong


def test_errors_and_404s_are_not_kept_either(client, as_, ines):
    for asker in (client, as_(ines)):
        for path in ("/nothing/", "/api/v1/nothing/", "/sign-in/", "/o/authorize/", "/o/token/", "/o/userinfo/"):
            assert "no-store" in asker.get(path)["Cache-Control"], path


def test_static_files_and_public_keys_may_be_kept(client, settings):
    settings.SERVESTATIC_USE_FINDERS = True
    answer = client.get("/static/css/base.css")
    assert answer.status_code == 200
    assert "no-store" not in answer.get("Cache-Control", "")
    assert "no-store" not in client.get("/o/.well-known/jwks.json")["Cache-Control"]
