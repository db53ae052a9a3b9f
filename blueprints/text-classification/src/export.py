"""Writes the chosen candidate as an MLflow model, with its signature, an example and the holdout."""

import json
import shutil
from pathlib import Path

import joblib
import mlflow
import pandas as pd
from mlflow.models import infer_signature


def main() -> None:
    chosen = json.loads(Path("candidates.json").read_text())["chosen"]
    pipeline = joblib.load(Path("candidates") / chosen / "model.joblib")
    train = pd.read_csv("data/prepared/train.csv", dtype=str, keep_default_na=False)
    example = train[["text"]].tail(3).reset_index(drop=True)

    folder = Path("model")
    shutil.rmtree(folder, ignore_errors=True)
    mlflow.sklearn.save_model(
        pipeline,
        folder,
        signature=infer_signature(example, pipeline.predict(example)),
        input_example=example,
        serialization_format="skops",
        pip_requirements=["-r requirements.txt"],
        metadata={"candidate": chosen},
    )
    shutil.copy("data/prepared/holdout.csv", folder / "holdout.csv")
    print(f"{chosen} is in {folder}/")


if __name__ == "__main__":
    main()
