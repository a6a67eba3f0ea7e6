"""Who is offered which profiles, choices and free answers: the rule itself, compared with the real KubeSpawner."""

import ast
import asyncio
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tornado import web

from hubs.spec import offers
from hubs.spec.offers import GONE, NOTHING, everything, first, is_for, offered, refusal
from hubs.spec.profiles import Profiles, as_values
from provisioning.hubside.common import user_limits

CHOICES = {"big": {"display_name": "Big", "allowed_groups": ["gpu"], "default": True}, "small": {"display_name": "S"}}
FREE = {"enabled": True, "allowed_groups": ["gpu"]}


# --- the rule
@pytest.mark.parametrize(
    ("rule", "groups", "expected"),
    [
        ({}, [], True),
        ({"allowed_groups": None}, [], True),
        ({"allowed_groups": []}, ["gpu"], False),
        ({"allowed_groups": ["gpu"]}, [], False),
        ({"allowed_groups": ["gpu"]}, ["cpu", "gpu"], True),
        ({"allowed_groups": ["GPU  Users "]}, ["gpu users"], True),
        ({"allowed_groups": ["Straße"]}, ["STRASSE"], True),
        ({"allowed_groups": ["Cafe\u0301"]}, ["café"], True),
        ({"allowed_groups": ["gpu"]}, ["gpus"], False),
        ({"allowed_groups": [""]}, ["", " "], False),
        ({"allowed_groups": "gpu"}, ["gpu"], True),
        ({"allowed_groups": {"gpu": True}}, ["gpu"], False),
        ({"allowed_groups": 1}, ["1"], False),
        ({"allowed_groups": [1, "gpu", None]}, ["gpu"], True),
        ({"allowed_groups": ("admins",)}, ["admins"], True),
    ],
)
def test_a_rule_offers_to_its_groups(rule: Any, groups: list[str], expected: bool) -> None:
    assert is_for(rule, groups) is expected


def test_the_offered_part_of_an_option() -> None:
    profile = {"display_name": "P", "profile_options": {
        "size": {"display_name": "Size", "choices": CHOICES},
        "image": {"display_name": "Image", "choices": {"big": CHOICES["big"]}, "unlisted_choice": FREE},
        "typed": {"display_name": "Typed", "unlisted_choice": {"enabled": True}},
    }}  # fmt: skip
    (mine,) = offered([profile], ["students"])
    assert list(mine["profile_options"]) == ["size", "typed"], "an option without choices is left out"
    assert list(mine["profile_options"]["size"]["choices"]) == ["small"]
    assert first(mine["profile_options"]["size"]["choices"].values()) == CHOICES["small"]
    (theirs,) = offered([profile], ["GPU"])
    assert list(theirs["profile_options"]) == ["size", "image", "typed"]
    assert first(theirs["profile_options"]["size"]["choices"].values()) == CHOICES["big"]
    assert len(profile["profile_options"]) == 3, "the list itself stays as it is"  # the list itself is unchanged


def test_a_rule_on_a_whole_option_hides_its_answers_and_is_refused_in_a_spec() -> None:
    size = {"display_name": "Size", "choices": {"a": {"display_name": "A"}}, "unlisted_choice": {"enabled": True}}
    for name in ("allowed_groups", "allowedGroups", "allowed_group"):
        profile = {"display_name": "P", "slug": "p", "profile_options": {"size": {**size, name: ["gpu"]}}}
        with pytest.raises(ValueError, match="Add allowed_groups to its choices"):
            TypeAdapter(Profiles).validate_python((profile,))
    profile = {"display_name": "P", "slug": "p", "profile_options": {"size": {**size, "allowed_groups": ["gpu"]}}}
    assert offered([profile], ["students"])[0]["profile_options"] == {}
    for answers in ({"size": "a"}, {"size--unlisted-choice": "x"}):
        assert "restricted to certain groups" in refusal(everything([profile]), [], {"profile": "p", **answers})
        assert refusal(everything([profile]), ["GPU"], {"profile": "p", **answers}) == ""
    assert refusal(everything([profile]), [], {"profile": "p"}) == "", "it starts without the option"


@pytest.mark.parametrize("odd", [None, 1, "x", [], {"display_name": "O", "profile_options": None}])
def test_entries_that_are_not_profiles_are_skipped(odd: Any) -> None:
    good = {"display_name": "Good", "slug": "good", "profile_options": {"a": None, "b": {"choices": {"c": None}}}}
    assert {"display_name": "Good", "slug": "good", "profile_options": {}} in offered([odd, good], [])


def test_only_offered_profiles_can_be_started() -> None:
    known = everything([{"display_name": "P", "slug": "p", "allowed_groups": ["gpu"]}])
    assert refusal(known, [], {}) == refusal(known, [], {"profile": "p"}) == NOTHING
    assert refusal(known, ["gpu"], {"profile": "q"}) == GONE
    assert refusal(known, ["gpu"], {"profile": "p"}) == refusal(known, ["gpu"], {}) == ""
    assert refusal([], [], {"profile": "p"}) == "", "without profiles there is no choice"


def test_the_module_runs_in_a_hub_without_imports_of_the_portal() -> None:
    tree = ast.parse(Path(offers.__file__).read_text())
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {module.split(".")[0] for module in modules} <= sys.stdlib_module_names


# --- beside the real KubeSpawner
NAMES = ("gpu", "GPU ", "tutors", "Lab  B", "lab b")
rules: st.SearchStrategy[Any] = st.none() | st.just("everybody") | st.lists(st.sampled_from(NAMES), max_size=2)


def ruled(rule: Any, tree: dict[str, Any]) -> dict[str, Any]:
    return tree if rule == "everybody" else {**tree, "allowed_groups": rule}


@st.composite
def lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw profile lists that the portal accepts. Each override sets a variable of its own."""
    found = []
    for number in range(draw(st.integers(0, 3))):
        options = {}
        for name in draw(st.lists(st.sampled_from(["size", "image"]), max_size=2, unique=True)):
            choices = {
                key: ruled(draw(rules), {"display_name": key, "kubespawner_override": mark(f"M{number}_{name}", key)})
                for key in draw(st.lists(st.sampled_from(["a", "b", "c"]), max_size=3, unique=True))
            }
            option: dict[str, Any] = {"display_name": name, "choices": choices}
            if not choices or draw(st.booleans()):
                free = {"enabled": True, "kubespawner_override": mark(f"M{number}_{name}", "{value}")}
                option["unlisted_choice"] = ruled(draw(rules), free)
            options[name] = option
        profile = {"display_name": f"P{number}", "slug": f"p{number}", "profile_options": options,
                   "kubespawner_override": mark("profile", f"p{number}")}  # fmt: skip
        found.append(ruled(draw(rules), profile))
    if draw(st.booleans()) and found:
        draw(st.sampled_from(found))["default"] = True
    written = as_values(TypeAdapter(Profiles).validate_python(tuple(found)))
    for options in [one.get("profile_options", {}) for one in written]:  # as stored lists of older versions
        for name, option in list(options.items()):
            options[name] = ruled(draw(rules | st.just("everybody")), option)
    return written


def mark(name: str, value: str) -> dict[str, Any]:
    return {"environment": {name: value}}


@pytest.fixture(scope="module")
def spawner_class() -> Iterator[Any]:
    """PeopleSpawner, as a hub imports it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "offers", offers)
        patch.setitem(sys.modules, "user_limits", user_limits)
        from provisioning.hubside.kubernetes.people_servers import PeopleSpawner

        yield PeopleSpawner


def spawner_of(spawner_class: Any, profiles: list[dict[str, Any]], groups: list[str]) -> Any:
    """Return a spawner without a cluster: it lists what it offers, and starts nothing."""
    made = spawner_class.__new__(spawner_class)
    made.profile_list = profiles
    made.user = SimpleNamespace(name="mia", groups=[SimpleNamespace(name=name) for name in groups])
    return made


def form_of(spawner: Any) -> dict[str, dict[str, list[str]]]:
    """Return what the hub's page offers: {profile: {option: choices}}; a free answer is "unlisted-choice"."""
    html = asyncio.run(spawner.get_options_form())
    found: dict[str, dict[str, list[str]]] = {
        slug: {} for slug in re.findall(r'name="profile"\s+id="[^"]*"\s+value="([^"]+)"', html)
    }
    for slug, option, inside in re.findall(
        r'<select name="profile-option-(\w+)--(\w+)"(.*?)</select>', html, re.DOTALL
    ):
        found[slug][option] = re.findall(r'<option value="([^"]+)"', inside)
    return found


def started(spawner_class: Any, profiles: Any, groups: list[str], answers: dict[str, str]) -> dict[str, str] | str:
    """Return the variables of the started server, or the sentence of the refusal."""
    spawner = spawner_of(spawner_class, profiles, groups)
    spawner.user_options = answers
    try:
        asyncio.run(spawner.load_user_options())
    except web.HTTPError as error:
        return f"{error.status_code} {error.jupyterhub_message}"  # type: ignore[attr-defined]
    return dict(spawner.environment)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(profiles=lists(), groups=st.lists(st.sampled_from(NAMES), max_size=2))
def test_preview_page_and_start_agree(spawner_class: Any, profiles: list[dict[str, Any]], groups: list[str]) -> None:
    shown = {
        one["slug"]: {
            name: [*option["choices"], *(["unlisted-choice"] if "unlisted_choice" in option else [])]
            for name, option in one["profile_options"].items()
        }
        for one in offered(profiles, groups)
    }
    if shown or not profiles:
        assert form_of(spawner_of(spawner_class, profiles, groups)) == shown
    else:
        with pytest.raises(web.HTTPError, match="restricted to certain groups"):
            form_of(spawner_of(spawner_class, profiles, groups))
    for profile in profiles:
        slug, options = profile["slug"], profile["profile_options"]
        every = [
            [(name, choice) for choice in (*option["choices"], "unlisted-choice")] for name, option in options.items()
        ]
        for answer in itertools.product(*every):
            given_ = {name if choice != "unlisted-choice" else f"{name}--{choice}": choice for name, choice in answer}
            result = started(spawner_class, profiles, groups, {"profile": slug, **given_})
            if slug in shown and all(choice in shown[slug].get(name, ()) for name, choice in answer):
                number = slug[1:]
                marks = {f"M{number}_{name}": choice for name, choice in answer}
                assert result == {"profile": slug, **marks}, "exactly what was chosen"
            else:
                assert str(result).startswith("403 "), "refused, and nothing else started instead"
    if isinstance(result := started(spawner_class, profiles, groups, {}), dict) and profiles:
        assert result["profile"] in shown
