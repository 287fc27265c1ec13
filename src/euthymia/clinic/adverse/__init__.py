"""Adverse events: from the first word about it to closure by a prescriber."""
