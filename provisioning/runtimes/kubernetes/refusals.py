"""Convert the API server's responses to errors for `reconcile`, with sentences for people. Pure."""

import re

from hubs.language import _
from provisioning.errors import Missing, Refused, RuntimeFault, Transient

_FIXED = re.compile(r"immutable|cannot change roleRef|updates to \S+ spec for fields other than", re.IGNORECASE)
LONGEST = 400  # characters of the server's message


def unreachable(why: str = "") -> Transient:
    """Return the error for a cluster that does not respond. `why` is only for the log: it may contain an address."""
    said = _("The cluster is not responding. Running servers are not affected. The portal will try again.")
    return Transient(said, "Unreachable")


def _words(message: str) -> str:
    message = " ".join(message.split())
    return message if len(message) <= LONGEST else f"{message[:LONGEST]}…"


def _forbidden(message: str, doing: str) -> RuntimeFault:
    if "exceeded quota" in message:
        said = _(
            "The hub exceeds the quota of its namespace. Message from the cluster: {message}", message=_words(message)
        )
        return Refused(said, "QuotaExceeded")
    if "status unknown for quota" in message:
        return Transient(_("The cluster is still calculating the quota of the hub’s namespace."), "QuotaUnknown")
    if "violates PodSecurity" in message:
        said = _("The cluster’s security rules do not allow it: {message}", message=_words(message))
        return Refused(said, "AdmissionRefused")
    if "being terminated" in message:
        return Transient(_("The hub’s namespace is still being removed."), "NamespaceEnding")
    if "ValidatingAdmissionPolicy" in message or "admission webhook" in message:
        said = _(
            "A policy of the cluster does not allow the portal to {do_this}: {message}",
            do_this=doing,
            message=_words(message),
        )
        return Refused(said, "AdmissionRefused")
    said = _("The portal has no permission to {do_this} in this cluster. Staff need to grant it.", do_this=doing)
    return Transient(said, "NotPermitted")


def fault(status: int, reason: str, message: str, doing: str, retry_after: float = 0) -> RuntimeFault:
    """Return the runtime's error for an API server response. `doing`: what was requested ("change Secret hub")."""
    if status == 401:
        said = _("The cluster no longer accepts the portal’s credentials. Staff need to replace them.")
        return Transient(said, "CredentialsRefused")
    if status == 403:
        return _forbidden(message, doing)
    if status == 404:
        # The API server responds NotFound for a missing object, and something else for an unknown path.
        said = _("The portal could not {do_this}: not found in the cluster.", do_this=doing)
        return Missing(said, "Missing" if reason == "NotFound" else "UnknownKind")
    if status == 422 or (status == 400 and reason in ("Invalid", "BadRequest")):
        said = _("The cluster refused to {do_this}: {message}", do_this=doing, message=_words(message))
        return Refused(said, "Immutable" if _FIXED.search(message) else "Invalid")
    if status == 409:
        return Transient(_("The hub was changed by something else at the same time."), "Conflict")
    if status == 410:
        return Transient(_("The position in the cluster’s event stream has expired."), "Expired")
    if status == 429:
        return Transient(_("The cluster is busy."), "TooManyRequests", after=retry_after or 1)
    if status >= 500:
        return Transient(_("The cluster reported an internal error."), "ServerError", after=retry_after)
    said = _(
        "The cluster responded with status {status} to: {do_this}. {message}",
        status=status,
        do_this=doing,
        message=_words(message),
    )
    return Refused(said, "Unexpected")
