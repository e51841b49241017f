"""The `remote` decoder: images that an image server makes, here or in another room."""
