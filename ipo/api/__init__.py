"""What stands between the network and the app: checks of requests, and of what the process can bear."""
