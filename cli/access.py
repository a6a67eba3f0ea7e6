"""Log in, log out, and manage tokens."""

import time
import webbrowser
from typing import Annotated, Any

import typer

from .client import Portal
from .config import Config, address
from .problems import FAILED, LATE, Trouble
from .session import session
from .show import out

CLIENT = "hubportal"
USUAL = "read request operate administer"
tokens = typer.Typer(no_args_is_help=True, help="Manage your tokens.")
COLUMNS = (("id", "id"), ("name", "name"), ("prefix", "prefix"), ("scopes", "scopes"), ("expires", "expiresAt"),
           ("last used", "usedAt"))  # fmt: skip


def login(
    url: Annotated[str, typer.Argument(help="Address of the portal")],
    token: Annotated[
        str, typer.Option(help="A token from your profile, instead of signing in with a browser", prompt=False)
    ] = "",
    scopes: Annotated[str, typer.Option(help="Scopes to request, separated by spaces")] = USUAL,
    browser: Annotated[bool, typer.Option(help="Open a browser if there is one")] = True,
) -> None:
    """Log in by authorising the command line in a browser. The token is saved in a file that only you can read."""
    place = address(url)
    token = token or _by_browser(session.to(place), scopes, browser)
    me = session.to(place, token).get("/api/v1/me/")
    config = Config.read()
    config.current, config.tokens[place] = place, token
    out.say(f"Logged in to {place} as {me['username']}. The token is saved in {config.write()}.")


def _by_browser(portal: Portal, scopes: str, browser: bool) -> str:
    """Return a token by the device grant (RFC 8628): show a code and poll until it is authorised."""
    grant = portal.form("/api/v1/device/authorize/", {"client_id": CLIENT, "scope": scopes})
    if "device_code" not in grant:
        raise Trouble(str(grant.get("error_description") or grant.get("error") or "The portal did not return a code."))
    typer.echo(f"Open {grant['verification_uri']} and type {grant['user_code']}", err=True)
    if browser:
        webbrowser.open(grant["verification_uri_complete"])
    return _collect(portal, grant)


def _collect(portal: Portal, grant: dict[str, Any]) -> str:
    end, pause = time.monotonic() + grant["expires_in"], float(grant.get("interval", 5))
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": grant["device_code"],
        "client_id": CLIENT,
    }
    while time.monotonic() < end:
        time.sleep(pause)
        said = portal.form("/api/v1/device/token/", form)
        if token := said.get("access_token"):
            return str(token)
        if said.get("error") == "slow_down":
            pause += 5
        elif said.get("error") != "authorization_pending":
            raise Trouble(str(said.get("error_description") or said.get("error") or "Refused."), FAILED)
    raise Trouble("The login was not authorised in time. Try again.", LATE)


def logout(
    revoke: Annotated[bool, typer.Option(help="Also revoke the token, so that no copy of it works")] = True,
) -> None:
    """Log out: remove the saved token of this portal."""
    portal = session.portal()
    if revoke and (mine := (portal.get("/api/v1/me/") or {}).get("token")):
        portal.send("DELETE", f"/api/v1/tokens/{mine['id']}/")
    config = Config.read()
    config.tokens.pop(portal.url, None)
    config.current = "" if config.current == portal.url else config.current
    config.write()
    out.say(f"Logged out of {portal.url}.")


def whoami() -> None:
    """Show your account, your roles and the scopes of the token."""
    me = session.portal().get("/api/v1/me/")
    me["may"] = (me.get("token") or {}).get("scopes")
    me["roles"] = [f"{place} ({role})" for place, role in me["organizations"].items()]
    columns = (
        ("user", "username"),
        ("name", "name"),
        ("staff", "staff"),
        ("organizations", "roles"),
        ("scopes", "may"),
    )
    out.one(me, columns)


@tokens.command("list")
def list_tokens() -> None:
    """List your tokens."""
    rows = [row for row in session.portal().rows("/api/v1/tokens/") if not row["revokedAt"]]
    out.rows(rows, COLUMNS, "You have no tokens.")


@tokens.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="Name of the token: what it is for")],
    scope: Annotated[list[str], typer.Option(help="read, request, operate, administer or approve. Can be repeated")],
    days: Annotated[int, typer.Option(help="Days until it expires")] = 90,
    organization: Annotated[str, typer.Option(help="Limit it to this organisation")] = "",
) -> None:
    """Create a token. It is shown only once."""
    body: dict[str, Any] = {"name": name, "scopes": scope, "days": days}
    made = session.portal().post("/api/v1/tokens/", body | ({"organization": organization} if organization else {}))
    if out.as_json:
        out.data(made)
    else:
        typer.echo(made["token"])


@tokens.command("revoke")
def revoke_token(token: Annotated[int, typer.Argument(help="ID of the token, from `tokens list`")]) -> None:
    """Revoke a token, so that it no longer works."""
    session.portal().send("DELETE", f"/api/v1/tokens/{token}/")
    out.say("Revoked.")
