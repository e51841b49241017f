"""Decoders: latents in, images out."""
