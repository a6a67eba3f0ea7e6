"""Which answers about sign-in staff look at: every way in for people whom nobody named, what the hub asks services for,
and names that two people could have. Pure; hubs.spec.sign_in_verdicts has the table.
"""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hubs.spec.fields import FIELDS
from hubs.spec.hub import HubSpec
from hubs.spec.institution_rules import CILogon
from hubs.spec.judges import Facts, Judge, Look
from hubs.spec.judges import text as _text
from hubs.spec.sign_in import SignIn

# Anybody in the world has or gets an account there. CILogon's entity IDs of them, and e-mail domains.
SOCIAL = ("google.com", "github.com", "orcid.org", "microsoftonline.com", "live.com", "facebook.com", "linkedin.com",
          "apple.com", "yahoo.com", "twitter.com", "x.com", "gitlab.com", "eduid.se", "login.gov")  # fmt: skip
PUBLIC_MAIL = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com aol.com gmx.com "
    "gmx.de gmx.net web.de mail.com mail.ru yandex.com yandex.ru proton.me protonmail.com qq.com 163.com zoho.com "
    "fastmail.com hey.com tutanota.com orcid.org".split()
)
SURE_CLAIMS = ("email", "eppn")  # of CILogon's answer: what institutions say, not people
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


def _host(address: str) -> str:
    """As a browser reads it: a second // in the path or the query is no host."""
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_social(address: str) -> bool:
    """Of an entity ID, or of a web address."""
    host = _host(address)
    return any(host == one or host.endswith(f".{one}") for one in SOCIAL)


def _open_domains(patterns: Iterable[str]) -> list[str]:
    """Those where anybody in the world has, or may get, an address. A pattern is one of OAuthenticator's: *, ?."""
    return sorted({one for one in patterns if _too_wide(one) or any(fnmatch(mail, one) for mail in PUBLIC_MAIL)})


def _too_wide(pattern: str) -> bool:
    """*.river.edu is one organisation's. *, *.edu, *.ac.uk and *river.edu are more than that."""
    tail = re.split(r"[*?\[\]]", pattern)[-1]
    if tail == pattern:
        return False
    labels = tail.strip(".").split(".")
    by_country = len(labels) == 2 and len(labels[1]) == 2 and len(labels[0]) <= 3
    return not tail.startswith(".") or len(labels) < 2 or by_country


def temporary(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    if spec.signIn.method == "tmp" and not facts.temporary_users:
        yield Look("tmp", "A hub without sign-in is open to everybody.", OPEN[spec.singleuser.internet])


def allow_all(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """What narrows it is part of what was looked at: without its domain rule, the same answer is another one."""
    sign_in = spec.signIn
    if sign_in.allowAll and FIELDS["signIn.allowAll"].asked(spec):
        said = "Everybody who can sign in may come in. That may be the whole world."
        yield Look(_text(_narrowed(sign_in)), said, OPEN[spec.singleuser.internet])


def _narrowed(sign_in: SignIn) -> list[Any]:
    """What narrows who can sign in at all."""
    oauth, cilogon = sign_in.oauth, sign_in.cilogon.model_dump(mode="json")
    narrowed = [sign_in.method, sign_in.google.hosted_domain, cilogon, sign_in.session.blocked_users]
    return [*narrowed, oauth.authorize_url, oauth.token_url, oauth.userdata_url, sign_in.native.open_signup]


def granted(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Scopes are given to whoever signs in, as a rule."""
    asked = spec.signIn.service.allowed_scopes
    if asked and FIELDS["signIn.service.allowed_scopes"].asked(spec):
        said = f"Whoever is given {', '.join(asked)} may come in. That may be everybody with an account there."
        yield Look(_text([asked, *_narrowed(spec.signIn)]), said, OPEN[spec.singleuser.internet])


def open_signup(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    if spec.signIn.method == "native" and spec.signIn.native.open_signup:
        everybody = spec.signIn.allowAll
        said = "anybody in the world can make an account" if everybody else "the first who takes a name is that person"
        yield Look(_text(["open", everybody]), f"Nobody approves who signs up: {said}.")


def stripped(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    asked = spec.signIn.google
    if spec.signIn.method == "google" and asked.strip_domain and len(asked.hosted_domain) > 1:
        said = "People of different domains can come to the same user name, and then have the same files."
        yield Look(_text(asked.hosted_domain), said)


def named_at_google(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    claim = spec.signIn.google.username_claim
    if spec.signIn.method == "google" and claim not in ("", "email", "id", "sub"):
        said = f"People may write “{claim}” themselves at Google, and so take anybody’s user name."
        yield Look(claim, said)


def sent_along(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """What is sent along can ask for more than a sign-in, or take the place of what the hub itself says."""
    sent = spec.signIn.service.extra_authorize_params
    if not FIELDS["signIn.service.extra_authorize_params"].asked(spec):
        return
    if more := {name: text for name, text in sorted(sent.items()) if name.lower() not in _HINTS}:
        said = f"The sign-in page is asked for more than a sign-in: {', '.join(more)}. Staff check what it is."
        yield Look(_text([more, spec.signIn.method, spec.signIn.oauth.authorize_url]), said)


def institutions(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """One look an institution, so that another one beside it is judged alone."""
    if spec.signIn.method != "cilogon":
        return
    asked = spec.signIn.cilogon
    own = {one.entity_id for one in asked.institutions if one.says_who}
    for one in asked.rules():
        social, domains = _is_social(one.entity_id), one.allowed_domains or ()
        wide = _open_domains(domains)
        if one.allow_all and social:
            said = f"Anybody in the world can have an account with {one.entity_id}, and no e-mail domain narrows it."
            yield Look(_text([one.entity_id, "everybody"]), said)
        elif wide and one.entity_id in own:  # what holds for all has a field of its own
            yield Look(_text([one.entity_id, wide]), f"Anybody in the world can have an address at {', '.join(wide)}.")
        elif domains and social and (claim := one.allowed_domains_claim or one.username_claim) not in SURE_CLAIMS:
            said = f"{one.entity_id}: people may write “{claim}” themselves, so a domain in it says little."
            yield Look(_text([one.entity_id, claim, domains]), said)
    yield from _one_name_for_two(asked)


def _one_name_for_two(asked: CILogon) -> Iterator[Look]:
    """Who is named without a domain or a prefix has the name of whoever else is: also that of a hub admin."""
    spaces = []
    for one in asked.rules():
        if one.action == "prefix":
            spaces.append(f"{one.prefix}:")
        elif one.action == "strip_idp_domain":
            spaces.append(f"without @{one.domain.lower()}")
        elif one.username_claim not in SURE_CLAIMS:
            spaces.append(f"{one.username_claim} of {one.entity_id}")
    plain = sorted({space for space in spaces if not space.endswith(":")})
    shared = sorted({space for space in spaces if space.endswith(":") and spaces.count(space) > 1})
    if len(plain) > 1 or shared:
        said = "People of different institutions can come to the same user name, and then have the same files."
        yield Look(_text(["names", plain, shared]), said)


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
