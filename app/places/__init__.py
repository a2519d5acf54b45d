"""Divisions of the country to township level, how people write them, and the offices there."""
