"""Which values of a hub's fields staff look at, because others could feel them. Each judge reads the value, not its
name alone, and says why. Pure; hubs.spec.verdicts has the table.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hubs.spec.chart import Tree
from hubs.spec.effective import refused
from hubs.spec.egress import harmless
from hubs.spec.fields import FIELDS
from hubs.spec.followed import followed
from hubs.spec.hub import HubSpec
from hubs.spec.pods import uncounted
from hubs.spec.profile_words import label as called
from hubs.spec.profiles import as_values, beyond_plain, builds_images, free_images, unread, without_limit
from hubs.spec.reading import reads
from hubs.spec.secrets import is_setting, replaced
from hubs.spec.trees import get, split
from hubs.spec.types import reach


@dataclass(frozen=True)
class Facts:
    """What a judgement has to know of the cluster and the organisation."""

    storage_classes: tuple[str, ...] = ()  # the first is the default
    temporary_users: bool = False  # did staff allow hubs without sign-in?


@dataclass(frozen=True)
class Look:
    """A value that staff look at. The same `subject` as before was looked at before, unless it is a larger `amount`."""

    subject: str
    message: str
    amount: int = 0


Judge = Callable[[HubSpec, Facts], Iterator[Look]]


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def always(path: str, message: str) -> Judge:
    """Looked at whenever it says something."""

    def judge(spec: HubSpec, facts: Facts) -> Iterator[Look]:
        if value := FIELDS[path].read(spec):
            yield Look(_text(value), message)

    return judge


def in_private_network(path: str) -> Judge:
    """An address that the hub itself asks, from inside its cluster."""

    def judge(spec: HubSpec, facts: Facts) -> Iterator[Look]:
        address = FIELDS[path].read(spec)
        if FIELDS[path].asked(spec) and address and reach(address) != "public":
            yield Look(
                address, f"{FIELDS[path].words.label}: an address of a private network. Staff check whose it is."
            )

    return judge


# --- sign-in ----------------------------------------------------------------------------------------------------------
# Anybody in the world has or gets an account there. CILogon's entity IDs of them, and e-mail domains.
SOCIAL = ("google.com", "github.com", "orcid.org", "microsoftonline.com", "live.com", "facebook.com", "linkedin.com",
          "apple.com", "yahoo.com", "twitter.com", "x.com", "gitlab.com", "eduid.se", "login.gov")  # fmt: skip
PUBLIC_MAIL = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com aol.com gmx.com "
    "gmx.de gmx.net web.de mail.com mail.ru yandex.com yandex.ru proton.me protonmail.com qq.com 163.com zoho.com "
    "fastmail.com hey.com tutanota.com orcid.org".split()
)
OPEN = {"closed": 0, "web": 1, "open": 2}  # what strangers could do to others from a hub
# What a GitHub app may be given without anybody looking: reading who somebody is and where they are a member.
GITHUB_READS = frozenset(["read:org", "read:user", "user:email"])
# The same of any other service: names, addresses, groups, and to be asked again later.
WHO_SOMEBODY_IS = GITHUB_READS | frozenset(
    "openid profile email groups roles phone address offline_access username user.read read_user account acr basic "
    "entitlements affiliation org.cilogon.userinfo microprofile-jwt web-origins".split()
)
_WHO = ("eduperson", "voperson", "schac")  # how the names of scopes of research federations begin
# Of an address to which browsers are sent: which sign-in page is shown. Anything else may ask for more.
_HINTS = frozenset(
    "acr_values display domain_hint hd idp idphint kc_idp_hint login_hint max_age organization prompt selected_idp "
    "tenant ui_locales entityid p".split()
)
SHARED = {"none": 0, "read": 1, "admins": 2}  # what people may do in a folder that they share


def _host(address: str) -> str:
    return address.split("//")[-1].split("/")[0].split("?")[0].split(":")[0].lower()


def _is_social(address: str) -> bool:
    """Of an entity ID, or of a web address."""
    host = _host(address)
    return any(host == one or host.endswith(f".{one}") for one in SOCIAL)


def _open_domains(domains: tuple[str, ...]) -> list[str]:
    return sorted(set(domains) & PUBLIC_MAIL)


def temporary(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    if spec.signIn.method == "tmp" and not facts.temporary_users:
        yield Look("tmp", "A hub without sign-in is open to everybody.", OPEN[spec.singleuser.internet])


def allow_all(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """What narrows it is part of what was looked at: without its domain rule, the same answer is another one."""
    sign_in = spec.signIn
    if sign_in.allowAll and FIELDS["signIn.allowAll"].asked(spec):
        oauth = sign_in.oauth
        rules: list[Any] = [sign_in.method, sign_in.google.hosted_domain, sign_in.cilogon.model_dump()]
        rules += [oauth.authorize_url, oauth.token_url, oauth.userdata_url]
        said = "Everybody who can sign in may come in. That may be the whole world."
        yield Look(_text(rules), said, OPEN[spec.singleuser.internet])


def institutions(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    if spec.signIn.method != "cilogon":
        return
    asked = spec.signIn.cilogon
    social = [one for one in asked.institutions if _is_social(one)]
    if social and not asked.allowed_domains:
        yield Look(_text(social), f"Anybody in the world can have an account with {', '.join(social[:3])}, and no "
                                  "e-mail domain narrows it.")  # fmt: skip


def mail_domains(path: str, method: str) -> Judge:
    def judge(spec: HubSpec, facts: Facts) -> Iterator[Look]:
        if spec.signIn.method == method and (public := _open_domains(FIELDS[path].read(spec))):
            yield Look(_text(public), f"Anybody in the world can have an address at {', '.join(public)}.")

    return judge


def github_scope(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    if spec.signIn.method == "github" and (more := sorted(set(spec.signIn.github.scope) - GITHUB_READS)):
        yield Look(_text(more), f"The hub would ask people for {', '.join(more)} at GitHub: more than who they are.")


def _beyond_who(scopes: Iterable[str]) -> list[str]:
    return sorted({one for one in scopes if one.lower() not in WHO_SOMEBODY_IS and not one.lower().startswith(_WHO)})


def oauth_scope(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Also GitHub, or a university's GitLab, can be asked in this way, and a hub admin reads what it answered."""
    asked = spec.signIn.oauth
    if spec.signIn.method == "generic-oauth" and (more := _beyond_who(asked.scope)):
        said = f"The hub would ask people for {', '.join(more)} at their sign-in service: more than who they are."
        yield Look(_text([more, _host(asked.authorize_url), _host(asked.token_url)]), said)


def asked_in_address(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """What a sign-in service is asked for can stand in its address, too."""
    address = spec.signIn.oauth.authorize_url
    if spec.signIn.method != "generic-oauth":
        return
    query = parse_qs(urlsplit(address).query, keep_blank_values=True)
    if more := sorted(name for name in query if name.lower() not in _HINTS):
        yield Look(address, f"The address asks for more than a sign-in: {', '.join(more)}. Staff check what it is.")


def social_groups(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Whoever says who is in which group says who comes in."""
    oauth = spec.signIn.oauth
    addresses = [oauth.authorize_url, oauth.token_url, oauth.userdata_url]
    groups = [*oauth.allowed_groups, *oauth.admin_groups]
    if spec.signIn.method == "generic-oauth" and groups and (social := sorted(filter(_is_social, addresses))):
        said = f"Anybody in the world can have an account at {_host(social[0])}, and be in such a group."
        yield Look(_text([*addresses, oauth.auth_state_groups_key, groups]), said)


# --- servers ----------------------------------------------------------------------------------------------------------
def _uncounted(spec: HubSpec, values: Tree) -> int:
    """What no limit counts, such as GPUs, grows with the number of servers: how many there may be, when a pod that
    these values come to asks for such a thing, wherever it says so."""
    return spec.seats if uncounted(values) else 0


def profiles(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """One look a profile, so that another profile beside one that was looked at is judged alone."""
    for profile in spec.singleuser.profileList:
        alone = (profile,)
        if unusual := beyond_plain(alone):
            amount = _uncounted(spec, {"singleuser": {"profileList": as_values(alone)}})
            asked = ", ".join(called(name) for name in unusual[:6])
            message = f"“{profile.display_name}” asks for {asked}: staff check whether the cluster has it."
            yield Look(_text(as_values(alone)), message, amount)
        if keys := unread(profile):
            said = f"“{profile.display_name}” says {', '.join(keys[:6])}, which the hub does not read: staff check it."
            yield Look(f"unread {_text(keys)}", said)
        if builds_images(profile):
            said = (
                f"“{profile.display_name}” lets people build images from repositories. That takes a BinderHub as a "
                "service of the hub, and jupyterhub-fancy-profiles on its page; without them the choice is not shown."
            )
            yield Look(f"builds images {_text(as_values(alone))}", said)
        if free_images(alone):
            yield Look(f"free {_text(as_values(alone))}", f"In “{profile.display_name}” people may type an image of "
                                                          "any registry.")  # fmt: skip
        for setting, what in (("mem_limit", "memory"), ("cpu_limit", "CPU")):
            if without_limit(alone, setting):
                yield Look(f"{setting} {_text(as_values(alone))}", f"“{profile.display_name}” takes away the limit of "
                                                                   f"{what}: one person could use it all.")  # fmt: skip


def gpus(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """GPUs are in no limit: as many as all servers together may have are what was looked at."""
    if each := spec.singleuser.gpus:
        yield Look("gpus", "GPUs are rare and expensive: staff look.", each * spec.seats)


def no_limit(path: str, what: str) -> Judge:
    def judge(spec: HubSpec, facts: Facts) -> Iterator[Look]:
        if FIELDS[path].read(spec) is None:
            yield Look("none", f"No limit of {what}: one person could use it all.")

    return judge


def file_server(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    storage = spec.singleuser.storage
    if storage.type == "static":
        message = "Homes on a file server: staff prepare its volume, and check that each person has a folder alone."
        # The shared folder is one of the whole volume, whose other folders may be another hub's.
        yield Look(f"{storage.static.pvcName} {storage.static.subPath}", message, SHARED[storage.shared])


def storage_class(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    name = spec.singleuser.storage.dynamic.storageClass
    if spec.singleuser.storage.type == "dynamic" and name and name not in facts.storage_classes[:1]:
        yield Look(name, f"The storage class “{name}” is not the cluster’s usual one: it may cost more or be shared.")


def many_starts(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    if (starts := spec.hub.concurrentSpawnLimit) > 100:  # JupyterHub's own default
        yield Look(str(starts), f"{starts} servers starting at the same time may slow the cluster for others.")


def more(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Also when it becomes empty: what was in it may have kept something closed."""
    names = sorted({one.name for one in reads(spec.more)})
    reading = f" It reads {', '.join(names)} of the hub’s namespace." if names else ""
    subject: list[Any] = [spec.more]
    if get(spec.more, ("hub", "config")):
        # What it says of a sign-in was read beside the fields that narrow who comes in, such as a domain.
        sign_in = spec.signIn.model_dump(mode="json")
        subject.append({name: said for name, said in sign_in.items() if name not in ("allowedUsers", "adminUsers")})
    amount = _uncounted(spec, followed(spec.more))
    yield Look(_text(subject), f"More configuration: staff read it before it counts.{reading}", amount)
    for hidden in replaced(followed(spec.more)):
        if is_setting(hidden):
            at = ".".join(hidden)
            yield Look(
                f"hidden {at}", f"More configuration: {at} is kept where nobody can read it. Staff ask what it is."
            )
    for path, said in refused(spec).items():
        label = FIELDS[path].words.label
        yield Look(
            f"{path} {_text(get(spec.more, split(FIELDS[path].values_path)))}", f"More configuration: {label}: {said}"
        )
    rules = get(followed(spec.more), ("singleuser", "networkPolicy", "egress"))
    for words in harmless(rules).dropped:
        yield Look(f"network {words}", f"Network rules: {words}")
