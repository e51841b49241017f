from tests.support.mnist import sources

__all__ = ["sources"]
