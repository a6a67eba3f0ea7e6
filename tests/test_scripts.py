"""A page loads the scripts that it uses, and no others."""

import re

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
EVERYWHERE = {"theme", "time", "session", "ui"}
SIGNED_IN = EVERYWHERE | {"htmx.min", "live"}


def scripts(page: str) -> set[str]:
    return {
        found.split("/")[-1]
        for found in re.findall(r'<script[^>]*src="[^"]*?/([\w./-]+?)(?:\.[0-9a-f]{12})?\.js"', page)
    }


def test_a_page_has_what_every_page_needs(as_, ada):
    assert scripts(as_(ada).get(reverse("home")).content.decode()) == SIGNED_IN


def test_a_page_before_the_sign_in_needs_no_live_channel(client):
    assert scripts(client.get(reverse("sign-in")).content.decode()) == EVERYWHERE


def test_the_api_page_has_scripts_of_its_own(as_, ada):
    assert scripts(as_(ada).get(reverse("api-docs")).content.decode()) == SIGNED_IN | {"api"}
