"""Watching over the offices: red lamps, what was done in a month, and what citizens may read of it."""
