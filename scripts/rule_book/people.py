"""Pages about the person: who may be treated, medicines, the episode, earlier treatments, risk, crisis lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.rule_book.exercised import Tests
from scripts.rule_book.guards import guards
from scripts.rule_book.words import how, table, words_of

from euthymia.care.crisis import COUNTRIES, crisis_lines
from euthymia.care.eligibility import FACTS, PROTOCOLS, RULES, SAME_RULES, Rule
from euthymia.care.evidence import basis_of, sources_of
from euthymia.care.interactions import GROUPS
from euthymia.care.protocol import Source
from euthymia.care.risk import TIERS
from euthymia.care.risk_due import TIMES
from euthymia.care.tables.load import read_table


def eligibility(tests: Tests) -> str:
    short = {name: f"P{place}" for place, name in enumerate(PROTOCOLS, 1)}
    legend = [f"{short[name]} is `{name}`: {title}." for name, title in PROTOCOLS.items()]
    legend += [f"`{name}` is judged by the rules of `{same}`." for name, same in SAME_RULES.items()]
    rows = [
        (f"`{rule.name}`", where(rule, short), rule.level.value, when(rule), rule.says, how(rule.basis), told)
        for rule in RULES
        for told in [tests.told(rule.name, part="eligibility")]
    ]
    head = ("rule", "for", "level", "speaks when", "says", "source", "tests")
    facts = [
        (f"`{fact.name}`", fact.question, accepted, fact.help)
        for fact in FACTS.values()
        for accepted in [
            f"{fact.low:g} to {fact.high:g} {fact.unit}" if fact.low is not None and fact.high is not None else ""
        ]
    ]
    asked = table(("fact", "question", "accepted", "help"), facts)
    return " ".join(legend) + "\n\n" + table(head, rows) + "\n## The facts they ask for\n\n" + asked


def where(rule: Rule, short: dict[str, str]) -> str:
    return "all" if set(rule.protocols) == set(short) else ", ".join(short[name] for name in rule.protocols)


def when(rule: Rule) -> str:
    asked, fact = rule.when, f"`{rule.fact}`"
    if asked.equals is not None:
        text = f"{fact} is {'yes' if asked.equals else 'no'}"
    elif asked.above is not None:
        text = f"{fact} above {asked.above:g}"
    elif asked.below is not None:
        text = f"{fact} below {asked.below:g}"
    else:
        text = f"{fact} is {' or '.join(words_of(word) for word in asked.one_of)}"
    if rule.only_if:
        text += f", where `{rule.only_if[0]}` is {' or '.join(words_of(word) for word in rule.only_if[1])}"
    return text if rule.asks else f"{text} (does not wait for its fact)"


def interactions(tests: Tests) -> str:
    rows = [
        (f"`interaction_{group.name}`", group.title, group.says, ", ".join(group.names), how(group.basis), told)
        for group in GROUPS
        for told in [tests.told(group.name, f"interaction_{group.name}", part="interactions")]
    ]
    head = ("rule", "medicines", "says", "known by these parts of a name", "source", "tests")
    return "Every one is a flag: it informs, and a prescriber decides.\n\n" + table(head, rows)


def episode(tests: Tests) -> str:
    data = read_table("episode")
    sources = sources_of(data)
    parts = []
    for system in ("dsm5", "icd11"):
        row = data[system]
        said = f"at least {row['needed']} signs together for {row['window_days']} days, one of them a core sign"
        parts.append(f"- **{row['title']}**: {said}. {how(basis_of(row, sources))}.\n")
    signs = [
        (
            f"`{row['name']}`",
            row["says"] + (" (core)" if row.get("core") else ""),
            f"item {row['item']} from {row['counts_from']}" if "item" in row else "",
            ", ".join(row.get("qids", ())),
            row.get("only_in", "both"),
            tests.told(row["name"], part="episode"),
        )
        for row in data["symptom"]
    ]
    parts.append(f"\n## Signs\n\nHow the PHQ-9 stands in: {how(basis_of(data['phq9'], sources))}.\n\n")
    parts.append(table(("sign", "in our words", "PHQ-9, points", "QIDS items beside it", "in", "tests"), signs))
    conditions = [
        (
            f"`{row['name']}`",
            row["says"],
            "must be so" if row["must_be"] else "must not be so",
            row.get("only_in", "both"),
            ", ".join(words_of(name) for name in row.get("any_of", ())),
            tests.told(row["name"], part="episode"),
        )
        for row in data["condition"]
    ]
    parts.append("\n## What must hold besides\n\n")
    parts.append(table(("condition", "in our words", "", "in", "any of", "tests"), conditions))
    effects = [(f"`{row['name']}`", row["says"], tests.told(row["name"], part="episode")) for row in data["effect"]]
    parts.append("\n## Where it weighs\n\n" + table(("effect", "in our words", "tests"), effects))
    severity, course, special = data["function_severity"], data["course"], data["specifiers"]
    choices = ", ".join(severity["choices"])
    parts.append(
        f"\n## Severity, course, specifiers\n\n- {severity['says']}: {choices}. {how(basis_of(severity, sources))}.\n"
    )
    codes = ", ".join(f"{words_of(name)} {code}" for name, code in course["codes"].items())
    parts.append(
        f"- {course['earlier_episode']}; {course['well_between'].lower()}: {codes}. {how(basis_of(course, sources))}.\n"
    )
    named = ", ".join(row["says"].lower() + ("*" if row.get("changes_risk") else "") for row in data["specifier"])
    parts.append(f"- Specifiers are written down and decide nothing ({how(basis_of(special, sources))}): {named}.\n")
    return "".join([*parts, "  * ask before a dose what it means for this treatment.\n"])


def resistance(tests: Tests) -> str:
    data = read_table("resistance")
    sources = sources_of(data)
    adequacy, floors = data["adequacy"], data["adequacy"]["floors"]
    options = ", ".join(str(weeks) for weeks in adequacy["min_weeks_options"])
    parts = [
        "Lowest doses and weeks are a clinic's to set, each with source and reason; these are the shipped ones.\n\n",
        f"- **Long enough**: {adequacy['min_weeks']} weeks (clinics choose {options}). ",
        f"{how(basis_of(adequacy, sources))}.\n",
        f"- **High enough**: mg a day as below. {how(basis_of(floors, sources))}. ",
        f"Where open: {adequacy['why_no_floor']}\n",
        f"- **The definition**: {data['definition']['says']} ",
        f"({data['definition']['antidepressants']} antidepressants.) {how(basis_of(data['definition'], sources))}.\n\n",
    ]
    classes = {drug: name for name, drugs in data["classes"].items() for drug in drugs}
    drugs = [
        (drug, words_of(classes[drug]), f"{floors['mg_day'][drug]:g}" if drug in floors["mg_day"] else "**open**")
        for drug in sorted(classes)
    ]
    parts.append(table(("medicine", "class", "lowest adequate dose, mg a day"), drugs))
    parts.append("\n## Stages\n\n" + table(("system", "points and stages", "source"), stages(data, sources)))
    return "".join([*parts, guards("resistance", tests)])


def stages(data: Mapping[str, Any], sources: Mapping[str, Source]) -> list[tuple[str, ...]]:
    """Each staging system with every number of its own, in the words of its fields."""
    return [
        (words_of(system), "; ".join(said(data[system])), how(basis_of(data[system], sources)))
        for system in ("maudsley", "mgh", "european", "thase_rush")
    ]


def said(row: dict[str, object]) -> list[str]:
    lines = []
    for name, told in row.items():
        if name in ("source", "provenance"):
            continue
        if isinstance(told, dict):
            lines.append(f"{words_of(name)}: " + ", ".join(f"{words_of(key)} {one}" for key, one in told.items()))
        elif isinstance(told, list):
            lines.append(f"{words_of(name)}: " + ", ".join(span(one) for one in told))
        else:
            lines.append(f"{words_of(name)} {told}")
    return lines or ["stages I to V, see the rule"]


def span(row: list[object]) -> str:
    """`up to 12: 1`, or a span with its name."""
    if len(row) == 2:
        return f"up to {row[0]}: {row[1]}"
    numbers = [str(one) for one in row if not isinstance(one, str)]
    (name,) = [one for one in row if isinstance(one, str)]
    return f"{name} {' to '.join(numbers)}"


def risk(tests: Tests) -> str:
    tiers = [
        (f"`{tier.level}`", " or ".join(words_of(name) for name in tier.any_of), tier.says, how(tier.basis), told)
        for tier in TIERS
        for told in [tests.told(tier.level.value, about="risk")]
    ]
    data = read_table("suicide_risk")
    sources = sources_of(data)
    others = [
        (
            f"`{name}`",
            ", ".join(f"{words_of(ours)} is {words_of(level)}" for ours, level in row["levels"].items()),
            told,
        )
        for name, row in data["screeners"].items()
        for told in [how(basis_of(row, sources))]
    ]
    times = [
        (
            f"`{rule.task}`",
            rule.level.value if rule.level else "any",
            words_of(rule.within) if rule.within else "**open**",
            f"{rule.says} {rule.why}".strip(),
            how(rule.basis),
            tests.told(rule.task, f"{rule.task}_overdue", f"time_to_{rule.task}", about="risk"),
        )
        for rule in TIMES
    ]
    plan = read_table("safety_plan")
    parts = "; ".join(row["title"] for row in plan["part"])
    return "".join(
        [
            "The states: [the suicide-risk pathway](../risk-pathway.md).\n\n## Levels of the screener\n\n",
            table(("level", "any yes to", "says", "source", "tests"), tiers),
            "\n## What the levels of a screener mean here\n\n" + table(("screener", "levels", "source"), others),
            "\n## What is due by when\n\n",
            table(("task", "level", "within", "says", "source", "tests"), times),
            f"\n## The safety plan\n\n{parts}. {how(basis_of(plan['basis'], sources_of(plan)))}.\n\n",
            f"- {plan['review']['why']}\n- {plan['stale_lines']['why']}\n",
            guards("risk", tests),
        ]
    )


def crisis(tests: Tests) -> str:
    rows = [
        (code, name, line.name, line.contact, line.note, f"{line.verified:%Y-%m-%d}", how(line.basis), told)
        for code, name in COUNTRIES
        for told in [tests.told(code)]
        for line in crisis_lines(code).lines
    ]
    members = ", ".join(read_table("crisis_lines")["eu_members"])
    head = ("code", "country", "line", "number", "note", "date of its page", "source", "tests")
    return f"{table(head, rows)}\nMembers of the European Union without a row of their own share that one: {members}.\n"
