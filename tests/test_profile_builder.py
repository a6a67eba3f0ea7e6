"""The profile builder on the server: its outline, what it sends, and sizes of nodes. tests/browser/ tests its page."""

import json
import re

import pytest
from django.urls import reverse
from hypothesis import assume, given
from hypothesis import strategies as st

from hubs.clusters.forms.node_pools import parse
from hubs.requests.forms.profile_builder import LadderForm, ProfilesEditor, pools_attr
from hubs.spec import yaml_text
from hubs.spec.ladder import GIB, LARGEST, MOST_STEPS, LadderError, gib, ladder, usual_reserve
from hubs.spec.profile_outline import as_builder, outline, problems
from hubs.spec.types import MIB, memory_bytes

PROFILES = """
- display_name: Big
  slug: big
  default: true
  allowed_groups: [gpu]
  kubespawner_override: {image: "a:1", mem_limit: 2G, node_selector: {pool: gpu}, tolerations: [{key: gpu}]}
  profile_options:
    "10":
      display_name: Size
      choices:
        "9": {display_name: Small, kubespawner_override: {cpu_limit: 1}}
        "2": {display_name: Large, default: true}
      unlisted_choice: {enabled: true, display_name: Other, kubespawner_override: {image: "{value}"}}
"""


# --- the ladder
@given(
    memory=st.one_of(st.integers(GIB, 1024 * GIB), st.integers(MIB, LARGEST)),
    cores=st.floats(0.5, 1024),
    kept=st.floats(0, 0.99),
    steps=st.integers(1, MOST_STEPS),
    factor=st.floats(1, 10),
)
def test_guaranteed_memory_of_all_servers_fits_the_node(memory, cores, kept, steps, factor):
    reserved, reserved_cores = int(memory * kept), cores * kept
    assume(steps == 1 or (memory - reserved) >> (steps - 1) > 65 * MIB)
    assume(memory - reserved > 65 * MIB and cores - reserved_cores > 0.011 * 2 ** (steps - 1))
    rungs = ladder(memory, cores, reserved_memory=reserved, reserved_cores=reserved_cores, steps=steps, factor=factor)
    assert [rung.servers for rung in rungs] == [2**step for step in reversed(range(steps))]
    for rung in rungs:
        assert rung.mem_guarantee * rung.servers <= memory - reserved
        assert rung.mem_guarantee * rung.servers > memory - reserved - rung.servers * MIB  # and wastes little
        assert rung.mem_guarantee <= rung.mem_limit <= memory - reserved
        assert rung.cpu_guarantee * rung.servers <= cores - reserved_cores + 1e-9
        assert 0 < rung.cpu_guarantee <= rung.cpu_limit
        override = rung.override()
        assert memory_bytes(override["mem_guarantee"]) == rung.mem_guarantee
        assert memory_bytes(override["mem_limit"]) == rung.mem_limit
    assert len({rung.key for rung in rungs}) == steps


def test_sizes_are_shown_as_people_read_them():
    small, large = ladder(32 * GIB, 4, reserved_memory=4 * GIB, steps=2)
    assert (small.name, small.key) == ("14 GiB, up to 4 CPU", "mem_14")
    assert small.override() == {"mem_guarantee": "14G", "mem_limit": "14G", "cpu_guarantee": 2.0, "cpu_limit": 4.0}
    assert (large.servers, large.name) == (1, "28 GiB, up to 4 CPU")
    burst = ladder(32 * GIB, 3.92, reserved_memory=4 * GIB, steps=3, factor=1.5)[0]
    assert burst.name == "7 GiB, up to 10.5 GiB and 3.9 CPU"
    assert (gib(GIB * 29 // 2), gib(600 * MIB)) == ("14.5", "0.58")


@pytest.mark.parametrize(
    ("size", "field", "words"),
    [
        ({"memory": 0, "cores": 4}, "memory", "GiB"),
        ({"memory": LARGEST + 1, "cores": 4}, "memory", "GiB"),
        ({"memory": GIB, "cores": 0}, "cores", "cores"),
        ({"memory": GIB, "cores": 2, "reserved_memory": GIB}, "reserved_memory", "nothing"),
        ({"memory": GIB, "cores": 2, "reserved_cores": 2}, "reserved_cores", "nothing"),
        ({"memory": GIB, "cores": 2, "steps": 0}, "steps", "Enter a number of sizes from 1 to 7"),
        ({"memory": GIB, "cores": 2, "steps": 8}, "steps", "Enter a number of sizes from 1 to 7"),
        ({"memory": GIB, "cores": 2, "steps": 7}, "steps", "too small"),
        ({"memory": GIB, "cores": 2, "factor": 0.5}, "factor", "from 1 "),
    ],
)
def test_a_node_that_cannot_be_shared_in_this_way(size, field, words):
    with pytest.raises(LadderError, match=words) as error:
        ladder(**size)
    assert error.value.field == field


@pytest.mark.parametrize(
    ("memory", "cores", "kept"),
    [(4 * GIB, 1, 1.125), (8 * GIB, 2, 1.9375), (32 * GIB, 4, 3.6875), (128 * GIB, 32, 9.4375)],
)
def test_memory_that_a_system_usually_reserves(memory, cores, kept):
    bytes_kept, cores_kept = usual_reserve(memory, cores)
    assert bytes_kept == kept * GIB  # 25 % of the first 4 GiB, 20 % of the next 4, 10 % of the next 8, …, + 100 MiB
    assert 0.06 <= cores_kept < cores
    assert usual_reserve(100 * MIB, 0.1)[0] <= 100 * MIB


# --- the outline
def test_an_outline_keeps_the_order_and_keys_without_a_control():
    (profile,) = outline(PROFILES)
    assert (profile["display_name"], profile["default"], profile["allowed_groups"]) == ("Big", True, ["gpu"])
    assert profile["kubespawner_override"]["fields"] == {
        "image": "a:1", "mem_limit": "2G", "node_selector": {"pool": "gpu"},
    }  # fmt: skip
    assert yaml_text.load(profile["kubespawner_override"]["more"]) == {"tolerations": [{"key": "gpu"}]}
    ((key, option),) = profile["profile_options"]
    assert (key, [name for name, _ in option["choices"]]) == ("10", ["9", "2"])
    assert option["unlisted_choice"]["kubespawner_override"]["fields"] == {"image": "{value}"}
    assert profile["more"] == option["more"] == ""


def test_values_of_another_type_are_kept_as_text():
    (profile,) = outline("- display_name: 7\n  default: maybe\n  odd: {a: 1}\n  profile_options: [x]\n")
    assert profile == {"more": profile["more"]}
    assert yaml_text.load(profile["more"]) == {
        "display_name": 7, "default": "maybe", "odd": {"a": 1}, "profile_options": ["x"],
    }  # fmt: skip
    assert outline("") == outline("# nothing\n") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1", "Enter a list of profiles"),
        ("- a", "Enter a list of profiles"),
        ("- a: [", "Line 1|Line 2"),
        ("- a: &x 1", "Line 1, column 6: Anchors"),
        ("- a: 1\n  a: 2", "is set twice"),
        ("x" * 300_000, "too long"),
    ],
)
def test_a_text_that_cannot_be_shown_as_cards_says_why(text, words):
    wrong = as_builder(text)["wrong"]
    assert any(part in wrong for part in words.split("|")), wrong


def test_problems_name_their_place():
    wrong = """
- display_name: ""
  kubespawner_override: {mem_limit: lots, cpu_limit: 2, image: "a:1"}
  profile_options:
    image: {display_name: Image, choices: {a: {display_name: A, nme: 1}}}
    "b>b": {display_name: B, choices: {a: {display_name: A}}}
    size: {display_name: Size}
- display_name: B
  slug: No!
"""
    found = {one.path: one.message for one in problems(wrong)}
    assert found[(0, "display_name")] == "This is too short."
    assert "512M or 2G" in found[(0, "kubespawner_override", "mem_limit")]
    assert (0, "kubespawner_override", "image") not in found
    assert (0, "profile_options", "image", "choices", "a", "nme") not in found, "kept beside the known ones"
    assert (0, "profile_options", "b>b") in found
    assert found[(0, "profile_options", "size")] == "“Size” has no choices yet. Add one."
    assert (1, "slug") in found
    assert problems(PROFILES) == problems("") == []
    both = problems("- {display_name: A, default: true}\n- {display_name: B, default: true}")
    assert [(one.path, "Only one profile" in one.message) for one in both] == [((), True)]


def test_the_text_area_has_the_data_that_the_builder_needs():
    shown = ProfilesEditor().render("profiles", "- display_name: '</textarea><script>'")
    assert "<script>" not in shown
    assert 'data-builder="{&quot;profiles&quot;:' in shown
    assert re.search(r'type="module"', str(ProfilesEditor().media))


# --- node pools
def test_a_node_pool_may_have_the_size_of_its_nodes():
    pools = parse("- name: big\n  memory: 32Gi\n  cpu: 3.5\n- name: any\n")
    assert (pools[0]["memory"], pools[0]["cpu"], "memory" in pools[1]) == ("32Gi", 3.5, False)
    shown = json.loads(pools_attr(pools)["data-builder-pools"])
    assert [(pool["name"], pool.get("memory"), pool.get("cores")) for pool in shown] == [
        ("big", 32.0, 3.5), ("any", None, None),
    ]  # fmt: skip
    assert pools_attr([]) == {}


# --- what the builder asks
@pytest.mark.django_db
def test_reading_a_text_again(as_, ines, zoe):
    url = reverse("profiles-read")
    answer = as_(ines).post(url, {"text": PROFILES.replace("\n", "\r\n")})
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(as_builder(PROFILES)))
    alike = as_(ines).post(url, {"text": "- display_name: A b\n- display_name: A-b\n"}).json()["warnings"]
    assert [(one["path"], "same name" in one["message"]) for one in alike] == [([1, "display_name"], True)]
    wrong = as_(zoe).post(url, {"text": "- a: ["})
    assert (wrong.status_code, list(wrong.json())) == (422, ["wrong"])
    assert as_(ines).post(url).json() == {"profiles": [], "problems": [], "warnings": []}
    assert as_(ines).get(url).status_code == 405
    assert as_(None).post(url, {"text": PROFILES})["Location"].startswith(reverse("sign-in"))


@pytest.mark.django_db
def test_sizes_of_a_node(as_, ines):
    url = reverse("profiles-ladder")
    answer = as_(ines).get(url, {"memory": "32", "cores": "4", "reserved_memory": "4", "steps": "2"})
    assert answer.status_code == 200
    assert [rung["servers"] for rung in answer.json()["rungs"]] == [2, 1]
    assert answer.json()["rungs"][0]["override"]["mem_guarantee"] == "14G"
    guessed = as_(ines).get(url, {"memory": "32", "cores": "4"}).json()
    assert (guessed["reserved_memory"], guessed["reserved_cores"]) == (3.69, 0.08)
    assert as_(ines).post(url).status_code == 405
    assert as_(None).get(url)["Location"].startswith(reverse("sign-in"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({}, "memory", "fill this in"),
        ({"memory": "lots", "cores": "4"}, "memory", "Enter a number"),
        ({"memory": "nan", "cores": "4"}, "memory", "Enter a number"),
        ({"memory": "1e300", "cores": "4"}, "memory", "more than any node"),
        ({"memory": "-1", "cores": "4"}, "memory", "GiB"),
        ({"memory": "32", "cores": "inf"}, "cores", "Enter a number"),
        ({"memory": "32", "cores": "4", "steps": "99"}, "steps", "from 1 to 7"),
        ({"memory": "32", "cores": "4", "factor": "nan"}, "factor", "Enter a number"),
        ({"memory": "32", "cores": "4", "reserved_memory": "32"}, "reserved_memory", "nothing"),
        ({"memory": "32", "cores": "4", "reserved_cores": "-1"}, "reserved_cores", "nothing"),
    ],
)
def test_an_invalid_node_is_refused(as_, ines, asked, field, words):
    answer = as_(ines).get(reverse("profiles-ladder"), asked)
    assert answer.status_code == 422
    assert words in answer.json()["errors"][field]
    assert not LadderForm(asked).is_valid()
