"""CILogon's institutions, each with optional rules of its own, as in `CILogonOAuthenticator.idps`. Pure.

An institution without rules of its own follows the two fields for all institutions, and can be written as a text.
"""

from collections.abc import Collection, Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, StringConstraints, ValidationInfo, model_serializer, model_validator

from hubs.language import _, lazy
from hubs.spec.base import Frozen, is_stored
from hubs.spec.chart import Tree
from hubs.spec.sign_in_types import EntityId, Several, asked
from hubs.spec.types import Line, Words

ONLY = ("cilogon",)
cilogon = asked("CILogonOAuthenticator", *ONLY)
CLAIMS = ("email", "eppn", "sub")  # choices of the field for all institutions
ACTIONS = ("strip_idp_domain", "prefix")


def _small(text: str) -> str:
    return text.lower()


Claim = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9_.:/-]*$")]
# As OAuthenticator matches them: * for any text, ? for any character; lower case.
DomainPattern = Annotated[
    str,
    StringConstraints(max_length=253, pattern=r"^[A-Za-z0-9*?\[]([A-Za-z0-9.*?\[\]!-]*[A-Za-z0-9*?\]])?$"),
    AfterValidator(_small),
]


class InstitutionRule(Frozen):
    """An institution. None or an empty text means that the fields for all institutions apply."""

    entity_id: EntityId
    default: bool | None = None
    username_claim: Claim = ""
    action: Literal["", "strip_idp_domain", "prefix"] = ""
    domain: Line = ""
    prefix: Line = ""
    allow_all: bool | None = None
    allowed_domains: Several[DomainPattern] | None = None
    allowed_domains_claim: Claim = ""

    @model_validator(mode="before")
    @classmethod
    def _a_text_is_one(cls, data: Any) -> Any:
        return {"entity_id": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.action == "strip_idp_domain" and not self.domain:
            raise ValueError("domain: " + _("Enter the domain to remove from user names, such as river.example.edu."))
        if self.action == "prefix" and not self.prefix:
            raise ValueError("prefix: " + _("Enter the prefix for user names, such as google."))
        return self

    @model_serializer(mode="wrap")
    def _short(self, handler: Any) -> Any:
        """Serialise only what is set; a text if only the entity ID is."""
        found = {key: value for key, value in handler(self).items() if value not in (None, "")}
        return self.entity_id if set(found) == {"entity_id"} else found

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> Any:
        return {"anyOf": [{"type": "string", "description": "Only the entity ID."}, handler(core)]}

    @property
    def is_bare(self) -> bool:
        return self == InstitutionRule(entity_id=self.entity_id)

    @property
    def says_who(self) -> bool:
        """Whether it has its own rule about who can sign in."""
        return self.allow_all is not None or self.allowed_domains is not None


class CILogon(Frozen):
    client_id: Annotated[
        Annotated[str, StringConstraints(max_length=300, pattern=r"^[!-~]*$")],
        cilogon("client_id", lazy("Client ID"), lazy("The client ID that CILogon gave you.")),
    ] = ""
    institutions: Annotated[
        Several[InstitutionRule],
        Words(lazy("Institutions"), lazy("The institutions whose people can sign in, each by its entity ID. The first "
              "one is suggested, unless another is marked. Each can have its own rules for user names and email "
              "domains."), "people", when=("signIn.method", ONLY), composed=True),
    ] = ()  # fmt: skip
    username_claim: Annotated[
        Literal["email", "eppn", "sub"],  # only stored specs have "sub": its slashes are invalid in JupyterHub names
        Words(lazy("User name claim"), lazy("What the hub uses as the user name, unless an institution has its own "
              "rule."), "people", when=("signIn.method", ONLY), advanced=True,
              choices=(("email", lazy("Email address")), ("eppn", lazy("User name at the institution (eppn)")))),
    ] = "email"  # fmt: skip
    allowed_domains: Annotated[
        Several[DomainPattern],
        Words(lazy("Email domains"), lazy("Only people with an address in these domains can sign in, unless an "
              "institution has its own rule. *.example.edu matches every subdomain. Leave empty to allow all."),
              "people", when=("signIn.method", ONLY), advanced=True),
    ] = ()  # fmt: skip

    @model_validator(mode="after")
    def _each_once(self, info: ValidationInfo) -> Self:
        """Reject duplicates. In stored specs that have them, the last rule counts, as in the hub's file."""
        if is_stored(info):
            return self
        names = [one.entity_id for one in self.institutions]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise ValueError("institutions: " + _("“{name}” is listed twice.", name=twice[:80]))
        return self

    def rules(self) -> Iterator[InstitutionRule]:
        """Yield every institution with all rules that apply to it, including those of the fields for all."""
        said = any(one.default is not None for one in self.institutions)
        for number, one in enumerate(self.institutions):
            who = {"allow_all": bool(one.allow_all), "allowed_domains": one.allowed_domains or ()}
            if not one.says_who:
                who = {"allow_all": not self.allowed_domains, "allowed_domains": self.allowed_domains}
            yield one.model_copy(update={
                "default": bool(one.default) if said else number == 0,
                "username_claim": one.username_claim or self.username_claim, **who,
            })  # fmt: skip


# --- as values, and back ----------------------------------------------------------------------------------------------
def written(asked: CILogon) -> Tree:
    """Return `idps`."""
    found: Tree = {}
    for one in asked.rules():
        how = {"username_claim": one.username_claim, "action": one.action, "domain": one.domain, "prefix": one.prefix}
        said: Tree = {
            "default": one.default, "allow_all": one.allow_all, "allowed_domains": list(one.allowed_domains or ()),
            "allowed_domains_claim": one.allowed_domains_claim,
            "username_derivation": {name: text for name, text in how.items() if text},
        }  # fmt: skip
        found[one.entity_id] = {name: value for name, value in said.items() if value}
    return found


def read(idps: Any) -> Tree:
    """Return the CILogon fields for these `idps`; {} if there are none or they are not a map of maps."""
    if not isinstance(idps, dict) or not idps or not all(isinstance(one, dict) for one in idps.values()):
        return {}
    idps = {name: {key: value for key, value in one.items() if value is not False} for name, one in idps.items()}
    names = sorted(idps, key=lambda name: idps[name].get("default") is not True)  # the suggested one first
    alike = _for_all([idps[name] for name in names])
    return {"institutions": names, **alike} if alike else {"institutions": [_row(name, idps[name]) for name in idps]}


def _row(name: str, said: Tree) -> Tree:
    how = said.get("username_derivation")
    plain = {key: value for key, value in said.items() if key != "username_derivation"}
    row = {"default": False, "allow_all": False, **plain, **(how if isinstance(how, dict) else {}), "entity_id": name}
    return {key: value for key, value in row.items() if value is not None}


def _for_all(rows: list[Tree]) -> Tree:
    """Return the fields for all institutions if they are sufficient, else {}."""
    first = {key: value for key, value in rows[0].items() if key != "default"}
    claim = first.get("username_derivation")
    domains = first.get("allowed_domains", [])
    rules: list[Tree] = [{"allow_all": True}, {"allowed_domains": domains}]
    if not isinstance(claim, dict) or set(claim) != {"username_claim"} or claim["username_claim"] not in CLAIMS:
        return {}
    alike = all({key: value for key, value in one.items() if key != "default"} == first for one in rows)
    first_alone = [one.get("default") for one in rows] == [True, *([None] * (len(rows) - 1))]
    who = {key: value for key, value in first.items() if key != "username_derivation"}
    if not (alike and first_alone and who in rules):
        return {}
    return {"username_claim": claim["username_claim"], "allowed_domains": domains if domains else []}


# --- as a form shows them ---------------------------------------------------------------------------------------------
def as_data(rows: Collection[InstitutionRule]) -> list[Any]:
    return [one.model_dump(mode="json") for one in rows]


def in_words(one: InstitutionRule, name: str = "") -> str:
    """Return an institution in words: its name and its own rules."""
    said = [name or one.entity_id]
    if one.default:
        said.append(_("suggested first"))
    if one.allow_all:
        said.append(_("everyone there can sign in"))
    elif one.allowed_domains:
        said.append(_("only {domains}", domains=", ".join(one.allowed_domains)))
    elif one.says_who:
        said.append(_("only people on the list"))
    if one.username_claim:
        said.append(_("user name from {claim}", claim=one.username_claim))
    if one.action == "strip_idp_domain":
        said.append(_("@{domain} removed", domain=one.domain))
    elif one.action == "prefix":
        said.append(_("prefix {prefix}:", prefix=one.prefix))
    if one.allowed_domains_claim:
        said.append(_("domain from {claim}", claim=one.allowed_domains_claim))
    return ", ".join(said)
