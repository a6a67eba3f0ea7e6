"""Where people's files are stored, and other mounts of their servers: Zero to JupyterHub's `singleuser.storage`."""

import re
from typing import Annotated, Literal, Self

from pydantic import StringConstraints, ValidationInfo, field_validator, model_validator

from hubs.language import _, lazy
from hubs.spec.base import Frozen, is_stored
from hubs.spec.pod_pieces import Mounts, Volumes
from hubs.spec.reading import HUB_DISK
from hubs.spec.types import Storage, UrlPath, Words


class StaticStorage(Frozen):
    pvcName: Annotated[
        Annotated[str, StringConstraints(max_length=253, pattern=r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$")],
        Words(
            lazy("Volume claim"),
            lazy("The name of the file server’s volume claim (PVC). Ask staff for it."),
            "sizes",
            needs="volumes",
            when=("singleuser.storage.type", ("static",)),
        ),
    ] = ""
    subPath: Annotated[
        Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9{}_./-]+$")],
        Words(lazy("Folder per person"), lazy("The path of each home directory on the volume. It must contain "
              "{username}, which stands for the person’s user name."), "sizes", needs="volumes",
              when=("singleuser.storage.type", ("static",)), advanced=True),
    ] = "{username}"  # fmt: skip

    @field_validator("pvcName")
    @classmethod
    def _of_people(cls, value: str, info: ValidationInfo) -> str:
        if value == HUB_DISK and not is_stored(info):
            said = _("This is the hub’s own volume. Enter the volume that staff prepared for home directories.")
            raise ValueError(said)
        return value

    @field_validator("subPath")
    @classmethod
    def _of_one_person(cls, value: str, info: ValidationInfo) -> str:
        """Check that the folder is unique to a person: in a shared one, people could read each other's files."""
        if is_stored(info):
            return value
        parts = value.split("/")
        if value.startswith("/") or ".." in parts:
            raise ValueError(_("Enter a folder on the volume, without “..” and without a slash at the beginning."))
        if not any(person in value for person in ("{username}", "{escaped_username}", "{user_server}", "{userid}")):
            raise ValueError(_("Add {username} to the path. Without it, all people would share one home directory."))
        if re.search(r"[{}]", re.sub(r"\{((escaped_)?(username|servername)|user_server|userid)\}", "", value)):
            raise ValueError(_("Only {username} and {servername} can be used in braces here."))
        return value


class DynamicStorage(Frozen):
    storageClass: Annotated[
        Annotated[str, StringConstraints(max_length=253, pattern=r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$")],
        Words(lazy("Storage class"), lazy("The cluster’s StorageClass for home directories. Leave empty for the "
              "default. Others may need review by staff."), "sizes", advanced=True, needs="volumes",
              when=("singleuser.storage.type", ("dynamic",))),
    ] = ""  # fmt: skip


class StorageSpec(Frozen):
    type: Annotated[
        Literal["dynamic", "static", "none"],
        Words(
            lazy("Storage type"),
            lazy("Whether and where people’s files are stored."),
            "sizes",
            choices=(
                ("dynamic", lazy("Volume per person — each person has their own space, and files are kept")),
                ("static", lazy("File server — folders on one volume that staff prepared")),
                ("none", lazy("No storage — files are deleted when the server stops")),
            ),
            needs="volumes",
        ),
    ] = "dynamic"
    capacity: Annotated[
        Storage,
        Words(
            lazy("Storage per person"),
            lazy("Size of each person’s volume."),
            "sizes",
            unit="GiB",
            limit="storage_per_user_mib",
            needs="volumes",
            when=("singleuser.storage.type", ("dynamic",)),
        ),
    ] = "5Gi"
    dynamic: DynamicStorage = DynamicStorage()
    static: StaticStorage = StaticStorage()
    shared: Annotated[
        Literal["none", "read", "admins"],
        Words(lazy("Shared folder"), lazy("A folder that everyone has in their home directory."), "content",
              composed=True, needs="volumes", when=("singleuser.storage.type", ("static",)),
              choices=(("none", lazy("None")), ("read", lazy("Everyone can read")),
                       ("admins", lazy("Everyone can read, hub admins can write")))),
    ] = "none"  # fmt: skip
    allHomes: Annotated[
        bool,
        Words(lazy("Hub admins can read all home directories"), lazy("In a folder of their own. Tell people about it. "
              "Always needs review by staff."), "content", composed=True, needs="volumes",
              when=("singleuser.storage.type", ("static",))),
    ] = False  # fmt: skip
    extraVolumeMounts: Annotated[
        Mounts,
        Words(lazy("Volume mounts"), lazy("More folders in people’s servers, on the home volume or on a volume below. "
              "Each has a path, a volume, and who can write to it. Needs review by staff."), "content", advanced=True,
              needs="volumes", composed=True),
    ] = ()  # fmt: skip
    extraVolumes: Annotated[
        Volumes,
        Words(lazy("Volumes"), lazy("More volumes for volume mounts: temporary storage or memory of the server, a "
              "volume claim, or a ConfigMap. Volumes that are shared with others need review by staff."), "content",
              advanced=True, needs="volumes"),
    ] = ()  # fmt: skip
    homeMountPath: Annotated[
        UrlPath,
        Words(lazy("Home directory"), lazy("The path of the home directory in the image, in most images /home/jovyan."),
              "sizes", advanced=True, needs="volumes", when=("singleuser.storage.type", ("dynamic", "static"))),
    ] = "/home/jovyan"  # fmt: skip

    @model_validator(mode="after")
    def _has_a_volume(self) -> Self:
        if self.type == "static" and not self.static.pvcName:
            raise ValueError("static.pvcName: " + _("Enter the volume claim of the file server."))
        return self
