"""Pieces of values.yaml that have a field of their own and are kept as they were written: services, roles, files.
Checked by a model, so that a typo is said; stored as plain data, so that nothing is added."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, ValidationInfo

from hubs.spec.base import Frozen, is_stored
from hubs.spec.shape import complaints
from hubs.spec.types import Text, UrlPath

Name = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Scope = Annotated[str, StringConstraints(max_length=200, pattern=r"^[a-z][a-z:-]*(![a-z]+(=[^\s]+)?)?$")]
Names = Annotated[list[Annotated[str, StringConstraints(max_length=255)]], Field(max_length=1000)]
Address = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s@]+$")]
LARGEST_FILE = 100_000  # characters: all of them go into one object, which holds a mebibyte


class Service(Frozen):
    """A program beside the hub, which asks its API. JupyterHub's `Service`, without what would run code in the hub."""

    url: Address | None = None
    admin: bool = False
    display: bool = True
    info: dict[str, Any] = {}
    oauth_client_id: Annotated[str, StringConstraints(pattern=r"^service-[A-Za-z0-9._-]+$")] = "service-x"
    oauth_redirect_uri: Annotated[str, StringConstraints(max_length=500, pattern=r"^(https?:/)?/[^\s]*$")] = "/"
    oauth_no_confirm: bool = False
    oauth_client_allowed_scopes: list[Scope] = []


class Role(Frozen):
    """Who may do what by the hub's API. JupyterHub's `load_roles`."""

    description: Text = ""
    scopes: Annotated[list[Scope], Field(max_length=100)] = []
    users: Names = []
    groups: Names = []
    services: Names = []


class ExtraFile(Frozen):
    """A file in everybody's server: text, or data that is written as JSON or YAML."""

    mountPath: UrlPath
    data: Any = None
    stringData: Annotated[str, StringConstraints(max_length=LARGEST_FILE)] = ""
    mode: Annotated[int, Field(ge=0, le=0o777)] = 0o644


def _pieces(model: type[Frozen], most: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def check(found: dict[str, Any]) -> dict[str, Any]:
        if len(found) > most:
            raise ValueError(f"These are too many: at most {most}.")
        for name, piece in found.items():
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
                raise ValueError(f"“{name[:60]}” can’t be a name: letters, digits, dots, dashes.")
            try:
                model.model_validate(piece)
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                where = " › ".join([name, *(str(part) for part in first["loc"])])
                raise ValueError(f"{where}: {_words(first)}.") from None
        return found

    return check


def _names_of_roles(found: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    """As JupyterHub checks them: with another name, the hub does not start."""
    wrong = [] if is_stored(info) or not found else complaints({"hub": {"loadRoles": {key: {} for key in found}}})
    for path, words in wrong:
        raise ValueError(f"{path[-1]}: {words}")
    return found


def _words(error: Any) -> str:
    if error["type"] == "extra_forbidden" and error["loc"][-1] == "command":
        return "this would run code in the hub: staff add it, if at all"
    known = {"extra_forbidden": "not known here", "missing": "this is missing",
             "string_pattern_mismatch": "this can’t be used here"}  # fmt: skip
    return str(known.get(error["type"], error["msg"]))


Services = Annotated[dict[str, Any], AfterValidator(_pieces(Service, 20))]
Roles = Annotated[dict[str, Any], AfterValidator(_pieces(Role, 50)), AfterValidator(_names_of_roles)]
ExtraFiles = Annotated[dict[str, Any], AfterValidator(_pieces(ExtraFile, 20))]
