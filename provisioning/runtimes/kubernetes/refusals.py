"""Convert the API server's responses to errors for `reconcile`, with sentences for people. Pure."""

import re

from provisioning.errors import Missing, Refused, RuntimeFault, Transient

_FIXED = re.compile(r"immutable|cannot change roleRef|updates to \S+ spec for fields other than", re.IGNORECASE)
LONGEST = 400  # characters of the server's message
UNREACHABLE = "The cluster is not responding. Running servers are not affected. The portal will try again."


def unreachable(why: str = "") -> Transient:
    """Return the error for a cluster that does not respond. `why` is only for the log: it may contain an address."""
    return Transient(UNREACHABLE, "Unreachable")


def _words(message: str) -> str:
    message = " ".join(message.split())
    return message if len(message) <= LONGEST else f"{message[:LONGEST]}…"


def _forbidden(message: str, doing: str) -> RuntimeFault:
    if "exceeded quota" in message:
        said = f"The hub exceeds the quota of its namespace. Message from the cluster: {_words(message)}"
        return Refused(said, "QuotaExceeded")
    if "status unknown for quota" in message:
        return Transient("The cluster is still calculating the quota of the hub’s namespace.", "QuotaUnknown")
    if "violates PodSecurity" in message:
        return Refused(f"The cluster’s security rules do not allow it: {_words(message)}", "AdmissionRefused")
    if "being terminated" in message:
        return Transient("The hub’s namespace is still being removed.", "NamespaceEnding")
    if "ValidatingAdmissionPolicy" in message or "admission webhook" in message:
        return Refused(
            f"A policy of the cluster does not allow the portal to {doing}: {_words(message)}", "AdmissionRefused"
        )
    said = f"The portal has no permission to {doing} in this cluster. Staff need to grant it."
    return Transient(said, "NotPermitted")


def fault(status: int, reason: str, message: str, doing: str, retry_after: float = 0) -> RuntimeFault:
    """Return the runtime's error for an API server response. `doing`: what was requested ("change Secret hub")."""
    if status == 401:
        said = "The cluster no longer accepts the portal’s credentials. Staff need to replace them."
        return Transient(said, "CredentialsRefused")
    if status == 403:
        return _forbidden(message, doing)
    if status == 404:
        # The API server responds NotFound for a missing object, and something else for an unknown path.
        said = f"The portal could not {doing}: not found in the cluster."
        return Missing(said, "Missing" if reason == "NotFound" else "UnknownKind")
    if status == 422 or (status == 400 and reason in ("Invalid", "BadRequest")):
        said = f"The cluster refused to {doing}: {_words(message)}"
        return Refused(said, "Immutable" if _FIXED.search(message) else "Invalid")
    if status == 409:
        return Transient("The hub was changed by something else at the same time.", "Conflict")
    if status == 410:
        return Transient("The position in the cluster’s event stream has expired.", "Expired")
    if status == 429:
        return Transient("The cluster is busy.", "TooManyRequests", after=retry_after or 1)
    if status >= 500:
        return Transient("The cluster reported an internal error.", "ServerError", after=retry_after)
    return Refused(f"The cluster responded with status {status} to: {doing}. {_words(message)}", "Unexpected")
