"""Column types: UTC times and JSON, both kept as text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Dialect, Text, TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """A timezone-aware datetime kept as fixed-width ISO text in UTC, so that text order is time
    order. A naive datetime raises ValueError."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a time zone: {value!r}")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """Any JSON value kept as text with sorted keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def _plain(value: Any) -> Any:
    """What JSON lacks: mappings that are no dicts, tuples' kin, times and paths."""
    if hasattr(value, "keys"):
        return {key: value[key] for key in value}
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)
