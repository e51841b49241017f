"""Other processes and machines that compute: portable jobs on a Dask cluster (extra `cluster`)."""
