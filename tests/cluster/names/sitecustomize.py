"""Python's start file for the portal's processes in these tests: every name below localhost is this machine (RFC 6761).

Browsers and systemd-resolved do this, but the C library alone does not, and there is no DNS for a hub's name here.
"""

import socket
from typing import Any

_ask = socket.getaddrinfo


def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    return _ask("127.0.0.1" if isinstance(name, str) and name.endswith(".localhost") else host, *args, **kwargs)


socket.getaddrinfo = getaddrinfo
