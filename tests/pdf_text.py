"""What a PDF made by typst says: its words by page, read from its own fonts' tables. Enough for tests, no reader."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)


class Paper:
    """One PDF. `pages` holds the words of each page in the order they were set."""

    def __init__(self, content: bytes) -> None:
        assert content.startswith(b"%PDF-"), "not a PDF"
        assert content.rstrip().endswith(b"%%EOF"), "half a PDF"
        self._objects = {int(number): body for number, body in OBJECT.findall(content)}
        pages = [body for body in self._objects.values() if re.search(rb"/Type/Page\b(?!s)", body)]
        self.pages = [self._words(body) for body in pages]

    @property
    def words(self) -> str:
        """All of it, blanks of a line break included as one blank."""
        return "\n".join(self.pages)

    def says(self, text: str) -> bool:
        """Whether these letters stand there in this order, whatever breaks the lines."""
        return squeezed(text) in squeezed(self.words)

    def _stream(self, number: int) -> bytes:
        found = re.search(rb"stream\r?\n(.*)\r?\nendstream", self._objects[number], re.DOTALL)
        assert found is not None
        return zlib.decompress(found[1]) if b"FlateDecode" in self._objects[number] else found[1]

    def _words(self, page: bytes) -> str:
        contents = re.search(rb"/Contents (\d+) 0 R", page)
        resources = re.search(rb"/Resources (\d+) 0 R", page)
        assert contents is not None
        return self._set(self._stream(int(contents[1])), self._objects[int(resources[1])] if resources else page)

    def _set(self, drawn: bytes, resources: bytes) -> str:
        """The words of one run of drawing commands, those of a drawing placed in it where it is placed."""
        fonts = dict(re.findall(rb"/(f\d+) (\d+) 0 R", resources))
        inside = dict(re.findall(rb"/(x\d+) (\d+) 0 R", resources))
        letters: dict[bytes, str] = {}
        said: list[str] = []
        # Where a stretch began that is told in other words, or from its end to its start.
        opened: list[tuple[str, int]] = []
        for kind, value in tokens(drawn):
            if kind == "font":
                letters = self._letters(int(fonts[value]))
            elif kind == "drawing" and value in inside:
                said.append(self._set(self._stream(int(inside[value])), self._own_resources(int(inside[value]))))
            elif kind == "letters":
                said.append("".join(letters.get(value[at : at + 2], "") for at in range(0, len(value), 2)))
            elif kind == "begin":
                opened.append((value.decode("utf-16-be", "replace"), len(said)))
            elif kind == "end" and opened:
                words, since = opened.pop()
                if words == REVERSED:
                    said[since:] = ["".join(said[since:])[::-1]]
                elif words:
                    said[since:] = [words]
            elif kind == "line":
                said.append(" ")
        return "".join(said)

    def _own_resources(self, number: int) -> bytes:
        body = self._objects[number]
        named = re.search(rb"/Resources (\d+) 0 R", body)
        return self._objects[int(named[1])] if named else body

    def _letters(self, font: int) -> dict[bytes, str]:
        table = re.search(rb"/ToUnicode (\d+) 0 R", self._objects[font])
        assert table is not None
        mapped = self._stream(int(table[1]))
        pairs = re.findall(rb"<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]+)>", mapped)
        return {bytes.fromhex(code.decode()): bytes.fromhex(said.decode()).decode("utf-16-be") for code, said in pairs}


TOKEN = re.compile(
    rb"/(?P<font>f\d+) [\d.]+ Tf|/(?P<drawing>x\d+) Do|(?P<reversed>/ReversedChars BMC)|ActualText\s*<FEFF(?P<actual>"
    rb"[0-9A-Fa-f]*)>|ActualText\s*(?P<spoken>\()|(?P<begin>BDC|BMC)|(?P<end>EMC)|(?P<line>\bET\b)|(?P<string>\()"
)
REVERSED = "\ue000"


def tokens(drawn: bytes) -> Iterator[tuple[str, bytes]]:
    """(kind, value) of every command that sets words."""
    at, spoken = 0, b""
    while (found := TOKEN.search(drawn, at)) is not None:
        at = found.end()
        if found["font"] or found["drawing"]:
            yield ("font", found["font"]) if found["font"] else ("drawing", found["drawing"])
        elif found["reversed"]:
            yield "begin", REVERSED.encode("utf-16-be")
        elif found["actual"] is not None:
            spoken = bytes.fromhex(found["actual"].decode())
        elif found["spoken"]:
            written, at = string_from(drawn, at)
            spoken = (
                written.removeprefix(b"\xfe\xff")
                if written.startswith(b"\xfe\xff")
                else written.decode("latin-1").encode("utf-16-be")
            )
        elif found["begin"]:
            yield "begin", spoken
            spoken = b""
        elif found["string"]:
            written, at = string_from(drawn, at)
            yield "letters", written
        else:
            yield ("end", b"") if found["end"] else ("line", b"")


def string_from(drawn: bytes, start: int) -> tuple[bytes, int]:
    """The bytes of a bracketed string, whose brackets may be balanced within, and where it ends."""
    plain = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
    found, depth, at = bytearray(), 1, start
    while True:
        byte = drawn[at : at + 1]
        at += 1
        if byte == b"\\":
            octal = re.match(rb"[0-7]{1,3}", drawn[at : at + 3])
            found += bytes([int(octal[0], 8)]) if octal else plain.get(drawn[at : at + 1], drawn[at : at + 1])
            at += len(octal[0]) if octal else 1
            continue
        depth += {b"(": 1, b")": -1}.get(byte, 0)
        if depth == 0:
            return bytes(found), at
        found += byte


def squeezed(text: str) -> str:
    """Without blanks, for comparing words that a line broke."""
    return re.sub(r"\s+", "", text)
