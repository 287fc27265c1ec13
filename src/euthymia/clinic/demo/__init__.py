"""The demonstration: two clinics of invented people with months of history, made by the real commands with a seed."""
