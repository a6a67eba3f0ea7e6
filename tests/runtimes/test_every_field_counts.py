"""A setting that can't be honoured is not asked, or its page says so: every field, with every kind of storage and every
sign-in method, in a cluster and on one machine. The test compares the hub's own configuration and the rendered
objects with and without the setting; it never uses a list."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hubs.runtimes import capabilities
from hubs.spec import FIELDS, STARTING_POINTS, HubSpec, SpecError, from_draft
from hubs.spec.honoured import needless
from hubs.spec.sign_in import METHODS
from provisioning.contract import Target
from provisioning.render import hub_values, render_kubernetes
from tests.test_verdicts import ANSWERS, OTHER

from .loaded_configuration import loaded
from .shapes import AGREED, PLAIN, SECRETS, SIGN_IN

TARGET = Target("hcounts00001", "tried", "https://tried.hubs.example.org/")
BASE = {
    **STARTING_POINTS["class"].draft(), "about.title": "Tried", "signIn.allowedUsers": "omar",
    "signIn.cilogon.institutions": "https://i.edu/s", "singleuser.storage.static.pvcName": "homes",
    "homePage.logo": "https://river.edu/logo.png", "homePage.funder": "Us",
    "homePage.designer": "Us", "homePage.operator": "Us",
}  # fmt: skip
MORE = {
    **ANSWERS, "singleuser.storage.type": "static", "singleuser.gpus": "1", "singleuser.nodeSelector": "disk=fast",
    "singleuser.tolerations": "gpu:NoSchedule", "singleuser.storage.allHomes": "yes", "cull.enabled": "no",
    "singleuser.profileList": "- display_name: Small\n  slug: small\n", "hub.redirectToServer": "no",
    "hub.services": "report:\n  url: http://report:8080\n", "hub.allowNamedServers": "yes",
    "hub.loadRoles": "readers:\n  scopes: ['list:users']\n", "singleuser.internetExceptions": "203.0.113.7/32 5432",
    "singleuser.content.folder": "course", "singleuser.image.name": "quay.io/example/other", "cull.adminUsers": "no",
    "more": "singleuser:\n  extraLabels:\n    course: '1'\n", "signIn.allowAll": "yes", "cull.maxAge": "90",
    "signIn.oauth.token_url": "https://sso.example.edu/t", "signIn.oauth.userdata_url": "https://sso.example.edu/u",
    "signIn.service.allowed_scopes": "email", "signIn.oauth.userdata_from_id_token": "yes",
    "signIn.cilogon.institutions": "https://j.edu/s", "signIn.lti13.jwks_endpoint": "https://m.example.edu/k",
}  # fmt: skip
# Only the portal uses these: its pages, dates and sums. The portal chooses the node pool: see test_typed_fields.
PORTALS = (
    "about.title",
    "about.description",
    "about.purpose",
    "about.starts",
    "about.early",
    "about.ends",
    "about.heads",
    "singleuser.nodePool",
)


def contexts(path: str) -> Iterator[dict[str, str]]:
    far = path.startswith(("singleuser.storage", "singleuser.content"))
    yield from ({"singleuser.storage.type": kind} for kind in (("dynamic", "static", "none") if far else ("dynamic",)))
    when = FIELDS[path].words.when
    own = when[1] if when and when[0] == "signIn.method" else ()
    others = [method for method, _ in METHODS if method not in (*own, "portal")]
    turn = list(FIELDS).index(path) % max(len(others), 1)  # two of the others, in turn
    yield from ({"signIn.method": method} for method in (*own, *(others + others)[turn : turn + 2]))
    if path.startswith("cull."):
        yield {"cull.enabled": "no"}
    if path.startswith("singleuser.content."):
        yield {"singleuser.content.repository": "https://git.example.org/c"}


def pairs() -> Iterator[tuple[str, dict[str, str], HubSpec, HubSpec]]:
    """Yield (field, context, a spec, the same spec with another answer of this field)."""
    for path, field in FIELDS.items():
        answer = MORE.get(path) or OTHER[field.kind]
        for context in contexts(path):
            folder = {"singleuser.content.folder": "c"} if "singleuser.content.repository" in context else {}
            one = {**BASE, **folder, **context}
            other = {**one, path: answer, **({"singleuser.content.folder": "c"} if path.endswith("repository") else {})}
            try:
                before, after = from_draft(one), from_draft(other)
            except SpecError:
                continue  # both can't be set at once
            if path not in context and field.read(before) != field.read(after):
                yield path, context, before, after


def rendered(spec: HubSpec) -> str:
    """Return all objects and the hub's own pod, except files that its process reads, which are compared by reading."""
    made = render_kubernetes(TARGET, spec, SECRETS, SIGN_IN, "running", PLAIN, AGREED)
    objects = {key: one for part in made.parts for key, one in part.payload.items()}
    own = objects["Deployment/hub"]["spec"]["template"]
    box = own["spec"]["containers"][0]["resources"]
    pod = [own["spec"].get("nodeSelector"), box, {k: v for k, v in own["metadata"]["annotations"].items()
                                                  if not k.startswith("hubportal/")}]  # fmt: skip
    own_reading = ("ConfigMap/hub", "Deployment/hub", "Secret/hub")
    return json.dumps([pod, *(one for key, one in objects.items() if key not in own_reading)])


@pytest.mark.parametrize("runtime", ["kubernetes", "local"])
def test_a_field_has_an_effect_or_is_not_asked_or_says_so(runtime: str) -> None:
    rows = [row for row in pairs() if row[0] not in PORTALS]
    # With the portal's sign-in, the portal sends at each sign-in who is admin.
    rows = [row for row in rows if row[0] != "signIn.adminUsers" or row[2].signIn.method != "portal"]
    cases: list[dict[str, Any]] = [
        {"runtime": runtime, "values": hub_values(TARGET, spec, SIGN_IN),
         "portalSignIn": spec.signIn.method == "portal"} for row in rows for spec in row[2:]
    ]  # fmt: skip
    told = loaded(cases)
    gaps, seen = [], set()
    for (path, context, before, after), left, right in zip(rows, told[::2], told[1::2], strict=True):
        seen.add(path)
        counts = left != right or (runtime == "kubernetes" and rendered(before) != rendered(after))
        asked = FIELDS[path].asked(before) or FIELDS[path].asked(after)
        said = capabilities(runtime).lacks(FIELDS[path].words.needs)
        refused = path in needless(after, before, can=capabilities(runtime))
        if not counts and asked and not said:
            gaps.append(f"{path} with {context}: nothing follows it, and the form asks it")
        if counts == refused and FIELDS[path].read(after) != FIELDS[path].default:
            gaps.append(f"{path} with {context}: {'followed, and refused' if counts else 'not followed, and taken'}")
        if counts and not asked:
            gaps.append(f"{path} with {context}: the hub follows it, and the form hides it")
    assert not gaps, "\n".join(gaps)
    assert seen | set(PORTALS) == set(FIELDS), "every field is tested"
