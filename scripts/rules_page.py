"""Writes the rule book, docs/reference/rules: every rule of the care room in a sentence, with its numbers, its source,
how the source was read, and the tests that exercise it.

python scripts/rules_page.py           write the pages
python scripts/rules_page.py --check   write nothing; exit 1 when a page is not current
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.rule_book import care_plans, every_number, people, protocol_rules, scales  # noqa: E402
from scripts.rule_book.exercised import Tests  # noqa: E402

ROOM = ROOT / "src" / "euthymia" / "care"
FOLDER = ROOT / "docs" / "reference" / "rules"
# Page → its title, what it is about, and what writes it. The order is that of a person's way through the clinic.
PAGES: dict[str, tuple[str, str, Callable[[Tests], str]]] = {
    "eligibility": ("Eligibility", "who may be treated on which protocol", people.eligibility),
    "interactions": ("Medicines", "medicines that meet ketamine or esketamine", people.interactions),
    "episode": ("Episode", "what makes a depressive episode, in our own words", people.episode),
    "resistance": ("Earlier treatments", "what counts as adequate, and how stages are made", people.resistance),
    "protocols": (
        "Protocols",
        "every limit, look, point and number of the shipped protocols, and what a clone must keep",
        protocol_rules.protocols,
    ),
    "dosing": ("Dose guards", "what is asked before a dose is signed and while it is given", care_plans.dosing),
    "gate": ("The gate before a dose", "what must be answered in front of the person", care_plans.gate),
    "session": ("A session's entries", "what may be written when", care_plans.session),
    "medication": ("Controlled drugs", "what may be entered in the ledger", care_plans.medication),
    "monitoring": ("Monitoring", "what is said while the session runs", care_plans.monitoring),
    "discharge": ("Leaving", "what must hold before the person goes", care_plans.discharge),
    "risk": ("Suicide risk", "levels, times, and what must be done before a sign is closed", people.risk),
    "crisis-lines": ("Crisis lines", "whom to call, and when each number was read", people.crisis),
    "instruments": ("Questionnaires and scales", "totals, bands, cuts, patterns, flags", scales.instruments),
    "responses": ("Response, remission, change", "what counts as an answer to treatment", scales.responses),
    "course": ("The course", "rhythm, stopping, keeping on, what is asked and watched", care_plans.course),
    "indications": ("Other conditions", "packs of data beside depression", care_plans.other_indications),
    "numbers": ("Every number", "of every data file, by its path", lambda tests: every_number.render(ROOM)),
}
WRITTEN = "Written by `scripts/rules_page.py` from code and data; do not edit by hand. [All pages](README.md).\n\n"
INDEX = """# The rule book

For whoever answers for the care given: what this software asks, where each number comes from, how far its source was
read, and which tests hold it. Written by `scripts/rules_page.py` from the code and the data files in
`src/euthymia/care/`; do not edit by hand.

- *Stop* has no path. *Hold* may be accepted by a named prescriber with a reason. *Flag* informs. *Cannot tell* counts
  as no until what is missing is known.
- How a source was read: **read** in full or in the part that matters; **abstract** only; **code** of its own authors;
  **read secondary**, a restatement; **memory**, nobody read it, so it never gates a dose; **house**, a choice of
  this software and not a clinical threshold.
- **open** is a hole: no source was found. Nothing starts on that protocol until the clinic's medical lead has filled
  and signed it.
- *Tests* name the files below `tests/`: `spec/dosing` is `tests/spec/care/test_dosing.py`, `spec/reasons/...` a table
  in which a test keeps every reason in full. Where more than three name a rule, three are listed: those of its part
  first, then those that name it most often. A rule without a test fails a test.

"""


def render() -> dict[str, str]:
    """Every page of the book by its name."""
    tests = Tests(ROOT / "tests")
    pages = {name: f"# {title}\n\n{WRITTEN}{write(tests)}" for name, (title, _, write) in PAGES.items()}
    listed = "".join(f"- [{title}]({name}.md): {about}\n" for name, (title, about, _) in PAGES.items())
    return {"README": INDEX + listed, **pages}


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check only compare them."""
    pages = render()
    kept = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    if "--check" in arguments:
        stale = sorted(name for name in pages.keys() | kept.keys() if pages.get(name) != kept.get(name))
        print(f"Not current: {', '.join(stale)}. Run scripts/rules_page.py." if stale else "The pages are current.")
        return int(bool(stale))
    FOLDER.mkdir(exist_ok=True)
    for name, page in pages.items():
        (FOLDER / f"{name}.md").write_text(page, encoding="utf-8")
    for name in kept.keys() - pages.keys():
        (FOLDER / f"{name}.md").unlink()
    print(f"Wrote {len(pages)} pages in {FOLDER.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
