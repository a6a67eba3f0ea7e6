"""Starting a person's server by the hub's own API: the same question and the same answers wherever the hub lives.

Source: JupyterHub's REST API, POST /users/{name}/servers/{server_name}.
"""

from urllib.parse import quote

import httpx

from provisioning.errors import Missing, Refused, Transient

RUNS = "AlreadyRuns"  # reason of the refusal for a server that is there


def start_server(client: httpx.Client, hub: str, headers: dict[str, str], user: str, server: str) -> None:
    """`hub` is the address with which its API begins. Raises Missing for whom the hub does not know, Refused (with the
    reason RUNS when it runs or is on its way), Transient when the hub can't be asked or is busy."""
    where = f"servers/{quote(server, safe='')}" if server else "server"
    try:
        answer = client.post(f"{hub}hub/api/users/{quote(user, safe='')}/{where}", headers=headers)
    except httpx.ReadTimeout:
        return  # the hub goes on with it: it answers when the server has begun to start
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Transient("The hub does not answer just now.", "HubUnreachable") from error
    if answer.status_code == 404:
        raise Missing("The hub does not know this person: they have to sign in there once.")
    if answer.status_code == 403:
        raise Refused("The hub has to ask this person to sign in again first.", "SignInAgain")
    if answer.status_code == 400:
        raise _refusal(answer)
    if not answer.is_success:
        raise Transient(f"The hub can’t start it just now (it answers {answer.status_code}).", "HubRefuses")


def _refusal(answer: httpx.Response) -> Refused:
    try:
        words = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        words = ""
    if "already running" in words or "pending" in words:
        return Refused("This server runs already, or is being started or stopped.", RUNS)
    if "amed servers" in words:
        return Refused("This hub gives each person one server only, or they have as many as they may have.", "NoMore")
    return Refused("The hub refuses to start it.", "HubRefuses")
