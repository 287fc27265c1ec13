"""One cited data file per published model, and `load`, the only place in this room that touches disk."""
