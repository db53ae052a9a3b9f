"""Fits one candidate and scores the holdout with it. MLflow's autologging records parameters and metrics."""

import argparse
import warnings
from pathlib import Path

import joblib
import mlflow
import pandas as pd
import yaml
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

# Words, single emoji and runs of ! or ?. Spelled out rather than `\w`, which means something else to Python
# (every script) than to the regular expressions of ONNX runtimes (ASCII); with ASCII words both agree.
token = "[a-zA-Z0-9_']+|[\u2600-\u27bf\U0001f300-\U0001faff]|[!?]+"


def main() -> None:
    arguments = parse_arguments()
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["train"]
    train = read("data/prepared/train.csv")
    holdout = read("data/prepared/holdout.csv")

    # The model itself is saved once, by export, for the candidate that wins. Silent: autologging would warn that
    # it draws no pictures without matplotlib.
    # The renamed argument is one that MLflow passes, not this file.
    warnings.filterwarnings("ignore", message="`y_pred` was renamed", category=FutureWarning)
    mlflow.sklearn.autolog(log_models=False, log_datasets=False, silent=True)
    with mlflow.start_run():
        mlflow.set_tag("candidate", arguments.candidate)
        pipeline = build(arguments.ngrams, arguments.c, params)
        learn_from = pd.concat([train, holdout]) if params["include_holdout"] else train
        pipeline.fit(learn_from[["text"]], learn_from["sentiment"])
        mlflow.log_metric("vocabulary", len(pipeline["features"].named_transformers_["words"].vocabulary_))

        classes = list(pipeline.classes_)
        scores = pd.DataFrame(pipeline.predict_proba(holdout[["text"]]), columns=classes)
        labels = pd.Series([classes[best] for best in scores.to_numpy().argmax(axis=1)])
        mlflow.log_metric("holdout_accuracy", float((labels == holdout["sentiment"]).mean()))

    folder = Path("candidates") / arguments.candidate
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(pipeline, folder / "model.joblib")
    scores.insert(0, "message_id", holdout["message_id"])
    scores.insert(1, "actual", holdout["sentiment"])
    scores.to_csv(folder / "scores.csv", index=False, float_format="%.6f")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("candidate")
    parser.add_argument("--ngrams", type=int, required=True, help="the longest phrase, in words")
    parser.add_argument("--c", type=float, required=True, help="how closely to follow the data")
    return parser.parse_args()


def read(path: str) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def build(ngrams: int, c: float, params: dict) -> Pipeline:
    words = TfidfVectorizer(
        token_pattern=token,
        ngram_range=(1, ngrams),
        min_df=params["minimum_messages"],
        max_features=params["largest_vocabulary"],
    )
    return Pipeline(
        [
            ("features", ColumnTransformer([("words", words, "text")])),
            ("classifier", LogisticRegression(C=c, max_iter=300)),
        ]
    )


if __name__ == "__main__":
    main()
