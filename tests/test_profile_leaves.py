"""A profile list is stored leaf by leaf: a key without a field stays beside the known ones, and sizes count."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs.spec import HubSpec, SpecError, from_draft, to_draft, verdicts
from hubs.spec.draft import parse
from hubs.spec.imports import from_values
from hubs.spec.judges import Facts
from hubs.spec.profile_outline import outline
from hubs.spec.profiles import as_values
from hubs.spec.values import to_values

BIG = {"display_name": "Big", "kubespawner_override": {"mem_limit": "32G", "cpu_limit": 8}}
WORDS = {"description", "description_in_choices"}  # of a choice and of a free answer: they have a field


def listed(profile: Any) -> HubSpec:
    return parse({"about": {"title": "Any"}, "singleuser": {"profileList": [profile]}})


def with_key(where: str, key: str, value: Any) -> dict[str, Any]:
    """Return a profile with one more key, at one of the four levels."""
    parts: dict[str, dict[str, Any]] = {
        "choice": dict(BIG), "free": {"enabled": True, "kubespawner_override": {"image": "quay.io/{value}"}},
        "option": {"display_name": "Size"}, "profile": {"display_name": "One"},
    }  # fmt: skip
    parts[where][key] = value
    parts["option"] |= {"choices": {"big": parts["choice"]}, "unlisted_choice": parts["free"]}
    return {**parts["profile"], "profile_options": {"size": parts["option"]}}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("abc", max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=5,
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["profile", "option", "choice", "free"]),
    st.sampled_from(["badge", "icon", "order"]),
    json_values,
)
def test_a_key_without_a_field_stays_where_it_is(where, key, value):
    profile = with_key(where, key, value)
    found = from_values({"singleuser": {"profileList": [profile]}})
    assert found.round_trip
    assert not found.spec.more, "the list is kept"
    spec = found.spec
    assert as_values(spec.singleuser.profileList) == [profile]
    assert (spec.memory_mib, spec.cpu) == (32 * 1024, 8), "and its largest choice counts"
    assert from_draft(to_draft(spec)) == spec
    assert HubSpec.stored(json.loads(spec.model_dump_json())) == spec
    assert to_values(spec)["singleuser"]["profileList"] == [profile], "the hub's values have it, too"
    looks = [look.message for _, _, look in verdicts.looks(spec, None, Facts())]
    assert any(key in message for message in looks), "a reviewer sees that no hub reads it"


@pytest.mark.parametrize(("where", "key"), [("choice", "description"), ("choice", "slug"), ("free", "description"),
                                            ("free", "description_in_choices"), ("profile", "slug")])  # fmt: skip
def test_texts_of_a_choice_have_a_field(where, key):
    spec = listed(with_key(where, key, "big-one"))
    assert to_values(spec)["singleuser"]["profileList"] == [with_key(where, key, "big-one")]
    assert not any("settings that hubs ignore" in look.message for _, _, look in verdicts.looks(spec, None, Facts()))
    with pytest.raises(SpecError):
        listed(with_key(where, key, "\x00"))


def test_the_builder_keeps_keys_without_a_control():
    for where in ("profile", "option", "choice", "free"):
        text = to_draft(listed(with_key(where, "icon", "star")))["singleuser.profileList"]
        assert json.dumps(outline(text)).count("icon: star") == 1


@pytest.mark.parametrize("value", ["x" * 30_000, [[[[[[[[[[[[1]]]]]]]]]]]], {"password": "hunter2hunter2"}])
def test_keys_without_a_field_are_bounded_and_hold_no_secret(value):
    for where in ("profile", "option", "choice", "free"):
        with pytest.raises(SpecError):
            listed(with_key(where, "icon", value))


@pytest.mark.parametrize(("where", "key"), [("profile", "allowed_group"), ("profile", "profile_optons"),
                                            ("choice", "kubespawner_overide"), ("option", "choises")])  # fmt: skip
def test_a_typing_error_is_reported(where, key):
    with pytest.raises(SpecError, match="There is no field"):
        listed(with_key(where, key, {}))
