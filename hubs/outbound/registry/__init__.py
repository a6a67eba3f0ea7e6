"""Checks whether a container image exists in its registry (OCI distribution specification 1.1)."""

from hubs.spec.image_names import DOCKER_HUB, ImageName, host_of, image_name

from .client import ask, ask_many, known, try_password
from .tasks import Credentials, Report, Task
