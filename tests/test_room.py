"""The bounds checked before approval equal the rendered ones: the LimitRange and ResourceQuota of a hub's namespace."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hubs.spec.admission import Place, bounds, together
from hubs.spec.container_sizes import quantity
from hubs.spec.draft import parse
from provisioning.contract import FILES, Target
from provisioning.render import render_kubernetes
from provisioning.render.kubernetes.files import HUB_DISK_MIB, OWN_MEMORY_MIB
from tests.runtimes.shapes import AGREED, PLAIN, SECRETS, SIGN_IN

MIB = 1024**2
TARGET = Target("hroom0000001", "tried", "https://tried.hubs.example.org/")
SIZE = st.integers(64, 200_000)


@given(total=SIZE, person=SIZE, largest=st.just(0) | SIZE, storage=SIZE, largest_storage=st.just(0) | SIZE,
       memory=st.integers(64, 100_000), heads=st.integers(1, 300), people=st.integers(1, 300))  # fmt: skip
def test_the_approved_sizes_fit_the_rendered_bounds(
    total, person, largest, storage, largest_storage, memory, heads, people
):
    """Also when one person may have more than all others together."""
    spec = parse({"about": {"title": "Tried", "heads": heads},
                  "singleuser": {"memory": {"limit": f"{memory}M", "guarantee": "64M"}}})  # fmt: skip
    agreed = replace(
        AGREED, total_memory_mib=total, memory_per_user_mib=person, largest_memory_mib=largest,
        storage_per_user_mib=storage, largest_storage_mib=largest_storage, users_per_hub=people,
    )  # fmt: skip
    place = Place("restricted", max(person, largest), AGREED.cpu_per_user, max(storage, largest_storage),
                  max(total, largest))  # fmt: skip
    release = render_kubernetes(TARGET, spec, SECRETS, SIGN_IN, "running", PLAIN, agreed)
    files = next(part for part in release.parts if part.name == FILES).payload
    hard = {key: quantity(value) or 0 for key, value in files["ResourceQuota/hub"]["spec"]["hard"].items()}
    [container, volume] = files["LimitRange/hub"]["spec"]["limits"]
    most = bounds(spec, place)
    assert most.memory == quantity(container["max"]["memory"])
    assert most.default_memory == quantity(container["default"]["memory"])
    assert most.cpu == quantity(container["max"]["cpu"])
    assert most.storage == quantity(volume["max"]["storage"])
    assert together(spec, place) == hard["limits.memory"] - OWN_MEMORY_MIB * MIB >= max(memory, largest) * MIB
    assert hard["requests.storage"] - HUB_DISK_MIB * MIB >= max(spec.storage_mib, largest_storage) * MIB
