from typing import Any

from django.db import models

from hubs.spec.profile_order import in_order, with_order


def _profiles(spec: Any, change: Any) -> Any:
    """Return the spec with `change` applied to its profiles, if it has any."""
    user = spec.get("singleuser") if isinstance(spec, dict) else None
    if not isinstance(user, dict) or not user.get("profileList"):
        return spec
    return {**spec, "singleuser": {**user, "profileList": change(user["profileList"])}}


class SpecField(models.JSONField):
    """A HubSpec as JSON, whose profiles keep their order even if the database sorts keys."""

    def deconstruct(self) -> Any:
        """Return the definition of a plain JSONField, so that no migration is needed."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(_profiles(value, with_order), connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return _profiles(super().from_db_value(value, expression, connection), in_order)
