"""docs/threat-model.md: everything that instructors can reach, its effect, who reviews it and the proof. Pure.

The fields of a hub are in hubs.spec.verdicts; here is the rest: the server settings of a choice, and everything else
that pages and API calls of instructors change.
"""

from dataclasses import dataclass

from hubs.spec.fields import FIELDS
from hubs.spec.overrides import KNOWN, PLAIN
from hubs.spec.verdict import LOOKED, TYPED, Reach, Verdict
from hubs.spec.verdicts import VERDICTS

OVERRIDES: dict[str, Verdict] = {
    "image": Verdict(
        Reach.OWN,
        "The image that the server runs; free answers from any registry need review.",
        "tests/test_overrides.py::test_a_free_image_is_tied_to_a_registry_or_looked_at",
    ),
    "image_pull_policy": Verdict(
        Reach.OWN,
        "Never less often than the image allows.",
        "tests/kubernetes/test_image_pull.py::test_an_image_of_others_on_the_node_is_asked_for_again",
    ),
    **dict.fromkeys(
        ("mem_limit", "mem_guarantee", "cpu_limit", "cpu_guarantee"),
        Verdict(
            Reach.COST,
            "The largest counts towards the organisation’s limits; no limit needs review.",
            "tests/test_overrides.py::test_the_largest_size_of_any_choice_counts",
        ),
    ),
    **dict.fromkeys(("default_url", "working_dir"), Verdict(Reach.OWN, "A path in the person’s own server.", TYPED)),
    "environment": Verdict(
        Reach.OWN,
        "Name → text. Nothing is read from Secrets or ConfigMaps.",
        "tests/test_overrides.py::test_an_environment_is_text",
    ),
}


@dataclass(frozen=True)
class Setting:
    """Something other than a hub's fields. `pages` are the names of the URLs that change it."""

    name: str
    pages: tuple[str, ...]
    verdict: Verdict
    who: str  # may change it


_ROLES = "tests/test_every_url.py::test_every_url_and_every_role"
_RUN = "people who manage the hub: its creator, admins and owners"
_SELF = "all users, for themselves"


def _setting(name: str, pages: str, reach: Reach, can: str, who: str, proof: str = _ROLES) -> Setting:
    return Setting(name, tuple(pages.split()), Verdict(reach, can, proof), who)


SETTINGS: tuple[Setting, ...] = (
    _setting(
        "A request or a change",
        "catalogue request-edit request-save request-review request-rebase request-take-back request-withdraw "
        "hub-change hub-newer",
        Reach.DANGEROUS,
        "Every field above. Values that need review wait for staff; no one approves their own request.",
        _RUN,
        LOOKED,
    ),
    _setting(
        "A values file",
        "bring",
        Reach.DANGEROUS,
        "The same fields, and “More configuration”. Secrets are stored encrypted; those that the portal creates itself "
        "(cookie secret, proxy token, crypt keys) are never imported.",
        "people who can request hubs",
        "tests/test_hidden_secrets.py::test_what_the_portal_makes_itself_is_never_taken_over",
    ),
    _setting(
        "A copy",
        "hub-copy",
        Reach.COST,
        "A request like any other; people are copied only within the organisation.",
        _RUN,
        "tests/test_copies.py::test_people_stay_in_their_organisation",
    ),
    _setting(
        "The starting point",
        "",
        Reach.OWN,
        "The initial values of a form. Written by staff; policy and limits apply to all fields, including hidden ones.",
        "staff",
        "tests/test_starting_point_asked.py::test_policy_and_limits_judge_hidden_fields_like_any",
    ),
    _setting(
        "The people list",
        "hub-people hub-person",
        Reach.OWN,
        "Who has access to this hub, who its admins are, and groups, none of which is accepted as a role.",
        _RUN,
        "tests/test_hub_people.py::test_an_entry_of_another_hub_is_not_found_here",
    ),
    _setting(
        "User limits",
        "",
        Reach.COST,
        "What one person’s server can use, within the limits set by staff; more needs a request to staff.",
        "admins and owners",
        "tests/test_user_limit_rules.py",
    ),
    _setting(
        "A custom domain",
        "hub-domain hub-domain-check hub-domain-remove",
        Reach.COST,
        "A name for browsers, verified by DNS. The portal itself never uses it for requests and sends no secret there.",
        _RUN,
        "tests/test_own_domain.py::test_what_is_no_name_of_an_organisation_is_refused",
    ),
    _setting(
        "Hub actions",
        "hub-suspend hub-resume hub-extend hub-retry hub-restart hub-start-server hub-stop-server hub-stop-servers",
        Reach.OWN,
        "Stops and starts this hub and its people’s servers. Files stay.",
        _RUN,
    ),
    _setting(
        "Retiring the hub",
        "hub-retire",
        Reach.OWN,
        "Ends the hub, and deletes its files after the chosen number of days. The address has to be typed.",
        _RUN,
        "tests/test_hub_retire.py",
    ),
    _setting(
        "Comments",
        "request-comment",
        Reach.OWN,
        "Text on a request. Escaped everywhere.",
        "people who can see the request",
        "tests/test_verdicts.py::test_words_of_people_are_escaped",
    ),
    _setting(
        "Your account",
        "profile sign-out-everywhere notification-choices inbox-read-all inbox-go inbox-read sign-out sign-in "
        "mail-stop choose-username session signed-in",
        Reach.OWN,
        "Name, password, notifications.",
        _SELF,
    ),
    _setting(
        "Tokens, devices, calendar addresses",
        "tokens token-revoke device calendar-link",
        Reach.OWN,
        "An app has at most the permissions of its user, for a limited time.",
        _SELF,
        "tests/test_tokens.py::test_a_token_makes_none_that_may_more_or_lasts_longer",
    ),
    _setting(
        "An invitation",
        "invitation",
        Reach.OWN,
        "Joins an organisation that invited the person. The link is secret.",
        "anyone with the link",
        "tests/test_people.py",
    ),
    _setting(
        "Read-only pages",
        "hub-logs hub-compare hub-profiles hub-content-link hub-take hub-download institutions values-keys "
        "profiles-read profiles-ladder request-image request-repository hub-content-link-remove "
        "hub-content-link-qr hub-audit-csv hub-audit-record",
        Reach.OWN,
        "Changes nothing. Requests to registries, name servers and clusters have timeouts, size limits and rate "
        "limits.",
        "people who can see it",
        "tests/registry/test_outbound.py",
    ),
)

TOP = """\
# Threat model: what an instructor can reach

Generated by `manage.py threat_model` from `hubs/spec/verdicts.py` and `hubs/spec/threats.py`, which the portal uses to
decide what needs review.

Instructors are not trusted. Settings without review can't affect a cluster, another hub, other people's files, or costs
beyond the limits. Every setting has a verdict:

- **own pods only**: it affects only its own hub, and the people who choose to use it.
- **tenancy or cost**: it uses something that is shared or paid for. The organisation's limits apply, or staff review.
- **dangerous**: misused, it could affect others. Staff review it before it takes effect.

Code in people's servers is under the instructor's control (an image is code), so an instructor can do to the people of
their own hub what any teacher can do who hands out a notebook. They can't affect anyone else: the hub has its own
namespace with a Pod Security level, a quota, network policies in both directions, and no permissions outside it.

No one can set the hub's own keys (cookie secret, crypt key, proxy token, service token, client secret), code in the
hub's process (`hub.extraConfig`; staff only), and references to Secrets or ConfigMaps that the portal stores in the
namespace. They are refused on input, on import, and again by the hub when a server starts.

Students can start only what they are offered: `allowed_groups` of a profile, a choice or a free answer filters the
page, and the hub checks it again at each start, by form, address, API, named server or remembered choice, also for its
admins (`hubs/spec/offers.py`, docs/decisions/028). Proof: `tests/test_offers.py`, `tests/kubernetes/test_for_groups.py`
and, on a real cluster, `tests/cluster/test_for_groups.py`.
"""
HEAD = "| setting | verdict | what it can do | who reviews it | proof |\n|---|---|---|---|---|\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _who(path: str, verdict: Verdict) -> str:
    told = [f"staff: {verdict.when}"] if verdict.when else []
    if path in FIELDS and FIELDS[path].words.limit:
        told.append("staff, above the organisation’s limit")
    return "; ".join(told) or "no one"


def _row(label: str, verdict: Verdict, who: str) -> str:
    cells = [label, verdict.reach.value, verdict.can, who, f"`{verdict.proof}`"]
    return f"| {' | '.join(_cell(cell) for cell in cells)} |\n"


def page() -> str:
    rows = [_row(f"{FIELDS[p].words.label} (`{p}`)", verdict, _who(p, verdict)) for p, verdict in VERDICTS.items()]
    choices = [_row(f"`{name}`", OVERRIDES[name], "no one") for name in PLAIN]
    others = [_row(one.name, one.verdict, one.who) for one in SETTINGS]
    known = ", ".join(f"`{name}`" for name in sorted(KNOWN))
    return (
        f"{TOP}\n## Fields of a hub\n\n{HEAD}{''.join(rows)}"
        f"\n## Server settings of a choice\n\nEach is type-checked.\n\n{HEAD}{''.join(choices)}"
        f"\nThese need review: {known}.\n\nA choice can set nothing else.\n"
        f"\n## Everything else\n\n{HEAD.replace('who reviews it', 'who can change it')}{''.join(others)}"
    )
