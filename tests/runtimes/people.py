"""A person in front of a hub, as a browser is: follows redirects, keeps cookies, has no other credentials."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from provisioning.contract import Target

from .worlds import until


@dataclass
class Person:
    """`name` is signed in at the test provider without a dialogue."""

    target: Target
    name: str
    browser: httpx.Client = field(
        default_factory=lambda: httpx.Client(follow_redirects=True, trust_env=False, timeout=20)
    )

    def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return self.browser.get(f"{self.target.url}{path}", **kwargs)

    def sign_in(self) -> httpx.Response:
        return self.get("hub/home")

    def sign_in_with(self, password: str) -> httpx.Response:
        """Sign in on the hub's own page, as in hubs with passwords."""
        self.get("hub/login")
        form = {"username": self.name, "password": password, "_xsrf": self.browser.cookies.get("_xsrf", "")}
        return self.browser.post(f"{self.target.url}hub/login", data=form)

    def start_server(self) -> None:
        """Start the server, and wait until it lets this person in."""
        self.get("hub/spawn")
        until(self.enter_server, 30, f"{self.name}'s server lets them in")

    def enter_server(self) -> bool:
        """Open the start page; a server sends new people to the hub and back before it shows a page."""
        page = self.get(f"user/{self.name}/lab")
        return page.status_code == 200 and page.url.path.startswith(f"/{self.target.slug}/user/")

    def server_status(self) -> int:
        """Return the status of one call to the person's own server, after entering it."""
        return self.get(f"user/{self.name}/api/kernels", follow_redirects=False).status_code

    def server_answers(self) -> bool:
        return self.server_status() == 200


Visit = Callable[[Target, str], Person]


def ask_hub(target: Target, token: str, path: str) -> Any:
    """Call the hub's API with the portal's token."""
    headers = {"Authorization": f"token {token}"}
    return httpx.get(f"{target.url}hub/api/{path}", headers=headers, trust_env=False, timeout=10).json()
