"""Node pools as staff type them."""

import pytest

from hubs.clusters.forms.clusters import SettingsForm
from hubs.clusters.forms.node_pools import EXAMPLE, parse
from tests.clusters import TYPED


def test_node_pools_are_stored_in_the_form_of_pods():
    assert parse("") == []
    assert parse("- name: any") == [{"name": "any", "nodeSelector": {}, "tolerations": []}]
    assert parse(EXAMPLE)[0]["nodeSelector"] == {"hub.jupyter.org/node-purpose": "user"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("name: teaching", "Enter a list"),
        ("- teaching", "Enter a list"),
        ("- name: Teaching!", "Pool 1 needs a name"),
        ("- nodeSelector: {a: b}", "Pool 1 needs a name"),
        ("- name: a\n- name: a", "a different name"),
        ("- name: a\n  selector: {}", "unknown key “selector”"),
        ("- name: a\n  nodeSelector: [x]", "label: value"),
        ("- name: a\n  nodeSelector: {gpu: true}", "quotes around the value of gpu"),
        ("- name: a\n  nodeSelector: {gpu: 'a b'}", "“a b” is not a valid label value"),
        ("- name: a\n  nodeSelector: {'-x': y}", "“-x” is not a valid label name"),
        (f"- name: a\n  nodeSelector: {{{'x' * 64}: y}}", "not a valid label name"),
        (f"- name: a\n  nodeSelector: {{x: {'y' * 64}}}", "not a valid label value"),
        ("- name: a\n  tolerations: {key: x}", "begins with “- key"),
        ("- name: a\n  tolerations: [{key: x, taint: y}]", "unknown key “taint”"),
        ("- name: a\n  tolerations: [{key: x, operator: In}]", "Equal or Exists"),
        ("- name: a\n  tolerations: [{key: x, operator: [In]}]", "Equal or Exists"),
        ("- name: a\n  tolerations: [{value: x}]", "without a key"),
        ("- name: a\n  tolerations: [{key: x, value: true}]", "Put quotes"),
        ("- name: a\n  tolerations: [{key: x, operator: Exists, value: 'y'}]", "must not have a value"),
        ("- name: a\n  tolerations: [{key: x, effect: Never}]", "effect must be one of"),
        ("- name: a\n  tolerations: [{key: x, tolerationSeconds: 1.5}]", "whole number"),
        ("- name: &a x\n  nodeSelector: {y: *a}", "Anchors"),
        ("x" * 8001, "at most 8000"),
        ("\n".join(f"- name: p{n}" for n in range(21)), "at most 20"),
        ("[" * 4000, "too deeply nested"),
    ],
)
def test_errors_of_node_pools_name_their_place(typed, words):
    form = SettingsForm({**TYPED, "node_pools": typed})
    assert not form.is_valid()
    assert any(part in form.errors["node_pools"][0] for part in words.split("|")), form.errors["node_pools"]
