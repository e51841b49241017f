"""What to say of an error, also of one that has no words of its own."""

_NO_MEMORY = "Memory ran out. Close other programs, or ask for less at a time"


def error_text(error: BaseException) -> str:
    """Never empty: Python raises `MemoryError` without a word, and a caller may take none for success."""
    if isinstance(error, MemoryError):
        return f"{_NO_MEMORY} ({error})" if str(error) else _NO_MEMORY
    return str(error) or type(error).__name__
