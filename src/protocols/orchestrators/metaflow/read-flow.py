"""Reads a Metaflow flow without running it: its class, parameters, steps and the files beside it that it imports."""

import ast
import json
import os
import sys

UNKNOWN = object()


def literal(node):
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return UNKNOWN


def name_of(node):
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)


def parameter(field, call):
    kind = name_of(call)
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    first = call.args[0] if call.args else keywords.get("name")
    name = literal(first) if first is not None else field
    default = literal(keywords["default"]) if "default" in keywords else None
    kind_of_value = name_of(keywords["type"]) if "type" in keywords else None
    if isinstance(default, bool) or kind_of_value == "bool":
        kind_of_value = "bool"
    return {
        "name": name if isinstance(name, str) else field,
        "kind": kind,
        "type": kind_of_value,
        "hasDefault": "default" in keywords,
        "isPlain": default is not UNKNOWN and isinstance(default, (str, int, float, bool, type(None), list, dict)),
        "default": default if default is not UNKNOWN else None,
        "isRequired": literal(keywords.get("required", ast.Constant(False))) is True,
        "help": literal(keywords["help"]) if isinstance(keywords.get("help"), ast.Constant) else None,
    }


def flow(node):
    parameters, steps = [], []
    for item in node.body:
        if isinstance(item, ast.Assign) and isinstance(item.value, ast.Call):
            if name_of(item.value) in ("Parameter", "IncludeFile"):
                parameters.append(parameter(item.targets[0].id, item.value))
        if isinstance(item, ast.FunctionDef) and "step" in [name_of(one) for one in item.decorator_list]:
            steps.append(item.name)
    return {"name": node.name, "parameters": parameters, "steps": steps}


def imports(tree, folder):
    found = set()
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            path = os.path.join(folder, *name.split("."))
            if os.path.isfile(path + ".py"):
                found.add(path + ".py")
            elif os.path.isfile(os.path.join(path, "__init__.py")):
                found.add(path)
    return sorted(found)


path = sys.argv[1]
with open(path, encoding="utf-8") as file:
    tree = ast.parse(file.read(), path)
flows = [
    flow(node)
    for node in tree.body
    if isinstance(node, ast.ClassDef) and "FlowSpec" in [name_of(base) for base in node.bases]
]
print(json.dumps({"flows": flows, "imports": imports(tree, os.path.dirname(path))}))
