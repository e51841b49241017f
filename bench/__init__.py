"""One command per figure we publish: `python -m bench.NAME [--quick]`."""
