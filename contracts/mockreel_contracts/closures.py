"""A parsed JMESPath expression as Python closures: what the library's interpreter does, several times as fast.

The interpreter asks at every node, each time, what the node is; that was most of the time of a create and of a query.
Kinds of nodes that are not written out here are left to the interpreter, so the language stays the library's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jmespath.functions import REVERSE_TYPES_MAP
from jmespath.visitor import Options, TreeInterpreter

Node = Any  # {"type", "value", "children"}, as the parser makes them
Closure = Callable[[Any], Any]


def closure(node: Node, options: Options) -> Closure:
    """Return the function of the document that evaluates `node`. It raises what the interpreter raises."""
    interpreter = TreeInterpreter(options)

    def make(node: Node) -> Closure:
        names = field_names(node)
        if names:
            return path(names)
        kind, value = node["type"], node.get("value")
        match kind:
            case "literal":
                return lambda _document: value
            case "subexpression" | "pipe":
                return _chain([make(child) for child in node["children"]])
            case "or_expression" | "and_expression":
                return _choice([make(child) for child in node["children"]], is_or=kind == "or_expression")
            case "comparator" if value in ("eq", "ne"):
                return _comparison(TreeInterpreter.COMPARATOR_FUNC[value], *map(make, node["children"]))
            case "multi_select_dict":
                return _object({child["value"]: make(child["children"][0]) for child in node["children"]})
            case "function_expression":
                return _call(options.custom_functions, str(value), [make(child) for child in node["children"]])
            case _:
                return lambda document: interpreter.visit(node, document)

    return make(node)


def is_false(value: Any) -> bool:
    """Whether JMESPath takes a value for false: null, false, and what is empty; 0 is true."""
    return value is None or value is False or value == "" or value == [] or value == {}


def path(names: list[str]) -> Closure:
    """Return the function that follows names from object to object; None where there is none."""
    if len(names) == 1:
        (only,) = names
        return lambda document: document.get(only) if isinstance(document, dict) else None

    def walk(document: Any) -> Any:
        for name in names:
            if not isinstance(document, dict):
                return None
            document = document.get(name)
        return document

    return walk


def field_names(node: Node) -> list[str]:
    """Return the names of a plain dotted path; empty for any other node."""
    if node["type"] == "field":
        return [str(node["value"])]
    if node["type"] != "subexpression":
        return []
    parts = [field_names(child) for child in node["children"]]
    return [name for part in parts for name in part] if all(parts) else []


def _chain(steps: list[Closure]) -> Closure:
    def follow(document: Any) -> Any:
        for step in steps:
            document = step(document)
        return document

    return follow


def _choice(sides: list[Closure], *, is_or: bool) -> Closure:
    left, right = sides

    def choose(document: Any) -> Any:
        found = left(document)
        return right(document) if is_false(found) is is_or else found

    return choose


def _comparison(compare: Callable[[Any, Any], Any], left: Closure, right: Closure) -> Closure:
    """Compare as JMESPath does, which tells true from 1."""
    return lambda document: compare(left(document), right(document))


def _object(makers: dict[str, Closure]) -> Closure:
    pairs = list(makers.items())
    return lambda document: None if document is None else {key: make(document) for key, make in pairs}


def _call(functions: Any, name: str, arguments: list[Closure]) -> Closure:
    known = functions.FUNCTION_TABLE.get(name, {})
    signature = known.get("signature", ())
    is_variadic = bool(signature) and bool(signature[-1].get("variadic"))
    fits = len(arguments) >= len(signature) if is_variadic else len(arguments) == len(signature)
    if not known or not fits or any("-" in kind for argument in signature for kind in argument["types"]):
        return lambda document: functions.call_function(name, [argument(document) for argument in arguments])
    function = known["function"]
    kinds = [(i, _python_names(argument["types"])) for i, argument in enumerate(signature) if argument["types"]]

    def call(document: Any) -> Any:
        values = [argument(document) for argument in arguments]
        for index, names in kinds:
            if type(values[index]).__name__ not in names:
                return functions.call_function(name, values)  # which says what is wrong
        return function(functions, *values)

    return call


def _python_names(kinds: list[str]) -> frozenset[str]:
    return frozenset(name for kind in kinds for name in REVERSE_TYPES_MAP[kind])
