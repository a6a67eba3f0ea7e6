"""Sizes in every spelling that the chart accepts: the portal counts what the hub and Kubernetes make of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyterhub.spawner import Spawner  # type: ignore[import-untyped]
from kubernetes.utils.quantity import parse_quantity  # type: ignore[import-untyped]

from hubs.spec import SpecError, from_draft, to_draft
from hubs.spec.draft import parse
from hubs.spec.imports import from_values
from hubs.spec.types import MIB, memory_bytes, storage_bytes
from hubs.spec.values import to_values

GIB = 1024**3
MEMORY = {"1.5G": 1.5 * GIB, "100G": 100 * GIB, "512M": 512 * MIB, "512Mi": 512 * MIB, "1.8G": int(1.8 * GIB),
          "1e2G": 100 * GIB, "524288K": 512 * MIB, "0.25T": 256 * GIB, 8589934592: 8 * GIB,
          "8589934592": 8 * GIB, 1000000000: 10**9, "1e9": 10**9}  # fmt: skip
STORAGE = {"10Gi": 10 * GIB, "512Mi": 512 * MIB, "1.5Gi": 1.5 * GIB, "0.5Ti": 512 * GIB, "10G": 10**10, "1.5G": 15e8,
           "100M": 10**8, "5e9": 5e9, "5E9": 5e9, "5000000000": 5e9,
           "524288Ki": 512 * MIB, "100000000": 10**8}  # fmt: skip


def spec(memory="1G", capacity="5Gi", **user):
    return parse({"about": {"title": "Any"}, "singleuser": {**user, "memory": {"limit": memory}, "storage": {
        "capacity": capacity}}})  # fmt: skip


@pytest.mark.parametrize("text", MEMORY)
def test_memory_is_what_jupyterhub_makes_of_it(text):
    found = spec(memory=text)
    assert memory_bytes(found.singleuser.memory.limit) == MEMORY[text]
    assert Spawner(mem_limit=found.singleuser.memory.limit).mem_limit == MEMORY[text]
    assert found.memory_mib == -(-MEMORY[text] // MIB)
    if text not in ("512Mi", "8589934592", "1e9"):  # JupyterHub itself refuses these, but their meaning is clear
        assert Spawner(mem_limit=text).mem_limit == MEMORY[text]


@pytest.mark.parametrize("text", STORAGE)
def test_storage_is_what_kubernetes_makes_of_it(text):
    found = spec(capacity=text)
    assert storage_bytes(text) == STORAGE[text] == parse_quantity(text)
    assert parse_quantity(found.singleuser.storage.capacity) == STORAGE[text]
    assert found.storage_mib == -(-STORAGE[text] // MIB)


@pytest.mark.parametrize(("memory", "capacity"), [*((text, "5Gi") for text in MEMORY), *(("1G", t) for t in STORAGE)])
def test_a_typed_size_is_exported_equal(memory, capacity):
    user = {"memory": {"limit": memory, "guarantee": "256Mi"}, "storage": {"type": "dynamic", "capacity": capacity}}
    found = from_values({"singleuser": user})
    assert found.round_trip
    assert found.count() == found.count("typed") == 4
    out = to_values(found.spec)["singleuser"]
    assert memory_bytes(out["memory"]["limit"]) == MEMORY.get(memory, GIB)
    assert storage_bytes(out["storage"]["capacity"]) == STORAGE.get(capacity, 5 * GIB)
    assert from_draft(to_draft(found.spec)) == found.spec, "the form shows it and reads it back"


@settings(deadline=None, max_examples=60)
@given(st.integers(256 * MIB, 1024 * GIB), st.sampled_from(["number", "text"]))
def test_no_size_is_rounded(size, written):
    found = spec(memory=size if written == "number" else str(size), capacity=str(size))
    assert Spawner(mem_limit=found.singleuser.memory.limit).mem_limit == size
    assert parse_quantity(found.singleuser.storage.capacity) == size
    assert from_draft(to_draft(found)) == found


@pytest.mark.parametrize(
    "text", ["lots", "1.5", "-1G", "G", "1 2G", "1GB", "nanG", "infG", "1e-9G", "9e99T", True, [], {}]
)
def test_an_invalid_size_is_a_sentence(text):
    with pytest.raises(SpecError):
        spec(memory=text)
    with pytest.raises(SpecError):
        spec(capacity=text)


@pytest.mark.parametrize(("typed", "shown"), [("512M", "0.5"), ("1.5", "1.5"), ("2G", "2"), ("1.8G", "1.8G")])
def test_a_form_accepts_a_number_of_gib_or_a_size_with_its_unit(typed, shown):
    found = from_draft({"about.title": "Any", "singleuser.memory.limit": typed, "singleuser.memory.guarantee": "0.1"})
    assert to_draft(found)["singleuser.memory.limit"] == shown


def test_a_copy_with_differences_counts_separately():
    one = spec(memory="1G")
    assert (one.memory_mib, one.seats) == (1024, 30)
    more = one.singleuser.model_copy(update={"memory": one.singleuser.memory.model_copy(update={"limit": "2G"})})
    other = one.model_copy(update={"singleuser": more})
    assert (other.memory_mib, one.memory_mib) == (2048, 1024)
    assert one == spec(memory="1G")
    assert one.model_dump() == spec(memory="1G").model_dump()
