"""Whom a virtual population is like: one cited data file each."""
