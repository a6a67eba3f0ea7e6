"""Is this container image there? Asked of its registry (OCI distribution specification 1.1)."""

from hubs.spec.image_names import DOCKER_HUB, ImageName, host_of, image_name

from .client import Credentials, Report, Task, ask, ask_many, known, try_password

__all__ = [
    "DOCKER_HUB", "Credentials", "ImageName", "Report", "Task", "ask", "ask_many", "host_of", "image_name", "known",
    "try_password",
]  # fmt: skip
