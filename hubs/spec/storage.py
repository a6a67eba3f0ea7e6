"""Where people's files are, and what else is mounted in their servers: Zero to JupyterHub's `singleuser.storage`."""

import re
from typing import Annotated, Literal, Self

from pydantic import StringConstraints, ValidationInfo, field_validator, model_validator

from hubs.spec.base import Frozen, is_stored
from hubs.spec.pod_pieces import Mounts, Volumes
from hubs.spec.reading import HUB_DISK
from hubs.spec.types import Storage, UrlPath, Words


class StaticStorage(Frozen):
    pvcName: Annotated[
        Annotated[str, StringConstraints(max_length=253, pattern=r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$")],
        Words(
            "Volume of the file server",
            "The name of its claim, as staff told you.",
            "sizes",
            needs="volumes",
            when=("singleuser.storage.type", ("static",)),
        ),
    ] = ""
    subPath: Annotated[
        Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9{}_./-]+$")],
        Words("Folder of a person", "Where a home is on it. {username} stands for the person, and has to be in it.",
              "sizes", needs="volumes", when=("singleuser.storage.type", ("static",)), advanced=True),
    ] = "{username}"  # fmt: skip

    @field_validator("pvcName")
    @classmethod
    def _of_people(cls, value: str, info: ValidationInfo) -> str:
        if value == HUB_DISK and not is_stored(info):
            raise ValueError("This volume is the hub’s own. Name the one that staff prepared for homes.")
        return value

    @field_validator("subPath")
    @classmethod
    def _of_one_person(cls, value: str, info: ValidationInfo) -> str:
        """A folder that two people share is one in which they read each other's files."""
        if is_stored(info):
            return value
        parts = value.split("/")
        if value.startswith("/") or ".." in parts:
            raise ValueError("Write a folder on the file server, without “..” and without a slash at the beginning.")
        if not any(person in value for person in ("{username}", "{escaped_username}", "{user_server}", "{userid}")):
            raise ValueError("Write {username} where the person’s name belongs: without it, people share one home.")
        if re.search(r"[{}]", re.sub(r"\{((escaped_)?(username|servername)|user_server|userid)\}", "", value)):
            raise ValueError("Only {username} and {servername} can stand in braces here.")
        return value


class DynamicStorage(Frozen):
    storageClass: Annotated[
        Annotated[str, StringConstraints(max_length=253, pattern=r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$")],
        Words("Kind of disk", "The cluster’s name of it (StorageClass). Empty: the usual one.", "sizes", advanced=True,
              needs="volumes", when=("singleuser.storage.type", ("dynamic",))),
    ] = ""  # fmt: skip


class StorageSpec(Frozen):
    type: Annotated[
        Literal["dynamic", "static", "none"],
        Words(
            "Files",
            "Whether people find their files again.",
            "sizes",
            choices=(
                ("dynamic", "Everybody keeps a home — a volume of their own"),
                ("static", "Homes on one file server — folders of one volume that staff prepared"),
                ("none", "Nothing is kept — after the server stops, everything is gone"),
            ),
            needs="volumes",
        ),
    ] = "dynamic"
    capacity: Annotated[
        Storage,
        Words(
            "Storage a person",
            "Room for one person’s files.",
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
        Words("Folder for everybody", "A folder that everybody finds in their home.", "content", composed=True,
              needs="volumes", when=("singleuser.storage.type", ("static",)),
              choices=(("none", "None"), ("read", "Everybody reads it"),
                       ("admins", "Everybody reads, hub admins write"))),
    ] = "none"  # fmt: skip
    allHomes: Annotated[
        bool,
        Words("Hub admins read all homes", "In a folder of theirs. People should know it.", "content", composed=True,
              needs="volumes", when=("singleuser.storage.type", ("static",))),
    ] = False  # fmt: skip
    extraVolumeMounts: Annotated[
        Mounts,
        Words("Shared folders", "What else stands in people’s servers: folders of the homes’ volume or of a volume "
              "below. For each a path, its volume, and who may write there. A person looks at it.", "content",
              advanced=True, needs="volumes", composed=True),
    ] = ()  # fmt: skip
    extraVolumes: Annotated[
        Volumes,
        Words("Volumes", "What shared folders can be on, beside the homes’ volume: memory or room of the server, a "
              "volume claim, a config map. A person looks at what others share.", "content", advanced=True,
              needs="volumes"),
    ] = ()  # fmt: skip
    homeMountPath: Annotated[
        UrlPath,
        Words("Home in the image", "Where people’s files are in the image: /home/jovyan in most.", "sizes",
              advanced=True, needs="volumes", when=("singleuser.storage.type", ("dynamic", "static"))),
    ] = "/home/jovyan"  # fmt: skip

    @model_validator(mode="after")
    def _has_a_volume(self) -> Self:
        if self.type == "static" and not self.static.pvcName:
            raise ValueError("static.pvcName: Name the volume of the file server.")
        return self
