"""The Django room: people, screens, rows, permissions, audit, HTTP."""
