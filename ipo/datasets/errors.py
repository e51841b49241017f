"""What can be wrong with data. Every message says where, what, and what to do; pages show it as it is."""


class DatasetError(Exception):
    """Data that cannot be used as it is; the base of the errors below."""


class DatasetMissing(DatasetError):
    """The data set was never fetched, or only a part of it. Fetch it."""


class DatasetDamaged(DatasetError):
    """A file of the data set is not what it was when it was fetched. Fetch again: sound files stay."""


class FetchFailed(DatasetError):
    """No source gave the data set. Look at what each one said."""


class BadDataFile(DatasetError):
    """A file that somebody chose is not of a kind that can be opened. Choose or make another."""
