"""configurable-http-proxy, limited to one host name. A separate program: it runs in the hubs' environment.

Cookies ignore ports. Under `127.0.0.1` a browser would send the portal's session to this port, and so to code of people
who run servers behind it. So requests for other hosts than the hub's own get a plain 404.
"""

import os
import re
import sys
from pathlib import Path
from typing import Any

from configurable_http_proxy import cli
from configurable_http_proxy.configproxy import PythonProxy
from configurable_http_proxy.handlers import ProxyHandler
from tornado.web import Application

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "common"))
from languages import hear, read, say, spoken  # type: ignore[import-not-found]

SENTENCE = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)  # in a page; an empty one is the language


class TranslatedPages(ProxyHandler):  # type: ignore[misc, unused-ignore]
    """The proxy's handler, with its error page in the visitor's language."""

    async def handle_proxy_error(self, code: int, err: Any) -> None:
        self.proxy.log.error(f"{code} {self.request.method} {self.request.path} {err or ''}")
        if self.ws_connection:
            return
        hear(self.request.headers.get("Accept-Language", ""))
        page = (Path(self.proxy.error_path) / "error.html").read_text(encoding="utf-8")
        self.set_status(code)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(SENTENCE.sub(lambda found: say(" ".join(found[1].split())) or spoken(), page))


class OneHostProxy(PythonProxy):  # type: ignore[misc, unused-ignore]
    """The proxy, with its routes bound to HUBPORTAL_HOST."""

    def __init__(self, options: dict[str, object]) -> None:
        super().__init__(options)
        self.proxy_app = Application()
        host = re.escape(os.environ["HUBPORTAL_HOST"])
        self.proxy_app.add_handlers(f"{host}$", [(r"/(.*)", TranslatedPages, {"proxy": self})])


if __name__ == "__main__":
    read(Path(os.environ["HUBPORTAL_WORDS"]))
    cli.PythonProxy = OneHostProxy
    cli.main()
