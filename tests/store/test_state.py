"""Keys and values."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealmate.store import Store

_JSON = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(value=_JSON)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_values_come_back(store: Store, value: object) -> None:
    store.state.set("key", value)
    assert store.state.get("key") == value
    store.state.set("key", None)
    assert store.state.get("key", "none") == "none"
