"""Protocols shipped as data files, and what reads them."""
