"""A trainer one batch at a time, with every tensor of the batch."""
