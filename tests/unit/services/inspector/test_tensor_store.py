"""Values of figures by their content, as many as memory is set aside for."""

from ipo.services.inspector.tensor_store import TensorStore


def test_equal_values_have_one_id_and_others_have_others() -> None:
    store = TensorStore()
    id_ = store.put(b"abcd", "f4")
    assert store.put(b"abcd", "f4") == id_
    assert store.get(id_) == b"abcd"
    assert store.put(b"abce", "f4") != id_
    assert store.put(b"abcd", "u1") != id_  # the browser reads these four bytes as other numbers


def test_values_that_nobody_wanted_for_long_leave_first() -> None:
    store = TensorStore(budget=8)
    first, second = store.put(b"1111", "f4"), store.put(b"2222", "f4")
    store.get(first)
    third = store.put(b"3333", "f4")
    assert store.get(second) is None
    assert (store.get(first), store.get(third)) == (b"1111", b"3333")
    assert store.put(b"2222", "f4") == second  # back under the address that the page knows
    assert store.get(first) is None


def test_values_larger_than_the_budget_are_served_until_others_come() -> None:
    store = TensorStore(budget=4)
    large = store.put(b"123456", "u1")
    assert store.get(large) == b"123456"
    store.put(b"1", "u1")
    assert store.get(large) is None
