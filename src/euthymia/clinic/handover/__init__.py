"""Who looks after which open risk, and how it passes from one person to the next at the end of a shift."""
