"""Writes the type stubs of the generated module, which has parts that checkers cannot follow: the
variants of enums and errors.

    python stubs.py FOLDER_OF_THE_PACKAGE
"""

import enum
import inspect
import re
import sys
from pathlib import Path

HEAD = "import enum\nimport typing\n"


def main(package):
    sys.path.insert(0, str(package.parent))
    module = __import__(f"{package.name}._native.kalends", fromlist=["*"])
    parts = [HEAD]
    for name in module.__all__:
        thing = getattr(module, name)
        parts.append("\n".join(stub_of(name, thing, [])) + "\n")
    listed = ", ".join(f'"{name}"' for name in module.__all__)
    parts.append(f"__all__ = [{listed}]\n")
    (package / "_native" / "kalends.pyi").write_text("\n".join(parts))


def stub_of(name, thing, bases):
    if inspect.isfunction(thing):
        return method(name, thing)
    if issubclass(thing, enum.Enum):
        return [f"class {name}(enum.Enum):", *doc(thing), *(f"    {one.name} = ..." for one in thing)]
    variants = [
        (key, value)
        for key, value in vars(thing).items()
        if inspect.isclass(value) and not key.startswith("_")
    ]
    if variants:
        base = "(Exception)" if issubclass(thing, Exception) else ""
        lines = [f"class {name}{base}:", *doc(thing)]
        for key, value in variants:
            lines += indented(record(key, value, f"({name})"))
        return lines if base else lines + methods(thing)
    if issubclass(thing, Exception):
        return [f"class {name}(Exception): ..."]
    made = inspect.signature(thing.__init__).parameters.values()
    if any(one.kind is one.KEYWORD_ONLY for one in made):
        return record(name, thing, "")
    return [f"class {name}:", *doc(thing), *methods(thing)]


def record(name, thing, base):
    """A class of fields, which are what it is made with."""
    made = inspect.signature(thing.__init__)
    fields = [one for one in made.parameters.values() if one.name not in ("self", "args", "kwargs")]
    lines = [f"class {name}{base}:", *doc(thing)]
    lines += [f"    {one.name}: {typed(one.annotation)}" for one in fields]
    return [*lines, f"    def __init__{parameters(made)} -> None: ..."]


def methods(thing):
    found = {}
    for base in reversed(thing.__mro__):
        found.update(vars(base))
    lines = []
    for key, value in found.items():
        if not key.startswith("_") and (inspect.isfunction(value) or isinstance(value, classmethod)):
            lines += indented(method(key, value))
    return lines


def method(name, value):
    head, first = "", []
    if isinstance(value, classmethod):
        value, first = value.__func__, ["@classmethod"]
    if inspect.iscoroutinefunction(value):
        head = "async "
    made = inspect.signature(value)
    line = f"{head}def {name}{parameters(made)} -> {typed(made.return_annotation)}:"
    return [*first, line, *(doc(value) or ["    ..."])]


def parameters(made):
    words, named = [], False
    for one in made.parameters.values():
        if one.kind is one.KEYWORD_ONLY and not named:
            words.append("*")
            named = True
        word = one.name if one.name in ("self", "cls") else f"{one.name}: {typed(one.annotation)}"
        words.append(word if one.default is one.empty else f"{word} = ...")
    return f"({', '.join(words)})"


def typed(annotation):
    if annotation is inspect.Signature.empty:
        return "typing.Any"
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    # A parameter with a default takes a mark for it, too.
    return re.sub(r"^typing\.Union\[object, (.*)\]$", r"\1", text)


def doc(thing):
    text = inspect.cleandoc(thing.__doc__ or "")
    return indented(f'"""{text}"""'.splitlines()) if text else []


def indented(lines):
    return [f"    {line}" if line else "" for line in lines]


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
