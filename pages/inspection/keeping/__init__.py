"""Going back, forking, and files of a session."""
