"""Real profile lists become fields: imported whole, every leaf typed, exported unchanged, and described in words."""

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs.spec import HubSpec, SpecError, difference, from_draft, to_draft, verdicts, yaml_text
from hubs.spec.diff import in_words
from hubs.spec.draft import parse
from hubs.spec.fields import FIELDS
from hubs.spec.imports import Imported, from_files, from_values
from hubs.spec.judges import Facts
from hubs.spec.kept import File
from hubs.spec.offers import apart
from hubs.spec.overrides import KNOWN, PLAIN
from hubs.spec.profile_doubts import doubts
from hubs.spec.profile_outline import outline
from hubs.spec.profile_spelling import respelled
from hubs.spec.profile_words import cards, cores, gib, server
from hubs.spec.profiles import as_values
from hubs.spec.values import to_values
from tests.profile_lists import as_kept, broken, profile_lists
from tests.words import OPENS_WITH

PATH = "singleuser.profileList"
SLOW = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def imported(profiles: Any) -> Imported:
    return from_values({"singleuser": {"profileList": copy.deepcopy(profiles)}})


def fates(found: Imported) -> set[str]:
    return {leaf.fate for leaf in found.leaves if leaf.name == PATH}


@SLOW
@given(profile_lists())
def test_a_real_list_is_imported_whole_and_exported_unchanged(profiles):
    found = imported(profiles)
    assert (fates(found), found.spec.more, found.problems, found.round_trip) == ({"typed"}, {}, (), True)
    spec = parse({"about": {"title": "Any"}, "singleuser": {"profileList": profiles}})
    assert spec.singleuser.profileList == found.spec.singleuser.profileList, "the API and a file give the same"
    assert as_values(spec.singleuser.profileList) == profiles
    assert to_values(spec)["singleuser"]["profileList"] == profiles, "the hub gets it unchanged"
    assert from_draft(to_draft(spec)) == spec, "and by the form"
    assert HubSpec.stored(json.loads(spec.model_dump_json())) == spec
    assert not any("settings that hubs ignore" in look.message for _, _, look in verdicts.looks(spec, None, Facts()))


@SLOW
@given(as_kept())
def test_values_that_kubespawner_can_not_read_are_normalised(profiles):
    found = imported(profiles)
    assert (fates(found), found.spec.more, found.problems, found.round_trip) == ({"typed"}, {}, (), True)
    written = as_values(found.spec.singleuser.profileList)
    assert respelled(written) == (written, []), "a second time changes nothing"
    moved = sum("default" in one["kubespawner_override"] for one in profiles)
    assert sum("“default” is not a setting" in note for note in found.notes) == moved, "every move is reported"
    assert sum(bool(one.get("default")) for one in written) <= 1
    with_default = [number for number, one in enumerate(profiles) if one["kubespawner_override"].get("default")]
    if with_default and not profiles[0].get("default"):
        assert [number for number, one in enumerate(written) if one.get("default")] == with_default[:1]


@SLOW
@given(profile_lists().flatmap(broken))
def test_a_list_with_an_error_stays_whole_and_names_the_place(profiles):
    found = imported(profiles)
    assert (fates(found), found.spec.more, found.round_trip) == ({"typed"}, {}, True)
    assert as_values(found.spec.singleuser.profileList) == profiles
    [said] = [one for one in found.problems if one.startswith(PATH)]
    assert said.startswith((f"{PATH}.{len(profiles) - 1}.", f"{PATH}.{len(profiles) - 1}: "))
    with pytest.raises(SpecError) as caught:
        from_draft(to_draft(found.spec))
    assert set(caught.value.errors) == {PATH}, "the draft opens with it, to be corrected there"


def test_maps_are_lists_as_the_chart_reads_them():
    found = imported({"b": {"display_name": "B"}, "a": {"display_name": "A"}, "c": None})
    assert [one.display_name for one in found.spec.singleuser.profileList] == ["A", "B"]
    assert found.round_trip


def test_the_samples_are_typed_to_the_last_leaf():
    for name in ("research.yaml", "as-kept/research.common.values.yaml"):
        with open(f"tests/data/z2jh/samples/{name}", encoding="utf-8") as file:
            found = from_files([File(name, file.read())])
        assert fates(found) == {"typed"}
        assert found.problems == ()


# --- the builder ------------------------------------------------------------------------------------------------------
def assembled(item: dict[str, Any]) -> dict[str, Any]:
    """Return what static/js/profiles/yaml.js writes for an outline that was not edited."""
    made: dict[str, Any] = {}
    for name, value in item.items():
        match name:
            case "kubespawner_override":
                made[name] = {**value["fields"], **(yaml_text.load(value["more"]) or {})}
            case "profile_options" | "choices":
                made[name] = {key: assembled(one) for key, one in value}
            case "unlisted_choice":
                made[name] = assembled(value)
            case "dynamic_image_building":
                made[name] = {"enabled": value}
            case "more":
                made |= yaml_text.load(value) or {}
            case _:
                made[name] = value
    return made


@SLOW
@given(profile_lists())
def test_the_builder_has_controls_for_common_keys_and_keeps_the_rest(profiles):
    found = outline(yaml_text.dump(profiles))
    assert [assembled(one) for one in found] == profiles
    beyond = [line for one in found for line in _more(one)]
    assert {line.split(":")[0] for line in beyond} <= {"init_containers", "extra_resource_limits", "environment"}


def _more(item: dict[str, Any]) -> list[str]:
    """Return the first lines of keys without a control."""
    texts = [item.get("more", ""), item.get("kubespawner_override", {}).get("more", "")]
    below = [one for name in ("profile_options", "choices") for _, one in item.get(name, [])]
    below += [item["unlisted_choice"]] if "unlisted_choice" in item else []
    keys = [key for text in texts for key in yaml_text.load(text or "{}") or {}]
    return keys + [line for one in below for line in _more(one)]


# --- in words ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("override", "words"),
    [
        ({"mem_limit": "2G", "mem_guarantee": "1G"}, {"Memory": "2 GiB (1 GiB guaranteed)"}),
        ({"mem_guarantee": "1696M"}, {"Memory": "at least 1.656 GiB"}),
        ({"mem_guarantee": 1991244775, "mem_limit": 1991244775}, {"Memory": "1.854 GiB"}),
        ({"mem_limit": None, "mem_guarantee": "14G"}, {"Memory": "no limit (14 GiB guaranteed)"}),
        ({"mem_limit": "512M"}, {"Memory": "up to 512 MiB"}),
        ({"cpu_limit": 0.5, "cpu_guarantee": 0.5}, {"CPU": "half a core"}),
        ({"cpu_limit": 2, "cpu_guarantee": 0.05}, {"CPU": "2 cores (0.05 guaranteed)"}),
        ({"cpu_limit": None}, {"CPU": "no limit"}),
        ({"extra_resource_limits": {"nvidia.com/gpu": "1"}}, {"GPUs": "1 (NVIDIA)"}),
        ({"node_selector": {"cloud.example/pool": "gpu"}}, {"Node pool": "pool gpu"}),
        ({"environment": {"A": "1", "B": ""}}, {"Environment variables": "A=1, B="}),
        ({"default_url": "/lab", "working_dir": "/srv"}, {OPENS_WITH: "/lab", "Working directory": "/srv"}),
        ({"image": "{value}"}, {"Image": "what people type"}),
        ({"tolerations": [{"key": "a"}]}, {"Tolerations": "(key: a)"}),
    ],
)
def test_what_a_server_gets_in_words(override, words):
    assert server(override) == words


def test_a_node_pool_is_shown_by_its_name():
    pools = [{"name": "Big nodes", "nodeSelector": {"pool": "big"}}]
    assert server({"node_selector": {"pool": "big"}}, pools) == {"Node pool": "Big nodes"}
    assert (gib("2G"), cores(1)) == ("2 GiB", "1 core")


@SLOW
@given(profile_lists())
def test_the_table_has_every_profile_and_choice_and_no_raw_name(profiles):
    spec = imported(profiles).spec
    shown = cards(spec.singleuser.profileList)
    assert [one.own.name for one in shown] == [one["display_name"] for one in profiles]
    for card, profile in zip(shown, profiles, strict=True):
        for table, option in zip(card.tables, profile.get("profile_options", {}).values(), strict=True):
            typed = option.get("unlisted_choice", {}).get("enabled", False)
            assert len(table.rows) == len(option["choices"]) + typed
            assert sum(row.first for row in table.rows) == 1
    labels = {label for card in shown for row in [card.own, *(r for t in card.tables for r in t.rows)]
              for label, _ in row.more}  # fmt: skip
    assert not labels & (KNOWN | set(PLAIN))
    assert in_words(FIELDS[PATH], spec.singleuser.profileList) == ", ".join(one["display_name"] for one in profiles)


@SLOW
@given(profile_lists(), st.data())
def test_a_difference_names_the_changed_part(profiles, data):
    before = imported(profiles).spec
    assert difference(before, before) == []
    new = copy.deepcopy(profiles)
    places = [one.setdefault("kubespawner_override", {}) for one in new]
    asked = [option for one in new for option in one.get("profile_options", {}).values()]
    places += [choice.setdefault("kubespawner_override", {}) for one in asked for choice in one["choices"].values()]
    place = data.draw(st.sampled_from(range(len(places))))
    places[place]["mem_guarantee"] = "77M"
    after = imported(new).spec
    found = difference(before, after)
    if before == after:
        assert found == []
        return
    assert [one for one in found if one.label.endswith(" › Memory") and "77 MiB" in one.after]
    assert not any(
        name in f"{one.label} {one.before} {one.after}" for one in found for name in ("mem_", "cpu_", "kubespawner")
    )


def test_a_difference_of_two_lists_has_one_line_per_part():
    old = [{"display_name": "Small", "kubespawner_override": {"mem_limit": "1G"}}]
    new = [{"display_name": "Small", "kubespawner_override": {"mem_limit": "2G"}},
           {"display_name": "GPU", "allowed_groups": ["lab"], "kubespawner_override": {
               "extra_resource_limits": {"nvidia.com/gpu": "1"}, "mem_limit": "8G"}}]  # fmt: skip
    found = difference(imported(old).spec, imported(new).spec)
    label = FIELDS[PATH].words.label
    assert [(one.label, one.before, one.after) for one in found] == [
        (f"{label}: Small › Memory", "up to 1 GiB", "up to 2 GiB"),
        (f"{label}: GPU", "", "Only for: lab · up to 8 GiB · GPUs: 1 (NVIDIA)"),
    ]
    twice = difference(imported([*new, new[0]]).spec, imported([*new, {**new[0], "description": "x"}]).spec)
    assert [(one.label, one.after) for one in twice] == [(f"{label}: Small › Description", "x")], (
        "also when two are alike"
    )
    moved = difference(imported(new).spec, imported(new[::-1]).spec)
    assert [(one.label, one.before, one.after) for one in moved] == [(f"{label}: Order", "Small, GPU", "GPU, Small")]


# --- what needs review ------------------------------------------------------------------------------------------------
@SLOW
@given(profile_lists())
def test_gpus_and_other_node_pools_need_review(profiles):
    """Nor by a choice of a choice, a disabled free answer, or an option that is offered to no one."""
    spec = imported(profiles).spec
    asks = {name for profile in spec.singleuser.profileList for one in profile.overrides() for name in one}
    shared = asks & {"extra_resource_limits", "node_selector", "init_containers"}
    found = [look for _, verdict, look in verdicts.looks(spec, None, Facts())]
    looked = [look for look in found if "Staff check that the cluster supports it" in look.message]
    assert bool(looked) is bool(shared)
    if "extra_resource_limits" in asks:
        assert max(look.amount for look in looked) == spec.seats, "as many GPUs as there may be servers"
    assert any("build images" in look.message for look in found) is any(
        option.dynamic_image_building and option.dynamic_image_building.enabled
        for profile in spec.singleuser.profileList for option in profile.profile_options.values()
    )  # fmt: skip


# --- names ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("names", "alike"),
    [(["A b", "A-b"], True), (["A", "A"], True), (["李", "李"], True), (["李", "王"], False), (["A", "B"], False)],
)
def test_profiles_that_people_cannot_tell_apart_are_reported(names, alike):
    spec = imported([{"display_name": name} for name in names]).spec
    assert bool(list(doubts(spec.singleuser.profileList))) is alike


def test_an_option_with_typed_answers_only_is_reported():
    free = {"enabled": True, "kubespawner_override": {"image": "quay.io/{value}"}}
    option = {"display_name": "Image", "unlisted_choice": free}
    [(path, name, said)] = doubts(
        imported([{"display_name": "A", "profile_options": {"image": option}}]).spec.singleuser.profileList
    )
    assert (path[:3], name) == ((0, "profile_options", "image"), "A: Image")
    assert "Links and apps that start a server" in said


@given(st.lists(st.fixed_dictionaries({"display_name": st.sampled_from(["A", "a", "B", "!"])},
                                      optional={"slug": st.sampled_from(["a", "a-2", ""])}), max_size=5))  # fmt: skip
def test_every_profile_can_be_reached(profiles):
    def slug_of(name: str) -> str:
        return name.lower().strip("!")

    found = apart(profiles, slug_of)
    slugs = [one["slug"] for one in found]
    assert len(set(slugs)) == len(slugs)
    assert all(slugs)
    assert apart(found, slug_of) == found
    firsts: dict[str, int] = {}
    for number, one in enumerate(profiles):
        firsts.setdefault(one.get("slug") or slug_of(one["display_name"]), number)
    assert all(slugs[number] == wanted for wanted, number in list(firsts.items())[:1] if wanted)
