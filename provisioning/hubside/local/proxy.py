"""configurable-http-proxy, limited to one host name. A separate program: it runs in the hubs' environment.

Cookies ignore ports. Under `127.0.0.1` a browser would send the portal's session to this port, and so to code of people
who run servers behind it. So requests for other hosts than the hub's own get a plain 404.
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
