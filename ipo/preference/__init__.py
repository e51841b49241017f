"""Preference images: latents, candidates, rows on disk, proposals, sessions."""
