"""What the document says of an endpoint beside what its serializers tell."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

SCOPE = "x-scope"  # what a token needs for it


class Described(AutoSchema):
    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation and (scope := getattr(self.view, "scopes", {}).get(self.method)):
            operation[SCOPE] = str(scope)
        return operation
