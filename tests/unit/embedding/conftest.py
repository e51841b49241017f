from tests.support.embedder import efficientnet, efficientnet_values

__all__ = ["efficientnet", "efficientnet_values"]
