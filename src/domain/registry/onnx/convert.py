"""Converts the scikit-learn model of an MLflow model folder to ONNX, and says what it predicts.

    python convert.py MODEL_FOLDER OUTPUT.onnx SAMPLE.csv|SAMPLE.json [--rows 200] [--report FILE] [--allow-pickle]

Runs with the project's own interpreter and needs scikit-learn, skops and skl2onnx there, nothing of the
platform. Prints one JSON line on standard output (or writes it to the report file): inputs, outputs, labels, opset and the sample's rows with
scikit-learn's predictions, so that another runtime can be held against them. When the model cannot be converted
it prints {"error": {"code", "message"}} and exits with 1. Everything that libraries print goes to standard error.

Text columns of the sample are followed by awkward texts (empty, emoji, control characters, very long), so that
agreement is tried where runtimes differ.
"""

import argparse
import contextlib
import json
import sys
from pathlib import Path

awkward_texts = [
    "",
    " ",
    "\n",
    "two\nlines\r\nand a\ttab",
    "ALL UPPER CASE!!!",
    "MiXeD cAsE, can't WON'T",
    "😡😡 👍🏽 ❤️ 👨‍👩‍👧",
    "café ÉTÉ straße ÑANDÚ",
    "рейс отменён 航班取消 ελλάδα",
    "a",
    "''quoted'' under_score 12:30 #tag @handle http://example.org/?a=1&b=2",
    "?!?!?!",
    "delayed " * 2000,
    "x" * 5000,
]


class Refused(Exception):
    """The model cannot be converted, for a reason that its owner can act on."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def main() -> int:
    arguments = parse_arguments()
    answer = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        try:
            report = convert(arguments)
        except Refused as refusal:
            report = {"error": {"code": refusal.code, "message": str(refusal)}}
        except ModuleNotFoundError as failure:
            package = {"yaml": "pyyaml", "sklearn": "scikit-learn"}.get(failure.name, failure.name)
            message = f"The package {package} is not among the project's requirements, and the conversion needs it."
            report = {"error": {"code": "package_missing", "message": message}}
        except Exception as failure:  # what a library makes of a model that we have never seen
            report = {"error": {"code": "not_convertible", "message": f"{type(failure).__name__}: {failure}"}}
    line = json.dumps(report) + "\n"
    if arguments.report is None:
        answer.write(line)
    else:
        arguments.report.write_text(line, encoding="utf-8")
    return 1 if "error" in report else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Converts a scikit-learn model to ONNX.")
    parser.add_argument("model", type=Path, help="an MLflow model folder")
    parser.add_argument("output", type=Path, help="the .onnx file to write")
    parser.add_argument("sample", type=Path, help="rows to compare on: .csv, or .json as a list of objects")
    parser.add_argument("--rows", type=int, default=200, help="of the sample, at most so many")
    parser.add_argument("--report", type=Path, help="write the JSON line there instead of printing it")
    parser.add_argument("--allow-pickle", action="store_true", help="load models whose loading runs code")
    return parser.parse_args()


def convert(arguments: argparse.Namespace) -> dict:
    description = read_description(arguments.model)
    inputs = read_inputs(description)
    model = load_model(arguments.model, description, arguments.allow_pickle)
    sample = read_sample(arguments.sample, inputs, arguments.rows)
    onnx_model = to_onnx(model, inputs)
    arguments.output.write_bytes(onnx_model.SerializeToString())
    return {
        "inputs": [{"name": name, "datatype": datatypes[kind], "shape": [-1, 1]} for name, kind in inputs],
        "outputs": describe_outputs(onnx_model),
        "labels": [str(label) for label in getattr(model, "classes_", [])],
        "opset": {one.domain or "ai.onnx": one.version for one in onnx_model.opset_import},
        "versions": versions(),
        "rows": json.loads(sample.to_json(orient="records")),
        "predictions": predict(model, sample),
    }


# What MLflow calls a column's type, and what the Open Inference Protocol calls it.
datatypes = {
    "string": "BYTES",
    "double": "FP32",
    "float": "FP32",
    "long": "INT64",
    "integer": "INT64",
    "boolean": "BOOL",
}


def read_description(folder: Path) -> dict:
    import yaml

    path = folder / "MLmodel"
    if not path.is_file():
        raise Refused("no_mlmodel", f"{folder.name} has no file MLmodel.")
    description = yaml.safe_load(path.read_text(encoding="utf-8"))
    if "sklearn" not in description.get("flavors", {}):
        flavors = ", ".join(sorted(description.get("flavors", {}))) or "none"
        raise Refused("not_sklearn", f"Only scikit-learn models are converted; this one has the flavors: {flavors}.")
    return description


def read_inputs(description: dict) -> list[tuple[str, str]]:
    signature = description.get("signature") or {}
    columns = json.loads(signature.get("inputs") or "[]")
    if not columns or any("name" not in column for column in columns):
        raise Refused("no_signature", "The model has no signature with named columns; save it with `signature=`.")
    unknown = [f"{column['name']}: {column['type']}" for column in columns if column["type"] not in datatypes]
    if unknown:
        raise Refused("unknown_type", f"Columns of these types are not converted: {', '.join(unknown)}.")
    return [(column["name"], column["type"]) for column in columns]


def load_model(folder: Path, description: dict, allow_pickle: bool):
    flavor = description["flavors"]["sklearn"]
    path = folder / flavor["pickled_model"]
    if flavor["serialization_format"] == "skops":
        import skops.io

        # Types that the file itself calls trusted are not: whoever wrote the file wrote that list, too.
        untrusted = skops.io.get_untrusted_types(file=path)
        if untrusted and not allow_pickle:
            raise Refused("untrusted_types", f"The model holds types that are not known to be safe: {untrusted}.")
        return skops.io.load(path, trusted=untrusted)
    if not allow_pickle:
        raise Refused(
            "unsafe_format",
            f"The model is saved as {flavor['serialization_format']}, which runs code when it is loaded; "
            'save it with serialization_format="skops".',
        )
    import joblib

    return joblib.load(path)


def read_sample(path: Path, inputs: list[tuple[str, str]], rows: int):
    import pandas as pd

    names = [name for name, _ in inputs]
    if path.suffix == ".json":
        sample = pd.DataFrame(json.loads(path.read_text(encoding="utf-8")))
    else:
        sample = pd.read_csv(path, dtype=str, keep_default_na=False)
    missing = [name for name in names if name not in sample.columns]
    if missing or sample.empty:
        raise Refused("bad_sample", f"{path.name} lacks rows, or the columns {missing}.")
    sample = sample[names].head(rows)

    texts = [name for name, kind in inputs if kind == "string"]
    if texts:
        first = sample.iloc[[0] * len(awkward_texts)].copy()
        for name in texts:
            first[name] = awkward_texts
        sample = pd.concat([sample, first], ignore_index=True)
    for name, kind in inputs:
        if kind == "boolean":
            sample[name] = sample[name].astype(str).str.lower().isin(["true", "1"])
        elif kind in ("long", "integer"):
            sample[name] = sample[name].astype("int64")
        elif kind != "string":
            sample[name] = sample[name].astype("float32")
    return sample


def to_onnx(model, inputs: list[tuple[str, str]]):
    import onnx
    import skl2onnx
    from skl2onnx.common import data_types
    from sklearn.base import is_classifier

    tensors = {
        "BYTES": data_types.StringTensorType,
        "FP32": data_types.FloatTensorType,
        "INT64": data_types.Int64TensorType,
        "BOOL": data_types.BooleanTensorType,
    }
    onnx_model = skl2onnx.to_onnx(
        model,
        initial_types=[(name, tensors[datatypes[kind]]([None, 1])) for name, kind in inputs],
        options={"zipmap": False} if is_classifier(model) else None,
    )
    for node in onnx_model.graph.node:
        # Lower-casing asks for the locale en_US.UTF-8 unless told otherwise, and a bare Debian has none: the
        # session would not even start. The locale C is everywhere and lowers A-Z, the same on every machine.
        if node.op_type == "StringNormalizer" and not any(one.name == "locale" for one in node.attribute):
            node.attribute.append(onnx.helper.make_attribute("locale", "C"))
    return onnx_model


def describe_outputs(onnx_model) -> list[dict]:
    import onnx

    names = {
        onnx.TensorProto.STRING: "BYTES",
        onnx.TensorProto.FLOAT: "FP32",
        onnx.TensorProto.DOUBLE: "FP64",
        onnx.TensorProto.INT64: "INT64",
        onnx.TensorProto.BOOL: "BOOL",
    }
    outputs = []
    for output in onnx_model.graph.output:
        tensor = output.type.tensor_type
        shape = [one.dim_value if one.dim_value > 0 else -1 for one in tensor.shape.dim]
        outputs.append({"name": output.name, "datatype": names[tensor.elem_type], "shape": shape})
    return outputs


def predict(model, sample) -> dict:
    predictions = {"label": [json_value(one) for one in model.predict(sample)]}
    if hasattr(model, "predict_proba"):
        predictions["probabilities"] = [[float(one) for one in row] for row in model.predict_proba(sample)]
    return predictions


def json_value(value):
    return value.item() if hasattr(value, "item") else value


def versions() -> dict:
    from importlib.metadata import version

    return {name: version(name) for name in ("scikit-learn", "skl2onnx", "onnx")}


if __name__ == "__main__":
    sys.exit(main())
