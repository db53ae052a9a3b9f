"""Knows nothing of Gyre: a script as one writes it for Dagster, which also logs to MLflow."""

import json
import sys

import mlflow
from dagster_pipes import open_dagster_pipes

with open_dagster_pipes() as pipes:
    pipes.log.info("it begins, run %s, try %s", pipes.job_name, pipes.retry_number)
    pipes.report_asset_materialization(
        metadata={
            "rows": 3,
            "share": 0.25,
            "clean": True,
            "note": {"raw_value": "# done", "type": "md"},
        },
        data_version="v7",
    )
    pipes.report_asset_check("not_empty", passed=True)
    pipes.report_asset_check("fresh", passed=False, severity="WARN", metadata={"hours": 30})
    pipes.report_custom_message({"answer": [42]})
    # No call names a run or an experiment.
    mlflow.log_metric("loss", 0.5)
    mlflow.log_param("depth", pipes.extras["depth"])
    with open("out.json", "w") as out:
        json.dump({"extras": dict(pipes.extras)}, out)
    if "fail" in sys.argv:
        try:
            int("seven")
        except ValueError as cause:
            raise RuntimeError("no number") from cause
