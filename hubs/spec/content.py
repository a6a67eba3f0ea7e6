"""The repository that is copied into each person's home directory."""

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import StringConstraints, ValidationInfo, model_validator

from hubs.language import lazy
from hubs.spec.base import Frozen, is_stored
from hubs.spec.repository_address import NoRepository, folder_of, read
from hubs.spec.types import ANY, Words

LAB = "/lab"
REPOSITORY, FOLDER, OPENS = "singleuser.content.repository", "singleuser.content.folder", "singleuser.defaultUrl"


def left_behind(before: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """Return {field: text} that resets what depended on the previous repository: the file of it that opens first."""
    repository, opens = before.get(REPOSITORY, "").strip(), before.get(OPENS, "")
    if not repository or typed.get(REPOSITORY, repository).strip() == repository:
        return {}
    inside = f"{LAB}/tree/{quote(before.get(FOLDER) or folder_of(repository))}/"
    return {OPENS: LAB} if opens.startswith(inside) and typed.get(OPENS, opens) == opens else {}


class Content(Frozen):
    repository: Annotated[
        Annotated[str, StringConstraints(max_length=500, pattern=r"^(https://[^\s@]+)?$")],
        Words(lazy("Git repository"), lazy("A public Git repository that is copied into each person’s home directory "
              "once. Later starts don’t overwrite people’s changes. Paste the repository’s web address. If you paste a "
              "link to a notebook, that notebook opens first. Needs Git, which most images have."), "content",
              composed=True),
    ] = ""  # fmt: skip
    branch: Annotated[
        Annotated[str, StringConstraints(max_length=200, pattern=r"^([A-Za-z0-9][A-Za-z0-9._/-]*)?$")],
        Words(lazy("Branch"), lazy("Leave empty for the branch in the address, or the repository’s default branch."),
              "content", composed=True, when=(REPOSITORY, ANY)),
    ] = ""  # fmt: skip
    folder: Annotated[
        Annotated[str, StringConstraints(max_length=100, pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$")],
        Words(lazy("Folder"), lazy("Its name in people’s home directories. Leave empty to use the repository’s name."),
              "content", composed=True, when=(REPOSITORY, ANY)),
    ] = ""  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _any_address(cls, said: Any, info: ValidationInfo) -> Any:
        """Read repository and branch from the address of any page of it; the default folder is the one of git clone."""
        if is_stored(info) or not isinstance(said, dict) or not (address := said.get("repository")):
            return said
        try:
            meant = read(str(address))
        except NoRepository as error:
            raise ValueError(f"repository: {error}") from None
        usual = re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9._-]", "", folder_of(meant.repository))[:100]
        given = {"branch": meant.branch, "folder": usual or "material"}
        return {**said, "repository": meant.repository, **{k: said.get(k) or value for k, value in given.items()}}
