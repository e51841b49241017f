"""A spam filter for mails: what it learns from, its labels, its training and why it decides as it does."""
