"""Instructors are not trusted: every setting has a verdict, values are assessed, and each row names its proof."""

import ast
import json
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from hubs.limits.queries import limits
from hubs.models import Cluster, Organization
from hubs.requests.services import requests
from hubs.spec import FIELDS, STARTING_POINTS, SpecError, from_draft
from hubs.spec.threats import OVERRIDES, SETTINGS
from hubs.spec.verdicts import VERDICTS, Facts, Reach, looks
from tests.runtimes.shapes import release
from tests.test_every_url import ALL, DOORS

BASE = {**STARTING_POINTS["class"].draft(), "about.title": "Statistics 101"}
FACTS = Facts(storage_classes=("standard", "fast"))
SECRET = {"signIn.method": "generic-oauth", "signIn.oauth.client_id": "hub", "signIn.allowedUsers": "mia",
          "signIn.oauth.authorize_url": "https://sso.example.edu/a", "signIn.oauth.token_url": "https://sso.example.edu/t",
          "signIn.oauth.userdata_url": "https://sso.example.edu/u"}  # fmt: skip
GITHUB = {f"signIn.oauth.{name}": f"https://{host}" for name, host in (
    ("authorize_url", "github.com/login/oauth/authorize"), ("token_url", "github.com/login/oauth/access_token"),
    ("userdata_url", "api.github.com/user"))}  # fmt: skip
CILOGON = {"signIn.method": "cilogon", "signIn.cilogon.client_id": "c"}
STATIC = {"singleuser.storage.type": "static", "singleuser.storage.static.pvcName": "homes"}
GPU = "- display_name: GPU\n  kubespawner_override: {node_selector: {pool: gpu}}\n"
GPUS = "- display_name: GPU\n  kubespawner_override: {extra_resource_limits: {nvidia.com/gpu: '1'}}\n"
ALLOW = "hub:\n  config:\n    GoogleOAuthenticator: {allow_all: true}\n    NativeAuthenticator: {open_signup: true}\n"
FREE = ("- display_name: Any\n  profile_options:\n    image:\n      display_name: Image\n      unlisted_choice:\n"
        "        enabled: true\n        kubespawner_override: {image: '{value}'}\n")  # fmt: skip


@cache
def _read(typed):
    return from_draft({**BASE, **dict(typed)})


def spec(**values):
    """Return a cached spec; a spec can't be changed."""
    return _read(tuple(sorted(values.items())))


def seen(after, before=None, facts=FACTS):
    return {path for path, _, _ in looks(after, before, facts)}


# --- the tables -------------------------------------------------------------------------------------------------------
def test_every_field_has_a_verdict():
    assert list(VERDICTS) == list(FIELDS), "a new field needs its verdict in hubs/spec/verdicts.py, in the form’s order"


def test_dangerous_settings_need_review_and_costly_ones_are_bounded():
    for path, verdict in VERDICTS.items():
        if verdict.reach == Reach.DANGEROUS:
            assert verdict.look, path
        assert bool(verdict.look) == bool(verdict.when), path
        assert verdict.look is None or verdict.reach != Reach.OWN, path


def _proofs():
    rows = {**VERDICTS, **OVERRIDES, **{one.name: one.verdict for one in SETTINGS}}
    return sorted({verdict.proof for verdict in rows.values()})


@pytest.mark.parametrize("proof", _proofs())
def test_every_row_names_an_existing_proof(proof):
    name, _, test = proof.partition("::")
    path = Path(settings.BASE_DIR) / name
    assert path.is_file()
    found = [node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    assert not test or test in found
    assert any(one.startswith("test_") for one in found)


READS = {  # pages that an instructor opens and that change nothing
    "home", "help", "help-guide", "hub", "hub-configuration", "hub-history", "hub-audit", "request-list", "request",
    "organization-list", "organization", "organization-limits", "organization-calendar", "organization-ics", "people",
    "inbox", "inbox-count", "language", "calendar-feed", "problem", "healthz", "readyz", "metrics",
}  # fmt: skip


def test_every_page_that_an_instructor_reaches_has_a_verdict():
    """A new page that an instructor may open has to be in SETTINGS, or in the list of pages that change nothing."""
    reached = {name for name, (may, _) in DOORS.items() if "ines" in may and not name.startswith("live-")}
    listed = {page for one in SETTINGS for page in one.pages}
    assert reached - listed - READS == set()
    assert (listed | READS) - set(ALL) == set(), "a page is gone"
    assert listed & READS == set()


# --- values -----------------------------------------------------------------------------------------------------------
SOCIAL, OTHER_UNI = "http://google.com/accounts/o8/id", "https://idp.lake.edu/shib"
UNI = {"entity_id": "https://idp.river.edu/shib", "allow_all": True}


def rows(*institutions):
    """Return CILogon's institutions as a form stores them."""
    return "\n".join(f"- {json.dumps(one)}" for one in institutions)


LOOKED = [  # (requested settings, the field beside which staff read why)
    ({"signIn.method": "tmp"}, "signIn.method"),
    ({"signIn.method": "github", "signIn.github.allowed_organizations": "river-lab", "signIn.github.scope": "repo"},
     "signIn.github.scope"),
    ({"signIn.method": "google", "signIn.google.hosted_domain": "gmail.com", "signIn.allowedUsers": "mia"},
     "signIn.google.hosted_domain"),
    *(({**CILOGON, "signIn.cilogon.institutions": entity}, "signIn.cilogon.institutions") for entity in (
        "http://google.com/accounts/o8/id", "http://github.com/login/oauth/authorize", "http://orcid.org/oauth/authorize",
        "http://login.microsoftonline.com/common/oauth2/v2.0/authorize", "https://idp.river.edu/shib\nhttp://google.com/accounts/o8/id")),
    ({**CILOGON, "signIn.cilogon.institutions": "http://google.com/accounts/o8/id",
      "signIn.cilogon.allowed_domains": "gmail.com"}, "signIn.cilogon.allowed_domains"),
    *(({**CILOGON, "signIn.cilogon.institutions": institutions}, "signIn.cilogon.institutions") for institutions in (
        rows({"entity_id": SOCIAL, "allow_all": True}), rows(UNI, {"entity_id": SOCIAL, "allow_all": True}),
        *(rows({"entity_id": SOCIAL, "allowed_domains": [wide]}) for wide in (
            "gmail.com", "*", "*.edu", "*.ac.uk", "*river.edu", "gm?il.com", "[a-z]*.com", "*.com")),
        rows({"entity_id": SOCIAL, "allowed_domains": ["river.edu"], "allowed_domains_claim": "family_name"}),
        rows({"entity_id": SOCIAL, "allowed_domains": ["river.edu"], "username_claim": "name"}),
        rows({**UNI, "action": "strip_idp_domain", "domain": "river.edu"},
             {"entity_id": OTHER_UNI, "allow_all": True, "action": "strip_idp_domain", "domain": "lake.edu"}),
        rows({**UNI, "action": "prefix", "prefix": "a"},
             {"entity_id": OTHER_UNI, "allow_all": True, "action": "prefix", "prefix": "a"}),
        rows({**UNI, "username_claim": "uid"}, {"entity_id": OTHER_UNI, "allow_all": True, "username_claim": "uid"}),
    )),
    ({"signIn.method": "google", "signIn.google.hosted_domain": "river.edu\nlake.edu", "signIn.allowedUsers": "mia",
      "signIn.google.strip_domain": "yes"}, "signIn.google.strip_domain"),
    *(({"signIn.method": "google", "signIn.google.hosted_domain": "river.edu", "signIn.allowedUsers": "mia",
        "signIn.google.username_claim": claim}, "signIn.google.username_claim") for claim in ("name", "given_name")),
    ({"signIn.method": "native", "signIn.allowedUsers": "mia", "signIn.native.open_signup": "yes"},
     "signIn.native.open_signup"),
    *(({**start, "signIn.service.allowed_scopes": "openid"}, "signIn.service.allowed_scopes")
      for start in (SECRET, {**CILOGON, "signIn.cilogon.institutions": "https://idp.river.edu/shib"})),
    *(({**SECRET, "signIn.service.extra_authorize_params": sent}, "signIn.service.extra_authorize_params")
      for sent in ("audience=https://hub.example.org", "scope=repo", "prompt=login\nclient_id=other",
                   "redirect_uri=https://elsewhere.example.org")),
    ({"hub.serverScopes": "servers!user"}, "hub.serverScopes"),
    ({**SECRET, "signIn.oauth.token_url": "https://sso.internal/t"}, "signIn.oauth.token_url"),
    ({**SECRET, "signIn.oauth.userdata_url": "https://10.0.0.7/u"}, "signIn.oauth.userdata_url"),
    ({"signIn.method": "lti13", "signIn.lti13.jwks_endpoint": "https://moodle.local/jwks"},
     "signIn.lti13.jwks_endpoint"),
    ({**SECRET, "signIn.allowAll": "yes"}, "signIn.allowAll"),
    *(({**SECRET, "signIn.oauth.scope": f"openid\n{scope}"}, "signIn.oauth.scope")
      for scope in ("repo", "api", "read:user,repo", "https://www.googleapis.com/auth/drive", "Files.ReadWrite")),
    *(({**SECRET, "signIn.oauth.authorize_url": f"https://sso.example.edu/a?{query}"}, "signIn.oauth.authorize_url")
      for query in ("scope=repo", "prompt=login&user_scope=files", "SCOPE=api", "request=eyJ", "resource=https://b")),
    ({**SECRET, **GITHUB, "signIn.oauth.auth_state_groups_key": "oauth_user.type", "signIn.oauth.allowed_groups": "U"},
     "signIn.oauth.allowed_groups"),
    ({**SECRET, **GITHUB, "signIn.oauth.admin_groups": "U"}, "signIn.oauth.allowed_groups"),
    ({**SECRET, **{path: url.replace(".com/", ".com//") for path, url in GITHUB.items()},
      "signIn.oauth.admin_groups": "U"}, "signIn.oauth.allowed_groups"),
    ({"singleuser.profileList": GPU}, "singleuser.profileList"),
    ({"singleuser.profileList": FREE}, "singleuser.profileList"),
    ({"singleuser.profileList": "- display_name: A\n  kubespawner_override: {mem_limit: null}\n"},
     "singleuser.profileList"),
    ({"singleuser.internetExceptions": "10.1.2.3/32 5432"}, "singleuser.internetExceptions"),
    ({"singleuser.memory.limit": ""}, "singleuser.memory.limit"),
    ({"singleuser.cpu.limit": ""}, "singleuser.cpu.limit"),
    (STATIC, "singleuser.storage.type"),
    ({"singleuser.storage.dynamic.storageClass": "fast"}, "singleuser.storage.dynamic.storageClass"),
    ({"singleuser.storage.dynamic.storageClass": "of-others"}, "singleuser.storage.dynamic.storageClass"),
    ({**STATIC, "singleuser.storage.allHomes": "yes"}, "singleuser.storage.allHomes"),
    ({"singleuser.gpus": "1"}, "singleuser.gpus"),
    ({"singleuser.nodePool": "big"}, "singleuser.nodePool"),
    ({"singleuser.nodeSelector": "disk=fast"}, "singleuser.nodeSelector"),
    ({"singleuser.tolerations": "gpu:NoSchedule"}, "singleuser.tolerations"),
    ({"singleuser.storage.extraVolumes": "- {name: data, persistentVolumeClaim: {claimName: of-others}}"},
     "singleuser.storage.extraVolumes"),
    ({"singleuser.storage.extraVolumes": "- {name: data, configMap: {name: course}}"},
     "singleuser.storage.extraVolumes"),
    ({"singleuser.storage.extraVolumeMounts": "- {name: home, mountPath: /home/jovyan/s, subPath: _shared}"},
     "singleuser.storage.extraVolumeMounts"),
    ({"singleuser.initContainers": "- {name: own, image: 'busybox:1', command: [chown, '1000', /home/jovyan]}"},
     "singleuser.initContainers"),
    ({"singleuser.extraContainers": "- {name: db, image: 'postgres:17'}"}, "singleuser.extraContainers"),
    ({"hub.resources": "limits: {memory: 8Gi}"}, "hub.resources"),
    ({"hub.nodeSelector": "pool=core"}, "hub.nodeSelector"),
    ({"hub.annotations": "prometheus.io/scrape=true"}, "hub.annotations"),
    ({"hub.concurrentSpawnLimit": "500"}, "hub.concurrentSpawnLimit"),
    ({"hub.services": "report:\n  url: http://report:8080\n"}, "hub.services"),
    ({"hub.loadRoles": "readers:\n  scopes: ['list:users']\n"}, "hub.loadRoles"),
    ({"more": "singleuser:\n  extraPodConfig: {hostNetwork: true}\n"}, "more"),
]  # fmt: skip
SHM = "- {name: shm, emptyDir: {medium: Memory, sizeLimit: 1Gi}}"
ROUTINE = [
    {},
    {"singleuser.storage.extraVolumes": SHM,
     "singleuser.storage.extraVolumeMounts": "- {name: shm, mountPath: /dev/shm}"},
    {"signIn.method": "github", "signIn.github.allowed_organizations": "river-lab", "signIn.github.scope": "read:org"},
    {**CILOGON, "signIn.cilogon.institutions": "https://idp.river.edu/shib"},
    {**CILOGON, "signIn.cilogon.institutions": "http://google.com/accounts/o8/id",
     "signIn.cilogon.allowed_domains": "river.edu"},
    {**CILOGON, "signIn.cilogon.institutions": rows(
        {**UNI, "default": True, "username_claim": "eppn", "action": "strip_idp_domain", "domain": "river.edu"},
        {"entity_id": OTHER_UNI, "allowed_domains": ["lake.edu", "*.lake.edu"], "username_claim": "email"},
        {"entity_id": SOCIAL, "allowed_domains": ["river.edu"], "action": "prefix", "prefix": "google"},
        {"entity_id": "http://github.com/login/oauth/authorize", "allow_all": False, "username_claim": "name",
         "action": "prefix", "prefix": "github"})},
    {"signIn.method": "google", "signIn.google.hosted_domain": "river.edu", "signIn.allowedUsers": "mia",
     "signIn.google.strip_domain": "yes", "signIn.google.username_claim": "email"},
    {**SECRET, "signIn.service.extra_authorize_params": "kc_idp_hint=river\nprompt=login",
     "signIn.session.auth_refresh_age": "10", "signIn.session.blocked_users": "eve"},
    {"signIn.method": "firstuse", "signIn.allowedUsers": "mia", "signIn.adminUsers": "ines"},
    {"signIn.method": "native", "signIn.allowedUsers": "mia", "signIn.adminUsers": "ines"},
    SECRET,
    {**SECRET, **GITHUB, "signIn.oauth.scope": "read:user\nread:org"},
    {**SECRET, "signIn.oauth.allowed_groups": "staff", "signIn.oauth.scope": "openid\neduPersonAffiliation\ngroups",
     "signIn.oauth.authorize_url": "https://sso.example.edu/a?kc_idp_hint=river&prompt=login"},
    {"singleuser.storage.dynamic.storageClass": "standard"},
    {"singleuser.profileList": "- display_name: A\n  kubespawner_override: {image: 'a/b:1', environment: {A: '1'}}\n"},
    {"singleuser.internet": "closed"},
    {"hub.concurrentSpawnLimit": "100", "hub.allowNamedServers": "yes"},
]  # fmt: skip


@pytest.mark.parametrize(("values", "path"), LOOKED)
def test_a_value_that_others_could_feel_is_looked_at(values, path):
    asked = spec(**values)
    assert path in seen(asked)
    assert seen(asked, asked) == set(), "once: what was approved needs no second review"
    assert path in seen(asked, spec()), "a change can't introduce it unnoticed"


def test_every_check_is_tested():
    assert {path for _, path in LOOKED} == {path for path, verdict in VERDICTS.items() if verdict.look}


@pytest.mark.parametrize("values", ROUTINE)
def test_settings_of_an_ordinary_class_need_no_review(values):
    assert seen(spec(**values)) == set()


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        ({"signIn.method": "google", "signIn.google.hosted_domain": "river.edu", "signIn.allowAll": "yes"},
         {"signIn.method": "google", "signIn.google.hosted_domain": "", "signIn.allowAll": "yes"}, "signIn.allowAll"),
        ({**CILOGON, "signIn.cilogon.institutions": rows({"entity_id": SOCIAL, "allowed_domains": ["river.edu"]})},
         {**CILOGON, "signIn.cilogon.institutions": rows({"entity_id": SOCIAL, "allow_all": True})},
         "signIn.cilogon.institutions"),
        ({"signIn.method": "native", "signIn.allowAll": "yes"},
         {"signIn.method": "native", "signIn.allowAll": "yes", "signIn.native.open_signup": "yes"}, "signIn.allowAll"),
        ({**SECRET, "signIn.allowAll": "yes", "signIn.session.blocked_users": "eve"},
         {**SECRET, "signIn.allowAll": "yes"}, "signIn.allowAll"),
        ({**SECRET, "signIn.allowAll": "yes"},
         {**SECRET, "signIn.allowAll": "yes", "signIn.oauth.authorize_url": "https://other.example.org/a"},
         "signIn.allowAll"),
        (STATIC, {**STATIC, "singleuser.storage.static.subPath": "others/{username}"}, "singleuser.storage.type"),
        (STATIC, {**STATIC, "singleuser.storage.static.pvcName": "other-homes"}, "singleuser.storage.type"),
        (STATIC, {**STATIC, "singleuser.storage.shared": "read"}, "singleuser.storage.type"),
        ({**STATIC, "singleuser.storage.shared": "read"}, {**STATIC, "singleuser.storage.shared": "admins"},
         "singleuser.storage.type"),
        ({**SECRET, "signIn.oauth.scope": "api"},
         {**SECRET, "signIn.oauth.scope": "api", "signIn.oauth.authorize_url": "https://other.example.edu/a"},
         "signIn.oauth.scope"),
        ({"singleuser.profileList": GPU + "  allowed_groups: [staff]\n"}, {"singleuser.profileList": GPU},
         "singleuser.profileList"),
        ({"signIn.method": "tmp", "singleuser.internet": "closed"}, {"signIn.method": "tmp"}, "signIn.method"),
        ({**SECRET, "signIn.allowAll": "yes", "singleuser.internet": "web"}, {**SECRET, "signIn.allowAll": "yes"},
         "signIn.allowAll"),
        ({"singleuser.gpus": "1", "about.heads": "5"}, {"singleuser.gpus": "1", "about.heads": "50"},
         "singleuser.gpus"),
        ({"singleuser.profileList": GPUS, "hub.activeServerLimit": "2"}, {"singleuser.profileList": GPUS},
         "singleuser.profileList"),
        ({"more": "singleuser:\n  extraResource: {limits: {nvidia.com/gpu: '1'}}\n", "about.heads": "5"},
         {"more": "singleuser:\n  extraResource: {limits: {nvidia.com/gpu: '1'}}\n", "about.heads": "50"},
         "singleuser.gpus"),
        ({"more": "singleuser:\n  extraResource: {limits: {amd.com/gpu: '1'}}\n", "about.heads": "5"},
         {"more": "singleuser:\n  extraResource: {limits: {amd.com/gpu: '1'}}\n", "about.heads": "50"}, "more"),
        ({"signIn.method": "google", "signIn.google.hosted_domain": "river.edu", "more": ALLOW},
         {"signIn.method": "google", "signIn.google.hosted_domain": "", "more": ALLOW}, "more"),
        ({"signIn.method": "google", "signIn.google.hosted_domain": "river.edu", "more": ALLOW},
         {"signIn.method": "native", "signIn.allowedUsers": "mia", "more": ALLOW}, "more"),
        ({"more": "singleuser:\n  cloudMetadata: {blockWithIptables: true}\n"}, {"more": ""}, "more"),
    ],
)  # fmt: skip
def test_an_approved_setting_with_another_meaning_needs_review(before, after, path):
    """Staff approved it together with the rule that made it harmless."""
    assert path in seen(spec(**after), spec(**before))


LIMITS = "{limits: {nvidia.com/gpu: '1'}}"
BESIDE = f"[{{name: a, image: 'a/b:1', resources: {LIMITS}}}]"
CHOICE = "- display_name: A\n  kubespawner_override: {%s}\n"
ANY_GPU = [  # every way to request resources of Kubernetes that no limit of the portal counts
    CHOICE % "extra_resource_limits: {amd.com/gpu: 1}", CHOICE % "extra_resource_guarantees: {amd.com/gpu: 1}",
    CHOICE % f"extra_container_config: {{resources: {LIMITS}}}", CHOICE % f"init_containers: {BESIDE}",
    CHOICE % f"extra_containers: {BESIDE}", CHOICE % f"extra_pod_config: {{containers: {BESIDE}}}",
    "- display_name: A\n  profile_options:\n    o:\n      display_name: O\n      choices:\n"
    "        a: {display_name: A}\n"
    f"        b: {{display_name: B, kubespawner_override: {{extra_container_config: {{resources: {LIMITS}}}}}}}\n",
    "hub: {config: {KubeSpawner: {extra_resource_limits: {a.b/gpu: '1'}}}}",
    f"singleuser: {{extraContainers: {BESIDE}}}",
]  # fmt: skip


@pytest.mark.parametrize("asked", ANY_GPU)
def test_more_servers_with_uncounted_resources_need_review(asked):
    typed = path = "singleuser.profileList" if asked.startswith("-") else "more"
    path = "singleuser.extraContainers" if "{extraContainers" in asked else path  # it has one place: the field
    few, many = ({typed: asked, "about.heads": heads} for heads in ("5", "50"))
    assert path in seen(spec(**many), spec(**few))
    assert path not in seen(spec(**few), spec(**many))


def test_a_size_that_a_trait_gives_counts():
    """Staff reviewed it once; with more people it needs more memory."""
    asked = spec(more="hub: {config: {KubeSpawner: {mem_limit: 8G, cpu_limit: 6, storage_capacity: 40Gi}}}")
    assert (asked.memory_mib, asked.cpu, asked.storage_mib) == (8192, 6, 40 * 1024)


def test_fewer_of_an_approved_setting_need_no_review():
    for values in (
        {"singleuser.gpus": "1"}, {"singleuser.profileList": GPUS}, {"more": ALLOW}, {"signIn.method": "tmp"},
    ):  # fmt: skip
        before = spec(**{**values, "about.heads": "50"})
        less = {"about.heads": "20", "signIn.adminUsers": "mia", "singleuser.internet": "closed"}
        assert seen(spec(**{**values, **less}), before) == set()


def test_a_profile_beside_an_approved_one_is_assessed_alone():
    both = GPU + "- display_name: Plain\n  kubespawner_override: {mem_limit: 1G}\n"
    assert seen(spec(**{"singleuser.profileList": both}), spec(**{"singleuser.profileList": GPU})) == set()


def test_the_policy_uses_the_table():
    place = Cluster(pk=1, name="Here", runtime="memory", storage_classes=["standard", "fast"])
    river = Organization(pk=1, slug="river", name="River University", cluster=place, auto_approve=True)
    asked = spec(**{"singleuser.storage.dynamic.storageClass": "fast"})
    found = limits.judge(asked, river, place, (), None)
    assert [one.code for one in found.findings] == ["novel:singleuser.storage.dynamic.storageClass"]


# --- texts of the rows ------------------------------------------------------------------------------------------------
OTHER = {  # another answer for each kind of field
    "line": "other", "text": "Other words", "int": "7", "float": "0.5", "bool": "no", "maybe": "no",
    "date": "2027-01-31", "memory": "0.5", "storage": "2", "seconds": "20", "people": "mia",
    "lines": "other", "map": "A=b", "rows": "- {name: other, image: 'other:1'}",
}  # fmt: skip
ANSWERS = {
    "about.purpose": "research", "signIn.method": "github", "signIn.cilogon.username_claim": "eppn",
    "singleuser.image.pullPolicy": "Always", "singleuser.internet": "closed", "singleuser.storage.shared": "read",
    "singleuser.storage.homeMountPath": "/home/rstudio", "singleuser.defaultUrl": "/tree",
    "singleuser.content.repository": "https://git.example.org/course", "cull.users": "yes",
    "singleuser.storage.static.pvcName": "other-homes", "singleuser.storage.static.subPath": "homes/{username}",
    "singleuser.extraFiles": "notes:\n  mountPath: /etc/n.txt\n  stringData: Hello\n", "signIn.allowedUsers": "mia",
    "hub.shutdownOnLogout": "yes", "homePage.logo": "https://river.edu/l.png", "cull.removeNamedServers": "yes",
    "homePage.website": "https://river.edu/", "homePage.funderWebsite": "https://f.example.org/",
    "signIn.github.populate_teams_in_auth_state": "yes", "signIn.oauth.manage_groups": "yes",
    "signIn.manageGroups": "yes",
    "signIn.enableAuthState": "yes", "about.early": "yes", "about.starts": "2026-12-01", "singleuser.cmd": "start.sh",
    "signIn.oauth.authorize_url": "https://sso.example.edu/b", "signIn.lti13.issuer": "https://m.example.edu",
    "signIn.lti13.authorize_url": "https://m.example.edu/a", "signIn.cilogon.allowed_domains": "river.edu",
    "homePage.designerWebsite": "http://hubs.example.org/", "homePage.operatorWebsite": "https://hubs.example.org/",
    "singleuser.storage.extraVolumes": "- {name: shm, emptyDir: {medium: Memory}}",
    "singleuser.storage.extraVolumeMounts": "- {name: home, mountPath: /home/jovyan/shared, subPath: _shared}",
    "hub.resources": "limits: {memory: 3Gi}",
    "signIn.oauth.userdata_from_id_token": "yes", "signIn.native.open_signup": "yes",
    "signIn.native.ask_email_on_signup": "yes", "signIn.native.check_common_password": "yes",
    "signIn.session.delete_invalid_users": "yes", "signIn.service.logout_redirect_url": "https://sso.river.edu/out",
    "hub.serverScopes": "read:users:activity!user", "signIn.service.allowed_scopes": "openid",
    "singleuser.startTimeout": "20", "signIn.google.hosted_domain": "river.edu",
}  # fmt: skip
NAMED = {f"homePage.{who}Website": {f"homePage.{who}": "Us"} for who in ("designer", "operator")}
# What a hub's configuration may change: its own files, pods and bounds. Never a permission, an account, a label of a
# namespace, an address, or an object of another namespace.
MAY_CHANGE = {
    "ConfigMap/hub", "Secret/hub", "Deployment/hub", "ConfigMap/singleuser-files", "NetworkPolicy/singleuser",
    "ResourceQuota/hub", "LimitRange/hub",
}  # fmt: skip


@cache
def _made(asked):
    changes = {key: value for key, value in json.loads(asked).items() if key != "version"}
    return _objects(**changes)


def _objects(**changes):
    return {key: manifest for part in release(**changes).parts for key, manifest in part.payload.items()}


@pytest.mark.parametrize("path", [p for p, v in VERDICTS.items() if v.reach == Reach.OWN])
def test_an_own_field_changes_nothing_but_its_own_hub(path):
    field = FIELDS[path]
    base = {"singleuser.content.folder": "course"} | NAMED.get(path, {})
    base |= STATIC if ".static." in path or "shared" in path else {}
    if field.words.when and field.words.when[0] == "signIn.method":
        method = field.words.when[1][0]
        base |= {
            "signIn.method": method,
            "signIn.allowedUsers": "omar",
            "signIn.cilogon.institutions": "https://i.edu/s",
        }
    changed = {**base, path: ANSWERS.get(path) or OTHER[field.kind]}
    one, other = spec(**base), spec(**changed)
    assert field.read(one) != field.read(other), "the test changes nothing"
    before, after = _made(one.model_dump_json()), _made(other.model_dump_json())
    assert {key for key in before | after if before.get(key) != after.get(key)} <= MAY_CHANGE


def test_what_is_set_aside_is_at_most_the_limit():
    for what, values in {"memory": ("1", "2"), "cpu": ("1", "2")}.items():
        errors = from_errors(**{f"singleuser.{what}.limit": values[0], f"singleuser.{what}.guarantee": values[1]})
        assert set(errors) == {f"singleuser.{what}.guarantee"}


def from_errors(**values):
    with pytest.raises(SpecError) as caught:
        spec(**values)
    return caught.value.errors


def test_named_servers_stay_inside_the_quota():
    """However many servers each person may have, the namespace holds only the approved number."""
    one, many = (
        _objects(hub=settings_)["ResourceQuota/hub"]["spec"]["hard"] for settings_ in ({}, {"allowNamedServers": True})
    )
    assert one == many
    assert int(one["pods"]) <= 100 + 6
    kept = _objects(cull={"enabled": False})["ResourceQuota/hub"]["spec"]["hard"]
    assert kept == one


MARK = "<script>alert(1)</script><b onclick=x>bold</b>"


@pytest.mark.django_db
def test_words_of_people_are_escaped(as_, ines, stan, ask, river):
    row = ask(ines, river, **{
        "about.title": "<script>1</script>", "about.description": MARK, "homePage.text": MARK,
        "homePage.funder": "<i onload=x>", "about.heads": "900",
    })  # fmt: skip
    row = requests.submit(request=row, by=ines)
    requests.comment(request=row, by=ines, text=MARK)
    for who, page in ((ines, f"/requests/{row.uid}/"), (stan, f"/requests/{row.uid}/"), (stan, "/queue/")):
        text = as_(who).get(page, follow=True).content.decode()
        assert "<script>1" not in text
        assert "<script>alert" not in text
        assert "<b onclick" not in text
        assert "<i onload" not in text
    told = json.loads(_objects(homePage={"text": MARK, "funder": "<i>x</i>"})["ConfigMap/hub"]["data"]["values.json"])
    assert "<script" not in told["hub"]["templateVars"]["announcement"]
