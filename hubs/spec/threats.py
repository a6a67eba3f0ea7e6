"""docs/threat-model.md: everything that an instructor reaches, what it could do, who looks and what proves it. Pure.

Fields of a hub are in hubs.spec.verdicts; here is the rest: what a choice may say of a server, and what else an
instructor's pages and calls change.
"""

from dataclasses import dataclass

from hubs.spec.fields import FIELDS
from hubs.spec.overrides import KNOWN, PLAIN
from hubs.spec.verdict import LOOKED, TYPED, Reach, Verdict
from hubs.spec.verdicts import VERDICTS

OVERRIDES: dict[str, Verdict] = {
    "image": Verdict(
        Reach.OWN,
        "Which image the server runs; typed freely from any registry, staff look.",
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
            "The largest counts against the organisation’s limits; without a limit, staff look.",
            "tests/test_overrides.py::test_the_largest_size_of_any_choice_counts",
        ),
    ),
    **dict.fromkeys(("default_url", "working_dir"), Verdict(Reach.OWN, "A path in the person’s own server.", TYPED)),
    "environment": Verdict(
        Reach.OWN,
        "Name → text. Nothing is read from Secrets or config maps.",
        "tests/test_overrides.py::test_an_environment_is_text",
    ),
}


@dataclass(frozen=True)
class Setting:
    """Something beside a hub's fields. `pages` are the names of the URLs that change it."""

    name: str
    pages: tuple[str, ...]
    verdict: Verdict
    who: str  # may change it


_ROLES = "tests/test_every_url.py::test_every_url_and_every_role"
_RUN = "whoever runs the hub: its maker, admins and owners"
_SELF = "everybody, for themselves"


def _setting(name: str, pages: str, reach: Reach, can: str, who: str, proof: str = _ROLES) -> Setting:
    return Setting(name, tuple(pages.split()), Verdict(reach, can, proof), who)


SETTINGS: tuple[Setting, ...] = (
    _setting(
        "A request or a change",
        "catalogue request-edit request-save request-review request-rebase request-take-back request-withdraw "
        "hub-change hub-newer",
        Reach.DANGEROUS,
        "Every field above. What the table says staff look at waits for them; nobody approves their own request.",
        _RUN,
        LOOKED,
    ),
    _setting(
        "A values file",
        "bring",
        Reach.DANGEROUS,
        "The same fields, and “More configuration”. Secrets are kept encrypted; those that the portal makes itself "
        "(cookie secret, proxy token, crypt keys) are never taken over.",
        "who may request hubs",
        "tests/test_hidden_secrets.py::test_what_the_portal_makes_itself_is_never_taken_over",
    ),
    _setting(
        "A copy",
        "hub-copy",
        Reach.COST,
        "A request like any other; people come along only inside the organisation.",
        _RUN,
        "tests/test_copies.py::test_people_stay_in_their_organisation",
    ),
    _setting(
        "The starting point",
        "",
        Reach.OWN,
        "What a form begins with. Staff write it; policy and limits judge every field, hidden ones, too.",
        "staff",
        "tests/test_starting_point_asked.py::test_policy_and_limits_judge_hidden_fields_like_any",
    ),
    _setting(
        "The roster",
        "hub-people hub-person",
        Reach.OWN,
        "Who may enter this hub, who helps others there, and groups, none of which passes for a role.",
        _RUN,
        "tests/test_hub_people.py::test_an_entry_of_another_hub_is_not_found_here",
    ),
    _setting(
        "User limits",
        "",
        Reach.COST,
        "What one person’s server may use, inside what staff agreed; more is asked of staff.",
        "admins and owners",
        "tests/test_user_limit_rules.py",
    ),
    _setting(
        "A custom domain",
        "hub-domain hub-domain-check hub-domain-remove",
        Reach.COST,
        "A name for browsers, proven by DNS. The portal itself never asks a hub by it and sends no secret there.",
        _RUN,
        "tests/test_own_domain.py::test_what_is_no_name_of_an_organisation_is_refused",
    ),
    _setting(
        "Running the hub",
        "hub-suspend hub-resume hub-extend hub-retry hub-restart hub-start-server hub-stop-server hub-stop-servers",
        Reach.OWN,
        "Stops and starts this hub and its people’s servers. Files stay.",
        _RUN,
    ),
    _setting(
        "Retiring the hub",
        "hub-retire",
        Reach.OWN,
        "Ends the hub, and its files after the days that were chosen. The address has to be typed.",
        _RUN,
        "tests/test_hub_retire.py",
    ),
    _setting(
        "Comments",
        "request-comment",
        Reach.OWN,
        "Words on a request. Escaped everywhere.",
        "whoever sees the request",
        "tests/test_verdicts.py::test_words_of_people_are_escaped",
    ),
    _setting(
        "One’s own account",
        "profile sign-out-everywhere notification-choices inbox-read-all inbox-go inbox-read sign-out sign-in "
        "mail-stop choose-username session signed-in",
        Reach.OWN,
        "Name, password, how one is told.",
        _SELF,
    ),
    _setting(
        "Tokens, devices, calendar addresses",
        "tokens token-revoke device calendar-link",
        Reach.OWN,
        "A program may do what its person may, or less, and for as long.",
        _SELF,
        "tests/test_tokens.py::test_a_token_makes_none_that_may_more_or_lasts_longer",
    ),
    _setting(
        "An invitation",
        "invitation",
        Reach.OWN,
        "One joins an organisation that asked for it. The secret link is the key.",
        "whoever has the link",
        "tests/test_people.py",
    ),
    _setting(
        "Looking something up",
        "hub-logs hub-compare hub-profiles hub-content-link hub-take hub-download institutions values-keys "
        "profiles-read profiles-ladder request-image request-repository hub-content-link-remove "
        "hub-content-link-qr hub-audit-csv hub-audit-record",
        Reach.OWN,
        "Changes nothing. Questions to registries, name servers and clusters have a deadline, a size and a share.",
        "whoever sees it",
        "tests/registry/test_outbound.py",
    ),
)

TOP = """\
# Threat model: what an instructor reaches

Made by `manage.py threat_model` from `hubs/spec/verdicts.py` and `hubs/spec/threats.py`, which the portal judges by.

An instructor is not trusted. What a person may set without anybody looking can do nothing to a cluster, to another hub,
to other people's files, or to money beyond what was agreed. Every setting has a verdict:

- **own pods only**: it reaches the hub that it is set for, and the people who enter it by their own choice.
- **tenancy or cost**: it uses something that is shared or paid for. The organisation's limits bound it, or staff look.
- **dangerous**: wrong, it would reach others. Staff look at it before it counts.

What runs in people's servers is theirs (an image is code), so an instructor can do to the people of their own hub what
any teacher can who hands out a notebook. They can't do it to anybody else: the hub has a namespace of its own with a
Pod Security level, a quota, network policies both ways, and no right that reaches out of it.

What nobody sets: the hub's own keys (cookie secret, crypt key, proxy token, service token, client secret), code in the
hub's process (`hub.extraConfig`; staff), and references to Secrets or config maps that the portal keeps in the
namespace. They are refused when they are typed, when they are imported, and again by the hub when a server starts.

What a student is not offered, they can't start: `allowed_groups` of a profile, a choice or a free answer filters the
page, and the hub checks it again at each start, by form, address, API, named server or remembered choice, also for its
admins (`hubs/spec/offers.py`, docs/decisions/028). Proof: `tests/test_offers.py`, `tests/kubernetes/test_for_groups.py`
and, on a real cluster, `tests/cluster/test_for_groups.py`.
"""
HEAD = "| setting | verdict | what it can do | who looks | proof |\n|---|---|---|---|---|\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _who(path: str, verdict: Verdict) -> str:
    told = [f"staff: {verdict.when}"] if verdict.when else []
    if path in FIELDS and FIELDS[path].words.limit:
        told.append("staff, above the organisation’s limit")
    return "; ".join(told) or "nobody"


def _row(label: str, verdict: Verdict, who: str) -> str:
    cells = [label, verdict.reach.value, verdict.can, who, f"`{verdict.proof}`"]
    return f"| {' | '.join(_cell(cell) for cell in cells)} |\n"


def page() -> str:
    rows = [_row(f"{FIELDS[p].words.label} (`{p}`)", verdict, _who(p, verdict)) for p, verdict in VERDICTS.items()]
    choices = [_row(f"`{name}`", OVERRIDES[name], "nobody") for name in PLAIN]
    others = [_row(one.name, one.verdict, one.who) for one in SETTINGS]
    known = ", ".join(f"`{name}`" for name in sorted(KNOWN))
    return (
        f"{TOP}\n## Fields of a hub\n\n{HEAD}{''.join(rows)}"
        f"\n## What a choice may say of a server\n\nEach is typed.\n\n{HEAD}{''.join(choices)}"
        f"\nStaff look at these: {known}.\n\nNo choice may say anything else.\n"
        f"\n## Everything else\n\n{HEAD.replace('who looks', 'who may')}{''.join(others)}"
    )
