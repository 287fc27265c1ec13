"""Which rules the code of the room knows by name, read from its source: what a `Reason` is called and what a `Missing`
is needed by. So a rule that nobody described in `guards.toml` is found, and so is a description of a rule that is gone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

# The place of the rule's name among the arguments, and its name where it is given by name.
NAMED_AT = {"Reason": (0, "rule"), "Missing": (1, "needed_by")}


def rules_in_code(room: Path) -> dict[str, set[str]]:
    """Rule → the modules that answer with it. Rules whose names come from data (`limit.name`) are described there."""
    found: dict[str, set[str]] = {}
    for path in sorted(room.rglob("*.py")):
        for name in names_in(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(name, set()).add(path.relative_to(room).with_suffix("").as_posix())
    return found


def names_in(tree: ast.Module) -> set[str]:
    """The names of rules written in one module, also where a function is handed the name."""
    named_at = dict(NAMED_AT)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        parameters = [parameter.arg for parameter in function.args.args]
        for call in calls(function, NAMED_AT):
            name = name_of(call, NAMED_AT)
            if isinstance(name, ast.Name) and name.id in parameters:
                named_at[function.name] = (parameters.index(name.id), name.id)
    found: set[str] = set()
    for call in calls(tree, named_at):
        name = name_of(call, named_at)
        if name is not None:
            found |= set(words(name, tree))
    return found


def calls(tree: ast.AST, named_at: dict[str, tuple[int, str]]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in named_at:
            yield node


def name_of(call: ast.Call, named_at: dict[str, tuple[int, str]]) -> ast.expr | None:
    assert isinstance(call.func, ast.Name)
    place, keyword = named_at[call.func.id]
    given = {word.arg: word.value for word in call.keywords}
    return call.args[place] if len(call.args) > place else given.get(keyword)


def words(name: ast.expr, tree: ast.Module) -> Iterator[str]:
    """The texts this expression can be: itself, or what a loop or an assignment puts into the variable."""
    if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value:
        yield name.value
    elif isinstance(name, ast.IfExp):
        yield from (*words(name.body, tree), *words(name.orelse, tree))
    elif isinstance(name, ast.Name):
        yield from put_into(name.id, tree)


def put_into(variable: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            pairs: list[tuple[ast.expr, ast.expr]] = [(node.targets[0], node.value)]
            while pairs:
                target, value = pairs.pop()
                if isinstance(target, ast.Tuple) and isinstance(value, ast.IfExp):
                    pairs += [(target, value.body), (target, value.orelse)]
                elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                    pairs += list(zip(target.elts, value.elts, strict=False))
                elif isinstance(target, ast.Name) and target.id == variable and not isinstance(value, ast.Name):
                    yield from words(value, tree)
        if isinstance(node, ast.For) and isinstance(node.target, ast.Tuple) and isinstance(node.iter, ast.Tuple):
            places = [place for place, part in enumerate(node.target.elts) if is_named(part, variable)]
            rows = [row for row in node.iter.elts if isinstance(row, ast.Tuple)]
            yield from (word for row in rows for place in places for word in words(row.elts[place], tree))


def is_named(part: ast.expr, variable: str) -> bool:
    return isinstance(part, ast.Name) and part.id == variable
