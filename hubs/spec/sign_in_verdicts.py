"""The threat model's rows on sign-in: who has access, under which name, and what the hub requests. Pure."""

from hubs.spec import judges as common
from hubs.spec import sign_in_judges as judges
from hubs.spec.verdict import ALWAYS, LOOKED, Verdict
from hubs.spec.verdict import cost as _cost
from hubs.spec.verdict import dangerous as _dangerous
from hubs.spec.verdict import own as _own

_SIGNS_IN = "Who has access to this hub, and under which user name. Other hubs and the portal are not affected."

SIGN_IN: dict[str, Verdict] = {
    "signIn.method": _cost(
        _SIGNS_IN, LOOKED, judges.temporary, "no sign-in, unless staff have allowed it", "novel:sign-in"
    ),
    "signIn.github.client_id": _own(_SIGNS_IN),
    "signIn.github.allowed_organizations": _own(_SIGNS_IN),
    "signIn.github.scope": _dangerous(
        "What the hub can do at GitHub on behalf of each person.",
        judges.github_scope,
        "anything beyond reading people’s identity",
    ),
    "signIn.github.populate_teams_in_auth_state": _own(_SIGNS_IN),
    "signIn.google.client_id": _own(_SIGNS_IN),
    "signIn.google.hosted_domain": _cost(
        _SIGNS_IN, LOOKED, judges.mail_domains("signIn.google.hosted_domain", "google"), "a public mail provider"
    ),
    "signIn.google.strip_domain": _cost(
        "People’s user names. A user name gives access to its files and permissions.",
        LOOKED,
        judges.stripped,
        "user names without domain, if there are several domains",
    ),
    "signIn.google.username_claim": _cost(
        "People’s user names. A user name gives access to its files and permissions.",
        LOOKED,
        judges.named_at_google,
        "a user name that people can set themselves",
    ),
    "signIn.cilogon.client_id": _own(_SIGNS_IN),
    "signIn.cilogon.institutions": _cost(
        _SIGNS_IN,
        LOOKED,
        judges.institutions,
        "a social provider without restriction to an email domain, a domain where anyone can have an address or that "
        "people can set themselves, and user names that two people could get",
    ),
    "signIn.cilogon.username_claim": _own(_SIGNS_IN),
    "signIn.cilogon.allowed_domains": _cost(
        _SIGNS_IN, LOOKED, judges.mail_domains("signIn.cilogon.allowed_domains", "cilogon"), "a public mail provider"
    ),
    "signIn.oauth.client_id": _own(_SIGNS_IN),
    "signIn.oauth.authorize_url": _dangerous(
        "The address where people’s browsers are sent to sign in.",
        judges.asked_in_address,
        "one that requests more than a sign-in",
    ),
    "signIn.oauth.token_url": _dangerous(
        "The hub’s pod sends requests to this address, and does not follow redirects.",
        common.in_private_network("signIn.oauth.token_url"),
        "an address of a private network",
    ),
    "signIn.oauth.userdata_url": _dangerous(
        "The hub’s pod sends requests to this address, and does not follow redirects.",
        common.in_private_network("signIn.oauth.userdata_url"),
        "an address of a private network",
    ),
    "signIn.oauth.userdata_from_id_token": _own(_SIGNS_IN),
    "signIn.oauth.scope": _dangerous(
        "What the hub can do at the sign-in service on behalf of each person.",
        judges.oauth_scope,
        "anything beyond reading people’s identity",
    ),
    "signIn.oauth.username_claim": _own(_SIGNS_IN),
    "signIn.oauth.manage_groups": _own(_SIGNS_IN),
    "signIn.oauth.auth_state_groups_key": _own(_SIGNS_IN),
    "signIn.oauth.allowed_groups": _cost(
        _SIGNS_IN, LOOKED, judges.social_groups, "groups of a provider where anyone can have an account"
    ),
    "signIn.oauth.admin_groups": _own(_SIGNS_IN),
    "signIn.lti13.issuer": _own(_SIGNS_IN),
    "signIn.lti13.client_id": _own(_SIGNS_IN),
    "signIn.lti13.authorize_url": _own("The address where people’s browsers are sent to sign in."),
    "signIn.lti13.jwks_endpoint": _dangerous(
        "The hub’s pod sends requests to this address; its egress policy blocks redirects to private networks.",
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
        "Who can see and access all servers in this hub. If people choose their own user names, the hub admins’ names "
        "are protected by a password.",
        "tests/runtimes/test_authenticators.py::test_a_hub_admin_is_who_has_the_password_not_who_comes_first",
    ),
    "signIn.enableAuthState": _own(_SIGNS_IN),
    "signIn.manageGroups": _own(_SIGNS_IN),
    "signIn.session.blocked_users": _own("Who is blocked from this hub."),
    "signIn.session.allow_existing_users": _own(_SIGNS_IN),
    "signIn.session.auto_login": _own("The page that people see first."),
    "signIn.session.auth_refresh_age": _own("How often this hub checks signed-in people with the sign-in service."),
    "signIn.session.refresh_pre_spawn": _own("How often this hub checks signed-in people with the sign-in service."),
    "signIn.session.delete_invalid_users": _own("Deletes accounts of this hub only; their volumes are kept."),
    "signIn.service.login_service": _own("Text on this hub’s own sign-in page. Escaped."),
    "signIn.service.logout_redirect_url": _own("The page that people see after they sign out of this hub."),
    "signIn.service.allowed_scopes": _cost(_SIGNS_IN, LOOKED, judges.granted, ALWAYS),
    "signIn.service.extra_authorize_params": _dangerous(
        "Additional parameters for the sign-in page.", judges.sent_along, "anything that does more than select the page"
    ),
    "signIn.service.custom_403_message": _own("Text on this hub’s own page. Escaped."),
}
