"""Bodies that no honest program sends: nested so deeply that a library which reads or writes them would give up."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from hubs.spec import yaml_text
from hubs.spec.yaml_text import DEEPEST

from .test_api_doors import API, methods, places
from .test_api_doors import address as api_address
from .test_every_url import OURS, address, world

pytestmark = pytest.mark.django_db
__all__ = ["places", "world"]
DEPTHS = (DEEPEST + 1, 300, 900, 100_000)
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def nested(depth, name="spec"):
    return f'{{"{name}":{"[" * (depth - 1)}{"]" * (depth - 1)}}}', f'{{"{name}":' * depth + "1" + "}" * depth


def sent(client, method, path, body, kind="application/json"):
    with transaction.atomic():
        answer = client.generic(method, path, body, kind, headers={"If-Match": "*"})
        transaction.set_rollback(True)
    return answer


@pytest.fixture
def writes(world, places):
    """(name, method, path) of all that may be written by API."""
    return [
        (name, method, api_address(name, world, places))
        for name in API for method in methods(name) if method in WRITES
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["ines", "stan"])
def test_every_endpoint_says_of_a_nested_body_what_it_says_of_no_json(who, writes, world, as_, caplog):
    """Whoever reads the body refuses it with 400; who does not read it, or may not be asked, never comes to it."""
    client, wrong, refused = as_(world["people"][who]), [], 0
    for name, method, path in writes:
        usual = sent(client, method, path, "no json").status_code
        for number, depth in enumerate(DEPTHS):
            answer = sent(client, method, path, nested(depth)[number % 2])
            if answer.status_code != usual:
                wrong.append(f"{method} {name} {depth}: {answer.status_code} and not {usual}")
            elif usual == 400:
                refused += 1
                assert "too deeply" in answer.json()["detail"]
    assert not wrong
    assert refused > 50
    assert not [record for record in caplog.records if record.exc_info]


def test_what_is_as_deep_as_allowed_is_read(as_, ada):
    answer = as_(ada).post("/api/v1/tokens/", nested(DEEPEST)[1], "application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"]["spec"] == ["There is no such field."]


@pytest.mark.parametrize("depth", [900, 100_000])
def test_every_text_field_of_a_page_takes_deep_yaml_for_wrong(depth, world, as_, caplog):
    """The same in the fields of forms that take YAML or JSON."""
    text = "[" * depth
    fields = ("text", "values", "node_pools", "kubeconfig", "more", "singleuser.profileList", "hub.services", "names")
    for who in ("ines", "stan"):
        client = as_(world["people"][who])
        for name in OURS:
            with transaction.atomic():
                answer = client.post(address(name, world), dict.fromkeys(fields, text))
                transaction.set_rollback(True)
            assert answer.status_code < 500, name
    assert not [record for record in caplog.records if record.exc_info and record.levelno >= logging.ERROR]


@pytest.mark.parametrize("depth", DEPTHS)
def test_depth_is_counted_without_recursion(depth):
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    assert yaml_text.too_deep(value) is (depth > DEEPEST)
    mapped = json.loads(nested(DEEPEST)[1])
    assert not yaml_text.too_deep(mapped)


# What was read by yaml_text before: a stored kubeconfig, and a text whose places are looked for.
READ_BEFORE = ("provisioning/runtimes/kubernetes/client.py", "provisioning/runtimes/kubernetes/offers.py",
               "hubs/spec/hiding.py", "hubs/spec/yaml_text.py")  # fmt: skip


def test_whatever_people_paste_is_read_by_one_reader():
    """9 kB of “[” took PyYAML 25 s by itself."""
    own = {
        str(path.relative_to(settings.BASE_DIR))
        for folder in ("hubs", "portal", "provisioning") for path in Path(settings.BASE_DIR, folder).rglob("*.py")
        if any(word in path.read_text() for word in ("safe_load", "SafeLoader", "yaml.parse(", "yaml.load("))
    }  # fmt: skip
    assert own == set(READ_BEFORE)
