"""Callbacks that have the whole page drawn."""


def whole_page() -> None:
    """`on_change` of every widget outside of fragments.

    If an event whose callback names fragments arrives at the same moment, Streamlit draws nothing but these,
    unless the callback of another widget returned without a wish.
    """
