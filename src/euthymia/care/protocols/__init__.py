"""Protocols shipped as data files, and the only place in this room that reads them from disk."""
