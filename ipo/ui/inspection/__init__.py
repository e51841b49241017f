"""What the Inspect page and files of an inspection draw alike, from tensors to what the browser gets."""
