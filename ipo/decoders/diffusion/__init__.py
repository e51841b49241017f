"""Diffusion models of `diffusers` as a decoder: a latent is the noise that an image begins with."""
