"""configurable-http-proxy, answering under one host name only. A program of its own: it runs in the hubs' environment.

Cookies ignore ports. Under `127.0.0.1` a browser would bring the portal's session to this port, and from here to the
code of whoever runs a server behind it. So what is not asked of the hub's own host gets a plain 404 from us.
"""

import os
import re

from configurable_http_proxy import cli
from configurable_http_proxy.configproxy import PythonProxy
from configurable_http_proxy.handlers import ProxyHandler
from tornado.web import Application


class OneHostProxy(PythonProxy):  # type: ignore[misc, unused-ignore]
    """The proxy, with its routes bound to HUBPORTAL_HOST."""

    def __init__(self, options: dict[str, object]) -> None:
        super().__init__(options)
        self.proxy_app = Application()
        host = re.escape(os.environ["HUBPORTAL_HOST"])
        self.proxy_app.add_handlers(f"{host}$", [(r"/(.*)", ProxyHandler, {"proxy": self})])


if __name__ == "__main__":
    cli.PythonProxy = OneHostProxy
    cli.main()
