"""Parts of values.yaml that have their own field and are stored as written: services, roles, extra files.
Checked by a model, to report typos; stored as plain data, so that no defaults are added."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, ValidationInfo

from hubs.language import _
from hubs.spec.base import Frozen, is_stored
from hubs.spec.shape import complaints
from hubs.spec.types import Text, UrlPath

Name = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Scope = Annotated[str, StringConstraints(max_length=200, pattern=r"^[a-z][a-z:-]*(![a-z]+(=[^\s]+)?)?$")]
Names = Annotated[list[Annotated[str, StringConstraints(max_length=255)]], Field(max_length=1000)]
Address = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s@]+$")]
LARGEST_FILE = 100_000  # characters; all files are stored in one object, which holds 1 MiB


class Service(Frozen):
    """A service that uses the hub's API: JupyterHub's `Service`, without settings that would run code in the hub."""

    url: Address | None = None
    admin: bool = False
    display: bool = True
    info: dict[str, Any] = {}
    oauth_client_id: Annotated[str, StringConstraints(pattern=r"^service-[A-Za-z0-9._-]+$")] = "service-x"
    oauth_redirect_uri: Annotated[str, StringConstraints(max_length=500, pattern=r"^(https?:/)?/[^\s]*$")] = "/"
    oauth_no_confirm: bool = False
    oauth_client_allowed_scopes: list[Scope] = []


class Role(Frozen):
    """A role for the hub's API: JupyterHub's `load_roles`."""

    description: Text = ""
    scopes: Annotated[list[Scope], Field(max_length=100)] = []
    users: Names = []
    groups: Names = []
    services: Names = []


class ExtraFile(Frozen):
    """A file in every server: text, or data that is written as JSON or YAML."""

    mountPath: UrlPath
    data: Any = None
    stringData: Annotated[str, StringConstraints(max_length=LARGEST_FILE)] = ""
    mode: Annotated[int, Field(ge=0, le=0o777)] = 0o644


def _pieces(model: type[Frozen], most: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def check(found: dict[str, Any]) -> dict[str, Any]:
        if len(found) > most:
            raise ValueError(_("There are too many entries. The maximum is {most}.", most=most))
        for name, piece in found.items():
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
                short = name[:60]
                raise ValueError(
                    _("“{name}” is not a valid name. Use letters, digits, dots, underscores and hyphens.", name=short)
                )
            try:
                model.model_validate(piece)
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                where = " › ".join([name, *(str(part) for part in first["loc"])])
                raise ValueError(_words(where, first)) from None
        return found

    return check


def _names_of_roles(found: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    """Check the names of roles as JupyterHub does: with an invalid one, the hub doesn't start."""
    wrong = [] if is_stored(info) or not found else complaints({"hub": {"loadRoles": {key: {} for key in found}}})
    for path, words in wrong:
        raise ValueError(f"{path[-1]}: {words}")
    return found


def _words(where: str, error: Any) -> str:
    match error["type"]:
        case "extra_forbidden" if error["loc"][-1] == "command":
            return _("{setting}: this would run code in the hub, so only staff can add it.", setting=where)
        case "extra_forbidden":
            return _("{setting}: there is no such setting.", setting=where)
        case "missing":
            return _("{setting}: this is missing.", setting=where)
        case "string_pattern_mismatch":
            return _("{setting}: this value can’t be used here.", setting=where)
    return f"{where}: {error['msg']}."


Services = Annotated[dict[str, Any], AfterValidator(_pieces(Service, 20))]
Roles = Annotated[dict[str, Any], AfterValidator(_pieces(Role, 50)), AfterValidator(_names_of_roles)]
ExtraFiles = Annotated[dict[str, Any], AfterValidator(_pieces(ExtraFile, 20))]
