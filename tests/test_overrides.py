"""The settings that a choice may override on a server, setting by setting and value by value."""

import copy

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kubespawner import KubeSpawner  # type: ignore[import-untyped]

from hubs.spec import HubSpec, SpecError, from_draft, yaml_text
from hubs.spec.draft import parse
from hubs.spec.overrides import KNOWN, PLAIN
from hubs.spec.profiles import beyond_plain, free_images, largest
from hubs.spec.reading import reads
from hubs.spec.threats import OVERRIDES

READS_A_SECRET = {"valueFrom": {"secretKeyRef": {"name": "hub", "key": "cookie_secret"}}}
# A valid value of each plain setting.
RIGHT = {
    "image": "quay.io/jupyter/scipy-notebook:2026-10-05", "image_pull_policy": "Always", "mem_limit": "2G",
    "mem_guarantee": 536870912, "cpu_limit": 2, "cpu_guarantee": 0.5, "default_url": "/lab", "working_dir": "/srv",
    "environment": {"COURSE": "101"},
}  # fmt: skip
LIMITS = ("mem_limit", "mem_guarantee", "cpu_limit", "cpu_guarantee", "default_url")  # null: as the server has it


def of(override, **more):
    """Return a spec whose only profile has this override."""
    return {"about": {"title": "Any"}, "singleuser": {"profileList": [
        {"display_name": "One", "kubespawner_override": override, **more}]}}  # fmt: skip


def profiles(*found):
    return parse({"about": {"title": "Any"}, "singleuser": {"profileList": list(found)}}).singleuser.profileList


def wrong(data):
    with pytest.raises(SpecError) as caught:
        parse(data)
    return " ".join(caught.value.errors["singleuser.profileList"])


def test_every_setting_is_kubespawners_own_and_has_a_verdict():
    known = set(KubeSpawner.class_traits(config=True))
    assert known >= KNOWN | set(PLAIN)
    assert not KNOWN & set(PLAIN)
    assert set(OVERRIDES) == set(PLAIN), "a new plain setting needs a verdict in hubs/spec/threats.py"


def test_settings_that_reach_outside_the_hub_are_refused_in_a_choice():
    """New settings of KubeSpawner are unknown here until they have a verdict."""
    for name in sorted({*KubeSpawner.class_traits(config=True), "user", "hub", "portal"} - KNOWN - set(PLAIN)):
        assert "not a setting of KubeSpawner that a choice can change" in wrong(of({name: "x"}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(sorted(PLAIN)), json_values)
@example("cpu_guarantee", "0")
@example("cpu_limit", "500m")
def test_every_plain_override_has_a_type(name, value):
    """Any value is refused, or stored in the one type that the setting has."""
    try:
        [one] = profiles(*of({name: value})["singleuser"]["profileList"])
    except SpecError:
        return
    value = one.kubespawner_override[name]
    if value is None:
        assert name in LIMITS
    elif name == "environment":
        assert isinstance(value, dict)
        assert all(isinstance(text, str) for pair in value.items() for text in pair)
    elif name.startswith("cpu"):
        assert isinstance(value, int | float)
        assert not isinstance(value, bool)
    elif name.startswith("mem"):
        assert isinstance(value, int | float | str)
        assert not isinstance(value, bool)
    else:
        assert isinstance(value, str)


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_valid_values_are_accepted_and_all_others_get_a_sentence(name):
    assert beyond_plain(parse(of({name: RIGHT[name]})).singleuser.profileList) == []
    for value in ([], [1, 2], {}, {"a": {"b": 1}}, True, float("inf"), -1, "", "\x00"):
        if (name, value) != ("environment", {}):
            assert name in wrong(of({name: value}))


@pytest.mark.parametrize(
    "value",
    [READS_A_SECRET, {"value_from": {"secret_key_ref": {"name": "hub", "key": "x"}}}, 101, True, None, ["a"], {"a": 1}],
)  # fmt: skip
def test_an_environment_is_text(value):
    assert "must be text" in wrong(of({"environment": {"A": value}}))
    choice = {"o": {"display_name": "O", "choices": {"c": {"display_name": "C", "kubespawner_override": {
        "environment": {"A": value}}}}}}  # fmt: skip
    assert "must be text" in wrong(of({}, profile_options=choice))
    free = {"o": {"display_name": "O", "unlisted_choice": {"enabled": True, "kubespawner_override": {
        "image": "{value}", "environment": {"A": value}}}}}  # fmt: skip
    assert "must be text" in wrong(of({}, profile_options=free))


@pytest.mark.parametrize("name", ["1A", "A-B", "A B", "A=B", "", "PGPASSWORD"])
def test_the_name_of_a_variable_is_checked(name):
    assert "environment" in wrong(of({"environment": {name: "x"}}))


READING = [
    {"volumes": [{"name": "x", "secret": {"secretName": "hub"}}]},
    {"volumes": [{"name": "x", "secret": {"secret_name": "hub"}}]},
    {"volumes": [{"name": "x", "configMap": {"name": "hub"}}]},
    {"volumes": [{"name": "x", "projected": {"sources": [{"secret": {"name": "proxy"}}]}}]},
    {"volumes": [{"name": "x", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]},
    {"extra_containers": [{"name": "x", "image": "a:1", "env": [{"name": "A", **READS_A_SECRET}]}]},
    {"init_containers": [{"name": "x", "image": "a:1", "envFrom": [{"secretRef": {"name": "image-pull"}}]}]},
    {"extra_container_config": {"envFrom": [{"configMapRef": {"name": "hub"}}]}},
    {"extra_container_config": {"env_from": [{"secret_ref": {"name": "{username}"}}]}},
    {"extra_pod_config": {"serviceAccountName": "hub"}},
    {"volumes": [{"name": "x", "csi": {"driver": "d", "nodePublishSecretRef": {"name": "hub"}}}]},
    {"volumes": [{"name": "x", "persistentVolumeClaim": {"claimName": "hub-db-dir"}}]},
    {"volumes": [{"name": "x", "persistent_volume_claim": {"claim_name": "hub-db-dir"}}]},
    {"volumes": [{"name": "x", "secret": {"secretName": "sh.helm.release.v1.hub.v1"}}]},
]


@pytest.mark.parametrize("override", READING)
def test_neither_choices_nor_more_configuration_read_objects_of_the_portal(override):
    assert "that the portal stores for the hub only" in wrong(of(override))
    more = {"about": {"title": "Any"}, "more": {"singleuser": {"extraPodConfig": override}}}
    with pytest.raises(SpecError) as caught:
        parse(more)
    assert "that the portal stores" in " ".join(caught.value.errors["more"])


def test_an_organisations_own_objects_may_be_read_after_review():
    own = {"volumes": [{"name": "keys", "secret": {"secretName": "course-keys"}}]}
    assert [one.name for one in reads(own)] == ["course-keys"]
    assert beyond_plain(parse(of(own)).singleuser.profileList) == ["volumes"]


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(READING), st.lists(st.sampled_from(["a", "list", "env", "spec"]), max_size=6))
def test_a_reference_is_found_however_deep_it_is(override, around):
    tree = copy.deepcopy(override)
    for name in around:
        tree = [tree] if name == "list" else {name: tree}
    assert any(one.is_the_portals for one in reads(tree))


def test_the_largest_size_of_any_choice_counts():
    """A guarantee counts, too, because it is reserved."""
    found = profiles(
        {"display_name": "A", "kubespawner_override": {"mem_limit": "4G", "cpu_guarantee": 3}},
        {"display_name": "B", "kubespawner_override": {"mem_guarantee": "9G"}},
    )
    assert (largest(found, "memory"), largest(found, "cpu")) == (9 * 1024**3, 3)


@pytest.mark.parametrize(
    ("image", "pattern", "free"),
    [
        ("{value}", "", True),
        ("{value}", "^.+:.+$", True),
        ("{value}", "quay.io/jupyter/.+", True),  # a dot is any letter: quayXio/...
        ("{value}", r"^quay\.io/jupyter/.+|.*", True),
        ("{value}", r"^quay\.io/?.+", True),  # quay.ioevil.example.org
        ("{value}", r"^quay\.io/jupyter/.+:.+$", False),
        ("{value}", r"quay\.io/.+", False),
        ("{value}", r"^registry\.example\.org:5000/team/.+$", False),
        ("quay.io/{value}", "", False),
        ("quay.io{value}", "", True),
        ("team/{value}", "", True),
        ("quay.io/jupyter/scipy-notebook:1", "", False),
    ],
)
def test_a_free_image_is_tied_to_a_registry_or_looked_at(image, pattern, free):
    option = {"display_name": "Image", "unlisted_choice": {"enabled": True, "validation_regex": pattern,
              "kubespawner_override": {"image": image}}}  # fmt: skip
    found = profiles({"display_name": "One", "profile_options": {"image": option}})
    assert free_images(found) == (["One"] if free else [])


def test_typed_values_can_not_become_sizes():
    def free(override):
        unlisted = {"enabled": True, "kubespawner_override": override}
        return of({}, profile_options={"size": {"display_name": "Size", "unlisted_choice": unlisted}})

    assert "can be used only in an image" in wrong(free({"node_selector": {"pool": "{value}"}}))
    assert "mem_limit" in wrong(free({"mem_limit": "{value}"}))


def test_an_older_hub_is_read_and_counted_and_must_be_corrected_when_it_is_changed():
    """A stored spec never fails to load: its page works, and its next change names the errors."""
    old = of({"environment": {"A": READS_A_SECRET}, "mem_limit": [1], "service_account": "hub", "cpu_limit": 3})
    spec = HubSpec.stored(old)
    assert beyond_plain(spec.singleuser.profileList) == ["environment", "mem_limit", "service_account"]
    assert (spec.memory_mib, spec.cpu) == (1024, 3)
    text = yaml_text.dump(spec.model_dump(mode="json")["singleuser"]["profileList"])
    with pytest.raises(SpecError) as caught:
        from_draft({"about.title": "Any", "singleuser.profileList": text})
    assert set(caught.value.errors) == {"singleuser.profileList"}
