"""The threat model's rows about sign-in: who comes in, as whom, and what the hub asks services for. Pure."""

from hubs.spec import judges as common
from hubs.spec import sign_in_judges as judges
from hubs.spec.verdict import ALWAYS, LOOKED, Verdict
from hubs.spec.verdict import cost as _cost
from hubs.spec.verdict import dangerous as _dangerous
from hubs.spec.verdict import own as _own

_SIGNS_IN = "Who may enter this hub, and as whom. It reaches no other hub and not the portal."

SIGN_IN: dict[str, Verdict] = {
    "signIn.method": _cost(_SIGNS_IN, LOOKED, judges.temporary, "no sign-in, unless staff allowed it", "novel:sign-in"),
    "signIn.github.client_id": _own(_SIGNS_IN),
    "signIn.github.allowed_organizations": _own(_SIGNS_IN),
    "signIn.github.scope": _dangerous(
        "What the hub may do at GitHub as each person.", judges.github_scope, "anything beyond reading who somebody is"
    ),
    "signIn.github.populate_teams_in_auth_state": _own(_SIGNS_IN),
    "signIn.google.client_id": _own(_SIGNS_IN),
    "signIn.google.hosted_domain": _cost(
        _SIGNS_IN, LOOKED, judges.mail_domains("signIn.google.hosted_domain", "google"), "a public mail provider"
    ),
    "signIn.google.strip_domain": _cost(
        "What people are named. Whoever has a name has its files and rights.",
        LOOKED,
        judges.stripped,
        "names of several domains without the domain",
    ),
    "signIn.google.username_claim": _cost(
        "What people are named. Whoever has a name has its files and rights.",
        LOOKED,
        judges.named_at_google,
        "a name that people write themselves",
    ),
    "signIn.cilogon.client_id": _own(_SIGNS_IN),
    "signIn.cilogon.institutions": _cost(
        _SIGNS_IN,
        LOOKED,
        judges.institutions,
        "a social provider that no e-mail domain narrows, a domain where anybody has an address or that people write "
        "themselves, and names that two people could have",
    ),
    "signIn.cilogon.username_claim": _own(_SIGNS_IN),
    "signIn.cilogon.allowed_domains": _cost(
        _SIGNS_IN, LOOKED, judges.mail_domains("signIn.cilogon.allowed_domains", "cilogon"), "a public mail provider"
    ),
    "signIn.oauth.client_id": _own(_SIGNS_IN),
    "signIn.oauth.authorize_url": _dangerous(
        "Where people’s browsers are sent to sign in.", judges.asked_in_address, "one that asks for more than a sign-in"
    ),
    "signIn.oauth.token_url": _dangerous(
        "The hub’s pod asks this address, and does not follow redirects.",
        common.in_private_network("signIn.oauth.token_url"),
        "an address of a private network",
    ),
    "signIn.oauth.userdata_url": _dangerous(
        "The hub’s pod asks this address, and does not follow redirects.",
        common.in_private_network("signIn.oauth.userdata_url"),
        "an address of a private network",
    ),
    "signIn.oauth.userdata_from_id_token": _own(_SIGNS_IN),
    "signIn.oauth.scope": _dangerous(
        "What the hub may do at the sign-in service as each person.",
        judges.oauth_scope,
        "anything beyond reading who somebody is",
    ),
    "signIn.oauth.username_claim": _own(_SIGNS_IN),
    "signIn.oauth.manage_groups": _own(_SIGNS_IN),
    "signIn.oauth.auth_state_groups_key": _own(_SIGNS_IN),
    "signIn.oauth.allowed_groups": _cost(
        _SIGNS_IN, LOOKED, judges.social_groups, "groups of a provider where anybody has an account"
    ),
    "signIn.oauth.admin_groups": _own(_SIGNS_IN),
    "signIn.lti13.issuer": _own(_SIGNS_IN),
    "signIn.lti13.client_id": _own(_SIGNS_IN),
    "signIn.lti13.authorize_url": _own("Where people’s browsers are sent to sign in."),
    "signIn.lti13.jwks_endpoint": _dangerous(
        "The hub’s pod asks this address; its egress policy keeps redirects out of private networks.",
        common.in_private_network("signIn.lti13.jwks_endpoint"),
        "an address of a private network",
    ),
    "signIn.lti13.username_key": _own(_SIGNS_IN),
    "signIn.native.open_signup": _cost(
        "Whether a hub admin approves each account.", LOOKED, judges.open_signup, ALWAYS
    ),
    "signIn.native.enable_signup": _own(_SIGNS_IN),
    "signIn.native.ask_email_on_signup": _own(_SIGNS_IN),
    "signIn.native.minimum_password_length": _own(_SIGNS_IN),
    "signIn.native.check_common_password": _own(_SIGNS_IN),
    "signIn.native.allowed_failed_logins": _own(_SIGNS_IN),
    "signIn.native.seconds_before_next_try": _own(_SIGNS_IN),
    "signIn.firstuse.create_users": _own(_SIGNS_IN),
    "signIn.firstuse.min_password_length": _own(_SIGNS_IN),
    "signIn.allowedUsers": _own(_SIGNS_IN),
    "signIn.allowAll": _cost(_SIGNS_IN, LOOKED, judges.allow_all, ALWAYS, "novel:allow-all"),
    "signIn.adminUsers": _own(
        "Who sees and helps everybody’s servers in this hub. Where people choose their own names, it takes a password "
        "to begin such an account.",
        "tests/runtimes/test_authenticators.py::test_a_hub_admin_is_who_has_the_password_not_who_comes_first",
    ),
    "signIn.enableAuthState": _own(_SIGNS_IN),
    "signIn.manageGroups": _own(_SIGNS_IN),
    "signIn.session.blocked_users": _own("Who is kept out of this hub."),
    "signIn.session.allow_existing_users": _own(_SIGNS_IN),
    "signIn.session.auto_login": _own("Which page people see first."),
    "signIn.session.auth_refresh_age": _own("How often this hub asks the sign-in service about people who are in."),
    "signIn.session.refresh_pre_spawn": _own("How often this hub asks the sign-in service about people who are in."),
    "signIn.session.delete_invalid_users": _own("Accounts of this hub alone; their volumes are kept."),
    "signIn.service.login_service": _own("A word on this hub’s own sign-in page. Escaped."),
    "signIn.service.logout_redirect_url": _own("Where people’s browsers go after they signed out of this hub."),
    "signIn.service.allowed_scopes": _cost(_SIGNS_IN, LOOKED, judges.granted, ALWAYS),
    "signIn.service.extra_authorize_params": _dangerous(
        "What the sign-in page is asked for beside the usual.", judges.sent_along, "anything beyond which page is shown"
    ),
    "signIn.service.custom_403_message": _own("Words on this hub’s own page. Escaped."),
}
