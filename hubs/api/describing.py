"""What the OpenAPI document says about an endpoint in addition to its serializers."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

SCOPE = "x-scope"  # the scope that a token needs


class Described(AutoSchema):
    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation and (scope := getattr(self.view, "scopes", {}).get(self.method)):
            operation[SCOPE] = str(scope)
        return operation
