"""Which sign-in settings need review: those that give access to people who are not listed, extra scopes, and user names
that two people could get. Pure; the table is in hubs.spec.sign_in_verdicts.
"""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hubs.language import _
from hubs.spec.fields import FIELDS
from hubs.spec.hub import HubSpec
from hubs.spec.institution_rules import CILogon
from hubs.spec.judges import Facts, Judge, Look
from hubs.spec.judges import text as _text
from hubs.spec.sign_in import SignIn

# Providers where anyone in the world can get an account: parts of CILogon's entity IDs, and web domains.
SOCIAL = ("google.com", "github.com", "orcid.org", "microsoftonline.com", "live.com", "facebook.com", "linkedin.com",
          "apple.com", "yahoo.com", "twitter.com", "x.com", "gitlab.com", "eduid.se", "login.gov")  # fmt: skip
PUBLIC_MAIL = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com aol.com gmx.com "
    "gmx.de gmx.net web.de mail.com mail.ru yandex.com yandex.ru proton.me protonmail.com qq.com 163.com zoho.com "
    "fastmail.com hey.com tutanota.com orcid.org".split()
)
SURE_CLAIMS = ("email", "eppn")  # of CILogon: set by institutions, not by people
OPEN = {"closed": 0, "web": 1, "open": 2}  # what strangers could reach from a hub
# Scopes of GitHub that need no review: reading people's identity and memberships.
GITHUB_READS = frozenset(["read:org", "read:user", "user:email"])
# The same for other services: names, addresses, groups, and refresh tokens.
WHO_SOMEBODY_IS = GITHUB_READS | frozenset(
    "openid profile email groups roles phone address offline_access username user.read read_user account acr basic "
    "entitlements affiliation org.cilogon.userinfo microprofile-jwt web-origins".split()
)
_WHO = ("eduperson", "voperson", "schac")  # prefixes of scopes of research federations
# Parameters of the authorisation URL that only select the sign-in page. Others may request more.
_HINTS = frozenset(
    "acr_values display domain_hint hd idp idphint kc_idp_hint login_hint max_age organization prompt selected_idp "
    "tenant ui_locales entityid p".split()
)


def _host(address: str) -> str:
    """Return the host as browsers read it; // in the path or query starts no host."""
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_social(address: str) -> bool:
    """Whether an entity ID or web address belongs to a provider in SOCIAL."""
    host = _host(address)
    return any(host == one or host.endswith(f".{one}") for one in SOCIAL)


def _open_domains(patterns: Iterable[str]) -> list[str]:
    """Return the domains where anyone can get an address. Patterns are OAuthenticator's, with * and ?."""
    return sorted({one for one in patterns if _too_wide(one) or any(fnmatch(mail, one) for mail in PUBLIC_MAIL)})


def _too_wide(pattern: str) -> bool:
    """Whether a pattern covers more than one organisation, such as *, *.edu, *.ac.uk or *river.edu, not *.river.edu."""
    tail = re.split(r"[*?\[\]]", pattern)[-1]
    if tail == pattern:
        return False
    labels = tail.strip(".").split(".")
    by_country = len(labels) == 2 and len(labels[1]) == 2 and len(labels[0]) <= 3
    return not tail.startswith(".") or len(labels) < 2 or by_country


def temporary(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    if spec.signIn.method == "tmp" and not facts.temporary_users:
        yield Look("tmp", _("A hub without sign-in is open to anyone."), OPEN[spec.singleuser.internet])


def allow_all(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Include what restricts access in the subject: without its domain rule, the same setting needs a new review."""
    sign_in = spec.signIn
    if sign_in.allowAll and FIELDS["signIn.allowAll"].asked(spec):
        said = _("Everyone who can sign in has access. That can be anyone in the world.")
        yield Look(_text(_narrowed(sign_in)), said, OPEN[spec.singleuser.internet])


def _narrowed(sign_in: SignIn) -> list[Any]:
    """Return the settings that restrict who can sign in."""
    oauth, cilogon = sign_in.oauth, sign_in.cilogon.model_dump(mode="json")
    narrowed = [sign_in.method, sign_in.google.hosted_domain, cilogon, sign_in.session.blocked_users]
    return [*narrowed, oauth.authorize_url, oauth.token_url, oauth.userdata_url, sign_in.native.open_signup]


def granted(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Check scopes that grant access: most services give them to everyone who signs in."""
    asked = spec.signIn.service.allowed_scopes
    if asked and FIELDS["signIn.service.allowed_scopes"].asked(spec):
        said = _(
            "Everyone with {scopes} can sign in. That can be anyone with an account there.", scopes=", ".join(asked)
        )
        yield Look(_text([asked, *_narrowed(spec.signIn)]), said, OPEN[spec.singleuser.internet])


def open_signup(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    if spec.signIn.method == "native" and spec.signIn.native.open_signup:
        everybody = spec.signIn.allowAll
        said = _("No one approves sign-ups: the first person who signs up with a user name gets it.")
        if everybody:
            said = _("No one approves sign-ups: anyone in the world can create an account.")
        yield Look(_text(["open", everybody]), said)


def stripped(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    asked = spec.signIn.google
    if spec.signIn.method == "google" and asked.strip_domain and len(asked.hosted_domain) > 1:
        said = _("People from different domains could get the same user name, and then share the same files.")
        yield Look(_text(asked.hosted_domain), said)


def named_at_google(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    claim = spec.signIn.google.username_claim
    if spec.signIn.method == "google" and claim not in ("", "email", "id", "sub"):
        said = _("People can set “{claim}” themselves at Google, and so take anyone’s user name.", claim=claim)
        yield Look(claim, said)


def sent_along(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Check extra parameters, which can request more than a sign-in or override the hub's own parameters."""
    sent = spec.signIn.service.extra_authorize_params
    if not FIELDS["signIn.service.extra_authorize_params"].asked(spec):
        return
    if more := {name: text for name, text in sorted(sent.items()) if name.lower() not in _HINTS}:
        said = _(
            "The extra sign-in parameters request more than a sign-in: {parameters}. Staff check what this is.",
            parameters=", ".join(more),
        )
        yield Look(_text([more, spec.signIn.method, spec.signIn.oauth.authorize_url]), said)


def institutions(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Check each institution separately, so that adding one doesn't repeat the review of others."""
    if spec.signIn.method != "cilogon":
        return
    asked = spec.signIn.cilogon
    own = {one.entity_id for one in asked.institutions if one.says_who}
    for one in asked.rules():
        social, domains = _is_social(one.entity_id), one.allowed_domains or ()
        wide = _open_domains(domains)
        if one.allow_all and social:
            said = _(
                "Anyone in the world can have an account with {institution}, and no email domain restricts it.",
                institution=one.entity_id,
            )
            yield Look(_text([one.entity_id, "everybody"]), said)
        elif wide and one.entity_id in own:  # domains of all institutions have their own field
            yield Look(_text([one.entity_id, wide]), _anyone(wide))
        elif domains and social and (claim := one.allowed_domains_claim or one.username_claim) not in SURE_CLAIMS:
            said = _(
                "{institution}: People can set “{claim}” themselves, so its domain proves nothing.",
                institution=one.entity_id, claim=claim,
            )  # fmt: skip
            yield Look(_text([one.entity_id, claim, domains]), said)
    yield from _one_name_for_two(asked)


def _anyone(domains: Iterable[str]) -> str:
    return _("Anyone in the world can have an address at {domains}.", domains=", ".join(domains))


def _one_name_for_two(asked: CILogon) -> Iterator[Look]:
    """Check for user names without domain or prefix, which two people could get, including that of a hub admin."""
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
        said = _("People from different institutions could get the same user name, and then share the same files.")
        yield Look(_text(["names", plain, shared]), said)


def mail_domains(path: str, method: str) -> Judge:
    def judge(spec: HubSpec, facts: Facts) -> Iterator[Look]:
        if spec.signIn.method == method and (public := _open_domains(FIELDS[path].read(spec))):
            yield Look(_text(public), _anyone(public))

    return judge


def github_scope(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    if spec.signIn.method == "github" and (more := sorted(set(spec.signIn.github.scope) - GITHUB_READS)):
        said = _(
            "The hub would request {scopes} from GitHub, which is more than people’s identity.", scopes=", ".join(more)
        )
        yield Look(_text(more), said)


def _beyond_who(scopes: Iterable[str]) -> list[str]:
    return sorted({one for one in scopes if one.lower() not in WHO_SOMEBODY_IS and not one.lower().startswith(_WHO)})


def oauth_scope(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Check scopes: the service may be GitHub or a university's GitLab, and hub admins can read its tokens."""
    asked = spec.signIn.oauth
    if spec.signIn.method == "generic-oauth" and (more := _beyond_who(asked.scope)):
        said = _(
            "The hub would request {scopes} from the sign-in service, which is more than people’s identity.",
            scopes=", ".join(more),
        )
        yield Look(_text([more, _host(asked.authorize_url), _host(asked.token_url)]), said)


def asked_in_address(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Check the query of the authorisation URL, which can request more, too."""
    address = spec.signIn.oauth.authorize_url
    if spec.signIn.method != "generic-oauth":
        return
    query = parse_qs(urlsplit(address).query, keep_blank_values=True)
    if more := sorted(name for name in query if name.lower() not in _HINTS):
        said = _(
            "The authorisation URL requests more than a sign-in: {parameters}. Staff check what this is.",
            parameters=", ".join(more),
        )
        yield Look(address, said)


def social_groups(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Check groups of providers where anyone can have an account, because groups decide who has access."""
    oauth = spec.signIn.oauth
    addresses = [oauth.authorize_url, oauth.token_url, oauth.userdata_url]
    groups = [*oauth.allowed_groups, *oauth.admin_groups]
    if spec.signIn.method == "generic-oauth" and groups and (social := sorted(filter(_is_social, addresses))):
        said = _(
            "Anyone in the world can have an account at {host}, and be in one of these groups.", host=_host(social[0])
        )
        yield Look(_text([*addresses, oauth.auth_state_groups_key, groups]), said)
