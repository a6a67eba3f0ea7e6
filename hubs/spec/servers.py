"""Settings of each person's server: Zero to JupyterHub's `singleuser`."""

from ipaddress import ip_network
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, model_validator

from hubs.language import _, lazy
from hubs.spec.base import Frozen, is_given, is_stored
from hubs.spec.content import LAB, Content
from hubs.spec.image_names import image_name
from hubs.spec.pieces import ExtraFiles
from hubs.spec.pod_pieces import ContainersBeside, FirstContainers
from hubs.spec.profiles import Profiles
from hubs.spec.storage import StorageSpec
from hubs.spec.types import LONGEST_PATH, Environment, Memory, UrlPath, Words, memory_bytes

from .repository_address import read


class MemoryLimits(Frozen):
    limit: Annotated[
        Memory | None,
        Words(
            lazy("Memory per person"),
            lazy("Maximum memory of each person’s server."),
            "sizes",
            unit="GiB",
            limit="memory_per_user_mib",
            needs="enforces_limits",
        ),
    ] = "1G"
    guarantee: Annotated[
        Memory,
        Words(
            lazy("Guaranteed memory"),
            lazy("Memory reserved for each running server."),
            "sizes",
            unit="GiB",
            needs="enforces_limits",
            advanced=True,
        ),
    ] = "256M"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.limit and memory_bytes(self.guarantee) > memory_bytes(self.limit):
            said = _("This is more than the memory per person. Lower it, or raise the memory per person.")
            raise ValueError(f"guarantee: {said}")
        return self


class CpuLimits(Frozen):
    limit: Annotated[
        Annotated[float, Field(gt=0, le=256, allow_inf_nan=False)] | None,
        Words(
            lazy("CPU per person"),
            lazy("Maximum number of CPU cores of each person’s server."),
            "sizes",
            unit="cores",
            limit="cpu_per_user",
            needs="enforces_limits",
        ),
    ] = 2
    guarantee: Annotated[
        Annotated[float, Field(ge=0, le=256, allow_inf_nan=False)] | None,
        Words(
            lazy("Guaranteed CPU"),
            lazy("CPU cores reserved for each running server. 0.05 is enough for most classes."),
            "sizes",
            unit="cores",
            needs="enforces_limits",
            advanced=True,
        ),
    ] = 0.05

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.limit and self.guarantee and self.guarantee > self.limit:
            said = _("This is more than the CPU per person. Lower it, or raise the CPU per person.")
            raise ValueError(f"guarantee: {said}")
        return self


def _image(text: str, info: ValidationInfo) -> str:
    """Check the image name. It has no tag, which is a separate field."""
    if not is_stored(info):
        image_name(text, "latest")
    return text


ImageText = Annotated[str, StringConstraints(max_length=255), AfterValidator(_image)]


class Image(Frozen):
    name: Annotated[
        ImageText,
        Words(
            lazy("Image"),
            lazy("The container image with the software that people work with, without its tag."),
            "software",
            needs="images",
        ),
    ] = "quay.io/jupyter/scipy-notebook"
    tag: Annotated[
        Annotated[str, StringConstraints(max_length=128, pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")],
        Words(lazy("Image tag"), lazy("The version of the image."), "software", needs="images"),
    ] = "2026-10-05"
    pullPolicy: Annotated[
        Literal["", "IfNotPresent", "Always", "Never"],
        Words(lazy("Image pull policy"), lazy("When a node of the cluster pulls the image: if it doesn’t have it, at "
              "every start, or never."), "software", advanced=True, needs="images",
              choices=(("", lazy("Cluster default")), ("IfNotPresent", lazy("If not present")),
                       ("Always", lazy("Always")), ("Never", lazy("Never")))),
    ] = ""  # fmt: skip


def _reached(text: str) -> str:
    address, __, port = text.partition(" ")
    try:
        network = ip_network(address)
    except ValueError:
        said = _(
            "“{text}” has no valid address range. Enter a range and a port, such as 203.0.113.7/32 5432.",
            text=text[:60],
        )
        raise ValueError(said) from None
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        said = _("“{text}” has no valid port. Enter a port after the address range, such as 5432.", text=text[:60])
        raise ValueError(said)
    if network.prefixlen == 0:
        raise ValueError(_("This range is the whole internet. Choose “Open” for the network access instead."))
    return f"{network} {int(port)}"


Reached = Annotated[str, StringConstraints(max_length=100), AfterValidator(_reached)]
_KEY = r"([a-z0-9][a-z0-9.-]{0,251}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"  # of a label in Kubernetes
_VALUE = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_EFFECT = "(NoSchedule|PreferNoSchedule|NoExecute)"
LabelName = Annotated[str, StringConstraints(max_length=317, pattern=f"^{_KEY}$")]
LabelValue = Annotated[str, StringConstraints(max_length=63, pattern=f"^({_VALUE})?$")]
Labels = Annotated[dict[LabelName, LabelValue], Field(max_length=20)]
Taint = Annotated[str, StringConstraints(max_length=400, pattern=f"^{_KEY}(={_VALUE})?:{_EFFECT}$")]


class Singleuser(Frozen):
    image: Image = Image()
    defaultUrl: Annotated[
        UrlPath | None,
        Words(
            lazy("Opens with"),
            lazy(
                "The page that a server opens with: /lab, /tree, /rstudio, or a path of your image. Leave empty for "
                "the image’s default."
            ),
            "software",
        ),
    ] = LAB
    profileList: Annotated[
        Profiles,
        Words(lazy("Server options"), lazy("People choose one of these before their server starts. Each can have its "
              "own image and sizes, and can be for certain groups only. Leave empty to give everyone the same server."),
              "choices", needs="profiles"),
    ] = ()  # fmt: skip
    cmd: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=1000)], ...],
        Field(max_length=50),
        Words(lazy("Command"), lazy("The command that starts the server, one word per line. Leave empty for "
              "JupyterHub’s default."), "software", advanced=True, needs="pods"),
    ] = ()  # fmt: skip
    extraEnv: Annotated[
        Environment,
        Field(max_length=100),
        Words(lazy("Environment variables"), lazy("One per line, such as COURSE=101. Passwords and keys are removed "
              "from the text and stored encrypted."), "software", advanced=True),
    ] = {}  # fmt: skip
    internet: Annotated[
        Literal["open", "web", "closed"],
        Words(lazy("Network access"), lazy("What people’s servers can reach outside the hub. Private networks are "
              "blocked, except for allowed destinations."), "software", advanced=True, needs="network_policies",
              composed=True,
              choices=(("open", lazy("Open — everything on the internet")),
                       ("web", lazy("Web only — HTTPS, to download packages and data")),
                       ("closed", lazy("Closed — nothing outside this hub")))),
    ] = "open"  # fmt: skip
    internetExceptions: Annotated[
        tuple[Reached, ...],
        Field(max_length=50),
        Words(lazy("Allowed destinations"), lazy("Addresses that servers can reach in addition, such as your database. "
              "One per line, each with a port, such as 203.0.113.7/32 5432. Always needs review by staff."), "software",
              advanced=True, needs="network_policies", composed=True),
    ] = ()  # fmt: skip
    memory: MemoryLimits = MemoryLimits()
    cpu: CpuLimits = CpuLimits()
    storage: StorageSpec = StorageSpec()
    gpus: Annotated[
        int,
        Field(ge=0, le=16),
        Words(lazy("GPUs per person"), lazy("Number of GPUs of each server. Few hubs need one. Always needs review by "
              "staff."), "sizes", unit="GPUs", advanced=True, needs="pods", composed=True),
    ] = 0  # fmt: skip
    nodePool: Annotated[
        Annotated[str, StringConstraints(max_length=63, pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$")],
        Words(lazy("Node pool"), lazy("The node pool that people’s servers run on. Leave empty for the default pool. "
              "Other pools need review by staff."), "sizes", advanced=True, needs="node_pools", composed=True),
    ] = ""  # fmt: skip
    nodeSelector: Annotated[
        Labels,
        Words(lazy("Node selector"), lazy("People’s servers run only on nodes with these labels, one per line, such as "
              "pool=teaching. Always needs review by staff."), "sizes", advanced=True, needs="pods"),
    ] = {}  # fmt: skip
    tolerations: Annotated[
        tuple[Taint, ...],
        Field(max_length=20),
        Words(lazy("Tolerations"), lazy("People’s servers can also run on nodes with these taints, one per line, as "
              "kubectl writes them: pool=teaching:NoSchedule. Always needs review by staff."), "sizes", advanced=True,
              needs="pods", composed=True),
    ] = ()  # fmt: skip
    kernelTimeout: Annotated[
        Annotated[int, Field(ge=60, le=30 * 86400)] | None,
        Words(lazy("Kernel idle timeout"), lazy("A notebook’s kernel that has been idle for this long is shut down, "
              "which frees its memory. The server keeps running. Leave empty to keep idle kernels."), "sizes",
              unit="minutes", advanced=True, composed=True),
    ] = None  # fmt: skip
    content: Content = Content()
    postStart: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=4000)], ...],
        Field(max_length=50),
        Words(lazy("Start-up command"), lazy("Runs in each server every time it starts. One word per line: sh, -c, "
              "then the command."), "content", advanced=True, composed=True),
    ] = ()  # fmt: skip
    extraFiles: Annotated[
        ExtraFiles,
        Words(lazy("Extra files"), lazy("Files that are added to every server, as YAML: a name, and below it mountPath "
              "and stringData or data."), "content", advanced=True, composed=True, needs="pods"),
    ] = {}  # fmt: skip
    initContainers: Annotated[
        FirstContainers,
        Words(lazy("Init containers"), lazy("Containers that run before each server starts, for example to clone a "
              "repository or to change the owner of folders, as YAML. If one fails, the server does not start. "
              "Always needs review by staff."), "content", advanced=True, needs="pods"),
    ] = ()  # fmt: skip
    extraContainers: Annotated[
        ContainersBeside,
        Words(lazy("Extra containers"), lazy("Containers that run alongside each server, as YAML: a name, an image and "
              "its resources. Always needs review by staff."), "content", advanced=True, needs="pods"),
    ] = ()  # fmt: skip
    startTimeout: Annotated[
        int,
        Field(ge=30, le=3600),
        Words(lazy("Start timeout"), lazy("A server that takes longer than this to start is stopped. Raise it if your "
              "image is large."), "software", unit="minutes", advanced=True),
    ] = 300  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _opens_first(cls, said: Any, info: ValidationInfo) -> Any:
        """Let JupyterLab open the file that the repository's address names, unless `defaultUrl` says otherwise."""
        content = said.get("content") if isinstance(said, dict) and not is_given(info) else None
        address = content.get("repository") if isinstance(content, dict) else None
        if not address or said.get("defaultUrl", LAB) != LAB:
            return said
        try:
            path = read(str(address)).path
            folder = Content.model_validate(content, context=info.context).folder
        except ValueError:  # reported by the field itself
            return said
        opens = f"{LAB}/tree/{quote(f'{folder}/{path}')}"
        return {**said, "defaultUrl": opens} if path and len(opens) <= LONGEST_PATH else said

    @model_validator(mode="after")
    def _one_command(self) -> Self:
        if self.content.repository and self.postStart:
            said = _("A repository also uses the start-up command. Use either a repository or a command.")
            raise ValueError(f"postStart: {said}")
        return self
