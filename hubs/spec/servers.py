"""What each person's server gets: Zero to JupyterHub's `singleuser`."""

from ipaddress import ip_network
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, model_validator

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
            "Memory a person",
            "The most that one person’s notebooks may use. Empty: no limit of their own.",
            "sizes",
            unit="GiB",
            limit="memory_per_user_mib",
            needs="enforces_limits",
        ),
    ] = "1G"
    guarantee: Annotated[
        Memory,
        Words(
            "Memory kept free for each person",
            "Set aside for each running server. Smaller is cheaper, larger is safer.",
            "sizes",
            unit="GiB",
            needs="enforces_limits",
            advanced=True,
        ),
    ] = "256M"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.limit and memory_bytes(self.guarantee) > memory_bytes(self.limit):
            raise ValueError(
                "guarantee: This is more than the memory a person may use. Make it smaller, or give more memory."
            )
        return self


class CpuLimits(Frozen):
    limit: Annotated[
        Annotated[float, Field(gt=0, le=256, allow_inf_nan=False)] | None,
        Words(
            "CPU a person",
            "Processor cores that one person may use at most. Empty: no limit of their own.",
            "sizes",
            unit="cores",
            limit="cpu_per_user",
            needs="enforces_limits",
        ),
    ] = 2
    guarantee: Annotated[
        Annotated[float, Field(ge=0, le=256, allow_inf_nan=False)] | None,
        Words(
            "CPU kept free for each person",
            "Set aside for each running server. 0.05 is right for most classes.",
            "sizes",
            unit="cores",
            needs="enforces_limits",
            advanced=True,
        ),
    ] = 0.05

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.limit and self.guarantee and self.guarantee > self.limit:
            raise ValueError(
                "guarantee: This is more than the CPU a person may use. Make it smaller, or give more CPU."
            )
        return self


def _image(text: str, info: ValidationInfo) -> str:
    """Without its tag, which is another field."""
    if not is_stored(info):
        image_name(text, "latest")
    return text


ImageText = Annotated[str, StringConstraints(max_length=255), AfterValidator(_image)]


class Image(Frozen):
    name: Annotated[
        ImageText,
        Words(
            "Image",
            "The software people work with: the name of a container image.",
            "software",
            needs="images",
        ),
    ] = "quay.io/jupyter/scipy-notebook"
    tag: Annotated[
        Annotated[str, StringConstraints(max_length=128, pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")],
        Words("Image tag", "Which version of the image.", "software", needs="images"),
    ] = "2026-10-05"
    pullPolicy: Annotated[
        Literal["", "IfNotPresent", "Always", "Never"],
        Words("Fetch the image", "When a machine of the cluster asks for it anew.", "software", advanced=True,
              needs="images", choices=(("", "As the cluster does"), ("IfNotPresent", "Once on each machine"),
                                           ("Always", "At every start"), ("Never", "Never: it is there"))),
    ] = ""  # fmt: skip


def _reached(text: str) -> str:
    address, _, port = text.partition(" ")
    try:
        network = ip_network(address)
    except ValueError:
        raise ValueError(f"“{text[:60]}”: write an address range and a port, such as 203.0.113.7/32 5432.") from None
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ValueError(f"“{text[:60]}”: after the address comes a port, such as 5432.")
    if network.prefixlen == 0:
        raise ValueError("That is the whole internet. Choose “Open” instead.")
    return f"{network} {int(port)}"


Reached = Annotated[str, StringConstraints(max_length=100), AfterValidator(_reached)]
_KEY = r"([a-z0-9][a-z0-9.-]{0,251}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"  # a label's, as Kubernetes has it
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
            "Opens with",
            "What people see after sign-in: /lab, /tree, /rstudio, or a path of your image. Empty: as it has it.",
            "software",
        ),
    ] = LAB
    profileList: Annotated[
        Profiles,
        Words("Choices before the start", "People choose one of these before their server starts: images, sizes, who "
              "may use what. Empty: everybody gets the same.", "choices", needs="profiles"),
    ] = ()  # fmt: skip
    cmd: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=1000)], ...],
        Field(max_length=50),
        Words("Command", "What starts the server, one word a line. Empty: as JupyterHub does.", "software",
              advanced=True, needs="pods"),
    ] = ()  # fmt: skip
    extraEnv: Annotated[
        Environment,
        Field(max_length=100),
        Words("Environment variables", "One a line, such as COURSE=101. Passwords and keys are taken out of the text "
              "and kept encrypted.", "software", advanced=True),
    ] = {}  # fmt: skip
    internet: Annotated[
        Literal["open", "web", "closed"],
        Words("Internet access", "What people’s servers reach outside. Private networks are closed in any case.",
              "software", advanced=True, needs="network_policies",
              composed=True,
              choices=(("open", "Open — everything on the internet"),
                       ("web", "Web only — https, to fetch packages and data"),
                       ("closed", "Closed — nothing outside this hub"))),
    ] = "open"  # fmt: skip
    internetExceptions: Annotated[
        tuple[Reached, ...],
        Field(max_length=50),
        Words("Reached all the same", "Addresses with a port, one a line, such as 203.0.113.7/32 5432: a database of "
              "yours. A person looks at it.", "software", advanced=True, needs="network_policies", composed=True),
    ] = ()  # fmt: skip
    memory: MemoryLimits = MemoryLimits()
    cpu: CpuLimits = CpuLimits()
    storage: StorageSpec = StorageSpec()
    gpus: Annotated[
        int,
        Field(ge=0, le=16),
        Words("GPUs a person", "Graphics processors of each server. Few hubs need one, and a person looks at it.",
              "sizes", unit="GPUs", advanced=True, needs="pods", composed=True),
    ] = 0  # fmt: skip
    nodePool: Annotated[
        Annotated[str, StringConstraints(max_length=63, pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$")],
        Words("Machines", "The node pool that people’s servers run on, by the name that staff gave it. Empty: the "
              "usual one.", "sizes", advanced=True, needs="node_pools", composed=True),
    ] = ""  # fmt: skip
    nodeSelector: Annotated[
        Labels,
        Words("Only on machines with these labels", "One a line, such as pool=teaching.", "sizes", advanced=True,
              needs="pods"),
    ] = {}  # fmt: skip
    tolerations: Annotated[
        tuple[Taint, ...],
        Field(max_length=20),
        Words("Also on machines with these taints", "One a line, as kubectl writes them: pool=teaching:NoSchedule.",
              "sizes", advanced=True, needs="pods", composed=True),
    ] = ()  # fmt: skip
    kernelTimeout: Annotated[
        Annotated[int, Field(ge=60, le=30 * 86400)] | None,
        Words("Stop idle notebooks after", "A notebook’s memory is freed; its server goes on. Empty: never.", "sizes",
              unit="minutes", advanced=True, composed=True),
    ] = None  # fmt: skip
    content: Content = Content()
    postStart: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=4000)], ...],
        Field(max_length=50),
        Words("Command at every start", "Runs in each server as it starts, one word a line: sh, -c, and what to do.",
              "content", advanced=True, composed=True),
    ] = ()  # fmt: skip
    extraFiles: Annotated[
        ExtraFiles,
        Words("Files in every server", "As YAML: a name, and below it mountPath and stringData or data.", "content",
              advanced=True, composed=True, needs="pods"),
    ] = {}  # fmt: skip
    initContainers: Annotated[
        FirstContainers,
        Words("Init containers", "Programs that run before each server starts, as YAML: clone a repository, or give "
              "folders to their user. When one fails, no server starts. A person looks at it.", "content",
              advanced=True, needs="pods"),
    ] = ()  # fmt: skip
    extraContainers: Annotated[
        ContainersBeside,
        Words("Extra containers", "Programs that run beside each server, as YAML: a name, an image and its sizes. A "
              "person looks at it.", "content", advanced=True, needs="pods"),
    ] = ()  # fmt: skip
    startTimeout: Annotated[
        int,
        Field(ge=30, le=3600),
        Words("Time to start", "A server that takes longer to start is given up.", "software", unit="minutes",
              advanced=True),
    ] = 300  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _opens_first(cls, said: Any, info: ValidationInfo) -> Any:
        """The address of a file inside the repository is what JupyterLab shows, unless something else is said."""
        content = said.get("content") if isinstance(said, dict) and not is_given(info) else None
        address = content.get("repository") if isinstance(content, dict) else None
        if not address or said.get("defaultUrl", LAB) != LAB:
            return said
        try:
            path = read(str(address)).path
            folder = Content.model_validate(content, context=info.context).folder
        except ValueError:  # said by the field itself
            return said
        opens = f"{LAB}/tree/{quote(f'{folder}/{path}')}"
        return {**said, "defaultUrl": opens} if path and len(opens) <= LONGEST_PATH else said

    @model_validator(mode="after")
    def _one_command(self) -> Self:
        if self.content.repository and self.postStart:
            raise ValueError("postStart: A repository for every home is a command, too. Choose one of both.")
        return self
