"""Public data and files of images: fetched once, checked always."""
