"""One JSON object per line, made of fields that were named on purpose; personal data has no field."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

FIELDS = ("method", "route", "status", "milliseconds", "user", "clinic", "code", "job")


class JsonFormatter(logging.Formatter):
    """Prints time, level, logger, event and the allowed extra fields; anything else is dropped."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
