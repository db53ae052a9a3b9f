"""Chooses the candidate whose mistakes cost least, each at its own best threshold, and draws what it can do."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import yaml


def main() -> None:
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["evaluate"]
    candidates = {
        path.parent.name: pd.read_csv(path, dtype={"message_id": str, "actual": str})
        for path in sorted(Path("candidates").glob("*/scores.csv"))
    }
    curves = {name: cost_curve(scores, params) for name, scores in candidates.items()}
    lowest = {name: float(curve["cost_per_message"].min()) for name, curve in curves.items()}
    chosen = min(lowest, key=lambda name: lowest[name])
    Path("candidates.json").write_text(json.dumps({"chosen": chosen, "expected_cost": lowest}, indent=2))

    curve = curves[chosen]
    best = curve.loc[curve["cost_per_message"].idxmin()]
    scores = candidates[chosen]
    classes = [column for column in scores.columns if column not in ("message_id", "actual")]
    predicted = scores[classes].idxmax(axis=1)
    metrics = {
        "expected_cost": float(best["cost_per_message"]),
        "threshold": float(best["threshold"]),
        "recall": float(best["recall"]),
        "precision": float(best["precision"]),
        "accuracy": float((predicted == scores["actual"]).mean()),
        "holdout_messages": len(scores),
    }
    Path("metrics.json").write_text(json.dumps(metrics, indent=2))

    plots = Path("plots")
    plots.mkdir(exist_ok=True)
    curve[["recall", "precision"]].to_csv(plots / "precision_recall.csv", index=False)
    curve[["threshold", "cost_per_message"]].to_csv(plots / "cost_by_threshold.csv", index=False)
    pd.DataFrame({"actual": scores["actual"], "predicted": predicted}).to_csv(
        plots / "confusion.csv", index=False
    )
    print(f"{chosen}: {metrics}")


def cost_curve(scores: pd.DataFrame, params: dict) -> pd.DataFrame:
    """What acting at each threshold would have cost, per message of the holdout."""
    score = scores[params["positive"]].to_numpy()
    positive = (scores["actual"] == params["positive"]).to_numpy()
    rows = []
    for threshold in np.linspace(0.01, 0.99, 99):
        acted = score >= threshold
        missed, disturbed = (positive & ~acted).sum(), (~positive & acted).sum()
        cost = params["false_negative"] * missed + params["false_positive"] * disturbed
        hits = (positive & acted).sum()
        rows.append(
            {
                "threshold": round(float(threshold), 2),
                "cost_per_message": cost / len(score),
                "recall": hits / max(1, positive.sum()),
                "precision": hits / acted.sum() if acted.any() else 1.0,
            }
        )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main()
