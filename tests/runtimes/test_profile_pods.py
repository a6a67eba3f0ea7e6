"""The real hub honours real profile lists: its own loading, and KubeSpawner's own pod for every answer."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from slugify import slugify

from hubs.spec.imports import from_values
from hubs.spec.offers import apart
from hubs.spec.overrides import size_in_bytes
from hubs.spec.profiles import as_values
from tests.profile_lists import as_kept, profile_lists

from .loading import why_not

Tree = dict[str, Any]
Asked = tuple[dict[str, str], list[Tree]]  # a person's answers, and the resulting overrides, in order


def for_everybody(node: Any) -> Any:
    """Return the list without groups, which tests/test_offers.py covers."""
    if isinstance(node, dict):
        return {key: for_everybody(one) for key, one in node.items() if key != "allowed_groups"}
    return [for_everybody(one) for one in node] if isinstance(node, list) else node


def asked(profiles: list[Tree]) -> Iterator[Asked]:
    """Yield each profile with its defaults, and each other choice and free answer of it once."""
    for profile in apart(profiles, slugify):
        options = profile.get("profile_options", {})
        usual = {
            name: next(
                (key for key, one in option["choices"].items() if one.get("default")), next(iter(option["choices"]))
            )
            for name, option in options.items()
        }
        yield _answers(profile, usual)
        for name, option in options.items():
            for key in option["choices"]:
                yield _answers(profile, {**usual, name: key})
            if option.get("unlisted_choice", {}).get("enabled"):
                yield _answers(profile, {**usual, name: ""})


def _answers(profile: Tree, chosen: dict[str, str]) -> Asked:
    answers, said = {"profile": profile["slug"]}, [profile.get("kubespawner_override", {})]
    for name, key in chosen.items():
        option = profile["profile_options"][name]
        if key:
            answers[name] = key
            said.append(option["choices"][key].get("kubespawner_override", {}))
        else:
            answers[f"{name}--unlisted-choice"] = "quay.io/typed/by:hand"
            said.append({"image": "quay.io/typed/by:hand"})
    return answers, said


def _together(said: list[Tree]) -> Tree:
    found: Tree = {}
    for override in said:
        for name, value in override.items():
            found[name] = {**found.get(name, {}), **value} if isinstance(value, dict) else value
    return found


def wrong(pod: Tree, want: Tree) -> list[str]:
    """Return the settings that this pod does not have as requested."""
    server = pod["spec"]["containers"][0]
    resources, env = server["resources"], {one["name"]: one.get("value") for one in server["env"]}
    has: Tree = {
        "image": server["image"], "working_dir": server.get("workingDir"),
        "default_url": env.get("JUPYTERHUB_DEFAULT_URL"), "init_containers": pod["spec"].get("initContainers"),
    }  # fmt: skip
    for kind, bound in (("limits", "limit"), ("requests", "guarantee")):
        has[f"mem_{bound}"] = resources.get(kind, {}).get("memory")
        has[f"cpu_{bound}"] = resources.get(kind, {}).get("cpu")
    found = []
    for name, value in want.items():
        match name:
            case "mem_limit" | "mem_guarantee" | "cpu_limit" | "cpu_guarantee":
                read = size_in_bytes if name.startswith("mem") else float
                same = has[name] is None if value is None else has[name] is not None and read(has[name]) == read(value)
            case "environment":
                same = all(env.get(key) == text or "{" in text or "}" in text for key, text in value.items())
            case "node_selector":
                same = value.items() <= pod["spec"].get("nodeSelector", {}).items()
            case "extra_resource_limits":
                given = resources.get("limits", {})
                same = all(str(given.get(key)) == str(count) for key, count in value.items())
            case "init_containers":
                same = [one["name"] for one in has[name] or ()] == [one["name"] for one in value]
            case "image_pull_policy":
                same = True  # the portal makes nodes pull images again: tests/kubernetes/test_image_pull.py
            case _:
                same = has[name] == value
        if not same:
            found.append(f"{name}: {value} is {has.get(name)}")
    return found


@settings(deadline=None, max_examples=2, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(profile_lists() | as_kept(), min_size=6, max_size=6))
def test_every_answer_starts_the_described_server(lists):
    specs = [from_values({"singleuser": {"profileList": for_everybody(one)}}).spec for one in lists]
    plans = [list(asked(as_values(spec.singleuser.profileList))) for spec in specs]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        said = why_not(specs, folder, asked=[[answers for answers, _ in plan] for plan in plans])
        assert [why for why in said if why] == []
        for number, plan in enumerate(plans):
            pods = json.loads((folder / str(number) / "pods.json").read_text(encoding="utf-8"))
            for (answers, overrides), pod in zip(plan, pods, strict=True):
                assert wrong(pod, _together(overrides)) == [], answers


def test_two_profiles_with_the_same_name_are_both_started(tmp_path: Path):
    images = [f"quay.io/jupyter/x:{number}" for number in range(3)]
    names = ["A b", "A-b", "!"]
    profiles = [
        {"display_name": name, "kubespawner_override": {"image": image}}
        for name, image in zip(names, images, strict=True)
    ]
    spec = from_values({"singleuser": {"profileList": profiles}}).spec
    answers = [{"profile": slug} for slug in ("a-b", "a-b-2", "profile")]
    assert why_not([spec], tmp_path, asked=[answers]) == [""]
    pods = json.loads((tmp_path / "0" / "pods.json").read_text(encoding="utf-8"))
    assert [pod["spec"]["containers"][0]["image"] for pod in pods] == images


def test_the_later_of_two_options_with_the_same_setting_counts(tmp_path: Path):
    """In the written order, whatever the names of the options are."""
    sizes = {"z": "1G", "b": "2G", "ab": "3G"}
    options = {
        name: {
            "display_name": name,
            "choices": {"one": {"display_name": "One", "kubespawner_override": {"mem_guarantee": size}}},
        }
        for name, size in sizes.items()
    }
    spec = from_values({"singleuser": {"profileList": [{"display_name": "A", "profile_options": options}]}}).spec
    assert why_not([spec], tmp_path, asked=[[{"profile": "a", **dict.fromkeys(sizes, "one")}]]) == [""]
    [pod] = json.loads((tmp_path / "0" / "pods.json").read_text(encoding="utf-8"))
    assert wrong(pod, {"mem_guarantee": "3G"}) == []
