"""Which texts of the app reach Streamlit as Markdown, and whether each may quote the user's world.

A text is safe if it is written in the program, or has passed `plain`: literals, constants, numbers, and what
is put together of these, in local variables and in functions of the same module too.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# What Streamlit reads as Markdown: the places of arguments, and their names.
_FIRST = ((0,), ("label", "body", "help", "title"))
_OPTIONS = ((0,), ("label", "help", "format_func", "captions"))
_LABELLED = (
    "badge",
    "button",
    "caption",
    "chat_input",
    "checkbox",
    "color_picker",
    "date_input",
    "dialog",
    "download_button",
    "error",
    "expander",
    "feedback",
    "file_uploader",
    "form_submit_button",
    "header",
    "info",
    "link_button",
    "markdown",
    "multiselect",
    "number_input",
    "page_link",
    "popover",
    "selectbox",
    "slider",
    "spinner",
    "status",
    "subheader",
    "success",
    "tabs",
    "text_area",
    "text_input",
    "time_input",
    "title",
    "toast",
    "toggle",
    "warning",
    "write",
)
_WITH_OPTIONS = ("radio", "pills", "segmented_control", "select_slider")
# Functions of the app that hand their arguments on.
_HANDED_ON = {
    "draw_in_section": ((0,), ()),
    "draw_without_mnist": ((0,), ()),
    "heading": ((0, 1), ()),
    "render_progress": ((1,), ()),
}
SINKS: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    **dict.fromkeys(_LABELLED, _FIRST),
    **dict.fromkeys(_WITH_OPTIONS, _OPTIONS),
    "metric": ((0, 1, 2), ("label", "value", "delta", "help")),
    "progress": ((1,), ("text",)),
    "Column": ((), ("label", "help")),
    **_HANDED_ON,
}
_NOT_STREAMLIT = {"logger", "logging", "self", "space"}
# Functions elsewhere that give numbers, times, or text that has passed `plain`.
_SAFE_CALLS = {
    "explain",
    "more",
    "percent",
    "plain",
    "with_commands",
    "clock",
    "time_left",
    "signed",
    "len",
    "sum",
    "round",
    "int",
    "float",
    "abs",
    "range",
}
_SAFE_METHODS = {"join", "format", "capitalize", "title", "lower", "strip"}
_SAFE_ATTRIBUTES = {"share_text", "interval_text"}  # of a proportion: numbers in words of the program
_NUMBERS = {"int", "float", "bool"}


@dataclass(frozen=True)
class Unsafe:
    """A text that may quote the user's world."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def unsafe_texts(path: Path, source: str) -> list[Unsafe]:
    """The texts of a module that reach Streamlit as Markdown and are not known to be safe."""
    module = _Module(ast.parse(source))
    found = []
    for scope, call in module.calls():
        for text in _texts(call):
            if not module.is_safe(text, scope):
                found.append(Unsafe(path, text.lineno, ast.unparse(text)))
    return found


def _texts(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that are read as Markdown."""
    function = call.func
    if isinstance(function, ast.Attribute):
        if isinstance(function.value, ast.Name) and function.value.id in _NOT_STREAMLIT:
            return
        name = function.attr
    elif isinstance(function, ast.Name):
        name = function.id
        if name not in _HANDED_ON:
            return
    else:
        return
    if name.endswith("Column"):
        name = "Column"
    places, keywords = SINKS.get(name, ((), ()))
    yield from (call.args[place] for place in places if place < len(call.args))
    yield from (keyword.value for keyword in call.keywords if keyword.arg in keywords)


Scope = tuple[ast.FunctionDef | ast.Lambda, ...]


class _Module:
    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        self._under_way: set[int] = set()

    def calls(self) -> Iterator[tuple[Scope, ast.Call]]:
        """Every call with the functions around it, the innermost last."""
        yield from _calls(self._tree, ())

    def is_safe(self, text: ast.expr, scope: Scope) -> bool:
        if id(text) in self._under_way:  # a variable that is put together of itself
            return True
        self._under_way.add(id(text))
        try:
            return self._is_safe(text, scope)
        finally:
            self._under_way.remove(id(text))

    def _is_safe(self, text: ast.expr, scope: Scope) -> bool:
        match text:
            case ast.Constant():
                return True
            case ast.JoinedStr(values=parts):
                return all(self.is_safe(part, scope) for part in parts)
            case ast.FormattedValue(value=value, format_spec=spec):
                return _is_number_format(spec) or self.is_safe(value, scope)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                if _is_number(left) or _is_number(right):
                    return True
                return self.is_safe(left, scope) and self.is_safe(right, scope)
            case ast.BinOp() | ast.UnaryOp():
                return True  # a number
            case ast.IfExp(body=one, orelse=other):
                return self.is_safe(one, scope) and self.is_safe(other, scope)
            case (
                ast.BoolOp(values=values)
                | ast.Dict(values=values)
                | ast.List(elts=values)
                | ast.Tuple(elts=values)
            ):
                return all(self.is_safe(value, scope) for value in values)
            case ast.Starred(value=value) | ast.NamedExpr(value=value):
                return self.is_safe(value, scope)
            case ast.ListComp(elt=value) | ast.GeneratorExp(elt=value):
                return self.is_safe(value, scope)
            case ast.Lambda(body=body):
                return self.is_safe(body, (*scope, text))
            case ast.Attribute(attr=attr) if attr.isupper():
                return True  # a constant of another module
            case ast.Attribute(attr=attr) if attr in _SAFE_ATTRIBUTES:
                return True
            case ast.Subscript() | ast.Attribute():
                return _is_part_of_constant(text)
            case ast.Name(id=name):
                return _is_constant(text) or self._is_safe_name(name, scope)
            case ast.Call():
                return self._is_safe_call(text, scope)
        return False

    def _is_safe_call(self, call: ast.Call, scope: Scope) -> bool:
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        match call.func:
            case ast.Name(id=name) if name in _SAFE_CALLS:
                return True
            case ast.Name(id=name) if name in self._functions:
                function = self._functions[name]
                returned = [node for node in _own_nodes(function) if isinstance(node, ast.Return)]
                return all(node.value is None or self.is_safe(node.value, (function,)) for node in returned)
            case ast.Attribute(value=value, attr="get"):
                return self.is_safe(value, scope) and all(self.is_safe(each, scope) for each in arguments[1:])
            case ast.Attribute(value=value, attr=name) if name in _SAFE_METHODS:
                return self.is_safe(value, scope) and all(self.is_safe(each, scope) for each in arguments)
        return False

    def _is_safe_name(self, name: str, scope: Scope) -> bool:
        if name in self._functions:
            function = self._functions[name]
            return self._is_safe_call(ast.Call(ast.Name(name), [], []), (function,))
        for function in reversed(scope):
            for argument in [*function.args.args, *function.args.kwonlyargs]:
                if argument.arg == name:
                    if isinstance(function, ast.FunctionDef) and function.name in SINKS:
                        return True  # whoever calls it is looked at
                    return isinstance(argument.annotation, ast.Name) and argument.annotation.id in _NUMBERS
            if isinstance(function, ast.FunctionDef):
                assigned = list(_assigned(function, name))
                if assigned:
                    return all(value is not None and self.is_safe(value, scope) for value in assigned)
        return False


def _calls(node: ast.AST, scope: Scope) -> Iterator[tuple[Scope, ast.Call]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield scope, child
        inner = (*scope, child) if isinstance(child, ast.FunctionDef | ast.Lambda) else scope
        yield from _calls(child, inner)


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions within."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)


def _assigned(function: ast.FunctionDef, name: str) -> Iterator[ast.expr | None]:
    """What a name is given in a function; `None` where that cannot be told."""
    for node in _own_nodes(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                yield value
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                yield from (
                    value
                    for one, value in zip(names, values, strict=False)
                    if isinstance(one, ast.Name) and one.id == name
                )
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=value):
                if any(isinstance(one, ast.Name) and one.id == name for one in names):
                    yield value if _is_part_of_constant(value) else None
            case ast.AnnAssign(target=ast.Name(id=found), value=value) if found == name:
                yield value
            case ast.AugAssign(target=ast.Name(id=found), value=value) if found == name:
                yield value
            case ast.NamedExpr(target=ast.Name(id=found), value=value) if found == name:
                yield value
            case ast.For(target=target, iter=values) | ast.comprehension(target=target, iter=values):
                if any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(target)):
                    yield values if _is_literal(values) or _is_constant(values) else None


def _is_literal(values: ast.expr) -> bool:
    return isinstance(values, ast.List | ast.Tuple)


def _is_constant(value: ast.expr) -> bool:
    """Whether it is a constant of the program, by its name."""
    return isinstance(value, ast.Name) and value.id.upper() == value.id and len(value.id) > 1


def _is_part_of_constant(value: ast.expr) -> bool:
    while isinstance(value, ast.Subscript | ast.Attribute):
        value = value.value
    return _is_constant(value)


def _is_number(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, int | float)


def _is_number_format(spec: ast.expr | None) -> bool:
    if not isinstance(spec, ast.JoinedStr) or not spec.values:
        return False
    last = spec.values[-1]
    return isinstance(last, ast.Constant) and str(last.value)[-1:] in "d,fgGeE%"
