"""Bodies that no honest client sends: nested so deeply that a library which reads or writes them would fail."""

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
    """Return (name, method, path) of every endpoint that writes."""
    return [
        (name, method, api_address(name, world, places))
        for name in API for method in methods(name) if method in WRITES
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["ines", "stan"])
def test_every_endpoint_answers_a_nested_body_like_invalid_json(who, writes, world, as_, caplog):
    """Endpoints that read the body refuse it with 400. Others, and callers without the right, answer as always."""
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


def test_a_body_of_the_allowed_depth_is_read(as_, ada):
    answer = as_(ada).post("/api/v1/tokens/", nested(DEEPEST)[1], "application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"]["spec"] == ["There is no such field."]


@pytest.mark.parametrize("depth", [900, 100_000])
def test_every_text_field_of_a_page_refuses_deep_yaml(depth, world, as_, caplog):
    """Fields of forms that accept YAML or JSON refuse it, too."""
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


# Texts that the former reader accepted: a stored kubeconfig, and a text whose line numbers are looked up.
READ_BEFORE = ("provisioning/runtimes/kubernetes/client.py", "provisioning/runtimes/kubernetes/offers.py",
               "hubs/spec/hiding.py", "hubs/spec/yaml_text.py")  # fmt: skip


def test_pasted_yaml_is_read_by_one_reader():
    """PyYAML alone took 25 s for 9 kB of “[”."""
    own = {
        str(path.relative_to(settings.BASE_DIR))
        for folder in ("hubs", "portal", "provisioning") for path in Path(settings.BASE_DIR, folder).rglob("*.py")
        if any(word in path.read_text() for word in ("safe_load", "SafeLoader", "yaml.parse(", "yaml.load("))
    }  # fmt: skip
    assert own == set(READ_BEFORE)
