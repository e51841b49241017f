"""Pictures of a folder to be judged: listed, read, turned into vectors. Nothing is written there."""
