"""The HTTP door, and what stands before it: checks of requests, and of what the process can bear."""
