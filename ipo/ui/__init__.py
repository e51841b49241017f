"""What several pages draw, and the process-wide workspace they draw from."""
