"""Private APIs of Django, REST framework and asgiref that the portal uses, all in this module.
`tests/project/test_internals.py` tests each one, so that an upgrade that changes it is noticed."""

from typing import TYPE_CHECKING, Any

from asgiref.sync import SyncToAsync
from django.http import HttpRequest
from django.utils.functional import LazyObject, empty

if TYPE_CHECKING:
    from rest_framework.request import Request


def known(value: Any) -> Any:
    """Return the value of a lazy object, or None if it was not evaluated yet. Does not evaluate it."""
    found = value._wrapped if isinstance(value, LazyObject) else value
    return None if found is empty else found


def below(request: "Request") -> HttpRequest:
    """Return Django's request that REST framework's request wraps."""
    found: HttpRequest = request._request
    return found


def let_the_thread_go() -> None:
    """End this request's thread for synchronous code (Django's ThreadSensitiveContext). Otherwise it lasts until the
    response ends: one thread per open stream. The next synchronous call starts another thread."""
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if executor:
        executor.shutdown(wait=False)
