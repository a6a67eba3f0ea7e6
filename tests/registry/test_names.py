"""Names of images and answers of registries, read without any call."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubs.outbound.registry import host_of, image_name, manifests
from hubs.outbound.registry.manifests import Strange
from hubs.spec import SpecError
from hubs.spec.draft import parse
from hubs.spec.image_names import complaint, meant

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("name", "tag", "whole", "asked"),
    [
        ("scipy", "1", "docker.io/library/scipy:1", "registry-1.docker.io"),
        ("jupyter/scipy", "1", "docker.io/jupyter/scipy:1", "registry-1.docker.io"),
        ("docker.io/scipy", "1", "docker.io/library/scipy:1", "registry-1.docker.io"),
        ("index.docker.io/jupyter/scipy", "1", "docker.io/jupyter/scipy:1", "registry-1.docker.io"),
        ("registry.example.org/a/b/c", "x", "registry.example.org/a/b/c:x", "registry.example.org"),
        ("registry.example.org/a", "x", "registry.example.org/a:x", "registry.example.org"),
        ("localhost/a", "x", "localhost/a:x", "localhost"),
        ("lan:5000/a", "x", "lan:5000/a:x", "lan:5000"),
        ("lan/a", "x", "docker.io/lan/a:x", "registry-1.docker.io"),
        ("lan:5000/a:x", "", "lan:5000/a:x", "lan:5000"),
        ("scipy", "", "docker.io/library/scipy:latest", "registry-1.docker.io"),
        (f"scipy@{DIGEST}", "", f"docker.io/library/scipy@{DIGEST}", "registry-1.docker.io"),
        (f"scipy:1@{DIGEST}", "", f"docker.io/library/scipy@{DIGEST}", "registry-1.docker.io"),
    ],
)
def test_a_name_is_read_as_docker_reads_it(name, tag, whole, asked):
    found = image_name(name, tag)
    assert (str(found), found.api_host) == (whole, asked)


@pytest.mark.parametrize(
    ("name", "tag", "words"),
    [
        ("jupyter/scipy:2026", "1", "looks like a tag"),
        ("Jupyter/Scipy", "1", "lower case. Use “jupyter/scipy”"),
        ("", "1", "Enter the name of a container image"),
        ("   ", "1", "Enter the name of a container image"),
        ("a:b:c", "", "one tag, after a single colon"),
        ("quay.io/a/b:1:2", "", "one tag, after a single colon"),
        ("a:b", "c", "in its own field"),
        ("quay.io/a:", "", "There is no tag after the colon, such as 2026-10-05. Use “quay.io/a”"),
        ("quay.io/a b", "", "contain spaces"),
        ("docker://quay.io/jupyter/scipy:1", "", "a web address, not .* Use “quay.io/jupyter/scipy:1”"),
        ("https://hub.docker.com/r/jupyter/scipy", "1", "a web address, not .* Use “jupyter/scipy”"),
        ("https://hub.docker.com/_/python/tags", "", "Use “python”"),
        ("hub.docker.com/r/jupyter/scipy/tags", "", "Use “jupyter/scipy”"),
        ("https://quay.io/repository/jupyter/scipy?tab=tags&tag=1", "", "Use “quay.io/jupyter/scipy:1”"),
        ("https://quay.io/repository/jupyter/scipy?tab=tags&tag=1", "1", "Use “quay.io/jupyter/scipy”"),
        ("https://github.com/orgs/pangeo/packages/container/package/base", "", "Use “ghcr.io/pangeo/base”"),
        ("https://github.com/pangeo/images/pkgs/container/base", "", "Use “ghcr.io/pangeo/base”"),
        ("docker pull python:3.12", "", "a command.* Use “python:3.12”"),
        (f"scipy@{DIGEST}", "1", "A digest would replace the tag"),
        ("a//b", "1", "not a valid image name"),
        ("a/../b", "1", "not a valid image name"),
        ("http://a.example/b", "1", "a web address, not .* Use “a.example/b”"),
        ("user@a.example/b", "1", "registry’s host"),
        ("a.example:port/b", "1", "registry’s host"),
        ("a..example/b", "1", "registry’s host"),
        ("a", "1/2", "not a valid tag"),
        ("a", "-x", "not a valid tag"),
        ("a", "x" * 129, "not a valid tag"),
        ("a@sha256:12", "", "not a valid tag"),
        ("a" * 300, "1", "not a valid image name"),
    ],
)
def test_an_invalid_name_says_why(name, tag, words):
    with pytest.raises(ValueError, match=words):
        image_name(name, tag)


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_is_a_name_or_refused_and_never_leads_elsewhere(name, tag):
    try:
        found = image_name(name, tag)
    except ValueError:
        return
    assert not set("@?#\\ %") & set(found.api_host + found.repository)
    assert ".." not in found.repository


@given(
    st.sampled_from(["docker://", "https://", "https://hub.docker.com/r/", "quay.io/", "docker pull ", ""]),
    st.text(alphabet="aAbB1./:@-_ ", max_size=30),
)
def test_suggested_names_are_valid(start, rest):
    if better := meant(start + rest):
        assert complaint(better) == ""
        assert better != start + rest


# Every place of an image: how a spec writes it there, and the field beside which its sentence appears.
def _profile(override):
    return {"singleuser": {"profileList": [{"display_name": "One", "kubespawner_override": override}]}}


def _choice(override):
    choices = {"c": {"display_name": "C", "kubespawner_override": override}}
    option = {"o": {"display_name": "O", "choices": choices}}
    return {"singleuser": {"profileList": [{"display_name": "One", "profile_options": option}]}}


PLACES = {
    "field": (lambda image: {"singleuser": {"image": {"name": image}}}, "singleuser.image.name"),
    "profile": (lambda image: _profile({"image": image}), "singleuser.profileList"),
    "choice": (lambda image: _choice({"image": image}), "singleuser.profileList"),
    "init container of a profile": (
        lambda image: _profile({"init_containers": [{"name": "i", "image": image}]}), "singleuser.profileList"),
    "container of a choice": (
        lambda image: _choice({"extra_containers": {"i": {"name": "i", "image": image}}}), "singleuser.profileList"),
    "init containers": (
        lambda image: {"more": {"singleuser": {"initContainers": [{"name": "i", "image": image}]}}}, "more"),
    "init containers as a map": (
        lambda image: {"more": {"singleuser": {"initContainers": {"i": {"name": "i", "image": image}}}}}, "more"),
    "extra containers": (
        lambda image: {"more": {"singleuser": {"extraContainers": [{"name": "i", "image": image}]}}}, "more"),
    "by a trait": (lambda image: {"more": {"hub": {"config": {"KubeSpawner": {"image": image}}}}}, "more"),
    "more": (lambda image: {"more": {"singleuser": {"image": {"name": image}}}}, "more"),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "image", ["a:b:c", "docker://quay.io/a/b", "https://hub.docker.com/r/a/b", "A/b", "a b", "a:", ""]
)
def test_images_in_all_places_are_checked_by_one_function(place, image):
    make, field = PLACES[place]
    parse({"about": {"title": "Any"}, **make("quay.io/jupyter/scipy-notebook")})
    with pytest.raises(SpecError) as caught:
        parse({"about": {"title": "Any"}, **make(image)})
    [(path, words)] = caught.value.errors.items()
    assert path == field
    said = complaint(image)
    if image not in ("a:b:c", "a:"):  # in the field, its tag would be another field's
        assert said.split(" Write ")[0] in words[0]


@pytest.mark.parametrize(
    ("tag", "moving"),
    [("latest", True), ("main", True), ("stable", True), ("LATEST", True), ("r-latest", True), ("2026-10-05", False),
     ("v1.2", False), ("mainframe", False)],
)  # fmt: skip
def test_tags_that_move(tag, moving):
    assert image_name("scipy", tag).moving is moving


@pytest.mark.parametrize(
    ("typed", "host"),
    [("Registry.Example.org", "registry.example.org"), (" https://registry.example.org/ ", "registry.example.org"),
     ("https://index.docker.io/v1/", "docker.io"), ("docker.io", "docker.io"), ("lan:5000", "lan:5000")],
)  # fmt: skip
def test_a_host_in_one_form(typed, host):
    assert host_of(typed) == host


@pytest.mark.parametrize("typed", ["", "registry", "registry.example.org/river", "a b.org", "user@x.org", "x.org?y"])
def test_an_invalid_host(typed):
    with pytest.raises(ValueError, match="host"):
        host_of(typed)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"[" * 100_000, b"\xff", b'"x"'])
def test_an_invalid_document(body):
    with pytest.raises(Strange):
        manifests.document(body)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"layers": None, "config": {"digest": DIGEST}},
        {"layers": [{"size": "9"}], "config": {"digest": DIGEST}},
        {"layers": [{"size": -9}], "config": {"digest": DIGEST}},
        {"layers": [1], "config": {"digest": DIGEST}},
        {"layers": [], "config": {"digest": "../../../etc"}},
        {"layers": [], "config": []},
    ],
)
def test_an_invalid_manifest(data):
    with pytest.raises(Strange):
        manifests.manifest(data)


@pytest.mark.parametrize(
    "rows", [None, [], [1], [{"digest": "x"}], [{"digest": DIGEST, "platform": 1}], [{"platform": {"os": "linux"}}]]
)
def test_an_invalid_index(rows):
    with pytest.raises(Strange):
        manifests.choose({"manifests": rows})


KEYS = st.sampled_from(["manifests", "layers", "config", "digest", "size", "platform", "os", "created", "mediaType"])
ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(ANYTHING)
def test_no_answer_of_a_registry_raises_an_unexpected_error(data):
    try:
        told = manifests.document(json.dumps(data).encode())
        manifests.created(told)
        manifests.choose(told) if manifests.is_index(told) else manifests.manifest(told)
    except Strange:
        pass
