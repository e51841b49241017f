"""The image server: any decoder behind HTTP, for the `remote` decoder and for people with curl."""
