"""A script that tracks by hand: runs in runs, every kind of thing one can log, data sets, and the client's own verbs."""

import json
import math
import os
import tempfile

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException


def play():
    client = MlflowClient()
    experiment = mlflow.set_experiment("fluent")
    mlflow.set_experiment_tag("team", "care")
    with mlflow.start_run(run_name="parent", tags={"purpose": "journey"}, description="by hand") as parent:
        mlflow.log_params({"depth": 3, "rate": 0.1})
        mlflow.log_metric("loss", 1.0, step=-1)
        for step in range(10):
            mlflow.log_metrics({"loss": 1 / (step + 1), "slope": float(-step)}, step=step)
        mlflow.log_metric("odd", math.nan)
        mlflow.log_metric("high", math.inf)
        mlflow.log_text("hello", "notes/hello.txt")
        mlflow.log_dict({"a": [1, 2]}, "notes/data.json")
        mlflow.log_table({"text": ["x", "y"], "score": [1, 2]}, "table.json")
        folder = tempfile.mkdtemp()
        os.mkdir(os.path.join(folder, "empty and ü"))
        for name, content in {"a.txt": "a", "empty and ü/ß (1).txt": "b", "none": ""}.items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(content)
        mlflow.log_artifacts(folder, "files")
        frame = pd.DataFrame({"x": [1.0, 2.0], "label": [0, 1]})
        mlflow.log_input(mlflow.data.from_pandas(frame, source="s3://bucket/t.csv", name="train", targets="label"), context="training")
        mlflow.log_input(mlflow.data.from_numpy(frame["x"].to_numpy(), name="points"), tags={"kind": "raw"})
        with mlflow.start_run(run_name="child", nested=True) as child:
            mlflow.log_param("depth", 4)
    seen = {}
    got = mlflow.get_run(parent.info.run_id)
    seen["run"] = [got.info.status, got.info.run_name, got.info.lifecycle_stage, got.info.experiment_id == experiment.experiment_id]
    seen["params"] = got.data.params
    seen["metrics"] = {key: str(value) for key, value in sorted(got.data.metrics.items())}
    seen["tags"] = {key: got.data.tags[key] for key in ["purpose", "mlflow.note.content", "mlflow.runName"]}
    seen["history"] = [[one.step, one.value] for one in client.get_metric_history(parent.info.run_id, "loss")][:3]
    seen["artifacts"] = {
        folder or ".": [[one.path, one.is_dir, one.file_size] for one in client.list_artifacts(parent.info.run_id, folder)]
        for folder in [None, "files", "files/empty and ü", "notes"]
    }
    local = mlflow.artifacts.download_artifacts(run_id=parent.info.run_id, artifact_path="files")
    seen["downloaded"] = sorted(
        [os.path.relpath(os.path.join(at, name), local), open(os.path.join(at, name)).read()]
        for at, _, names in os.walk(local)
        for name in names
    )
    seen["dict"] = mlflow.artifacts.load_dict(f"{got.info.artifact_uri}/notes/data.json")
    seen["table"] = mlflow.load_table("table.json", run_ids=[parent.info.run_id]).to_dict("list")
    seen["inputs"] = [
        [one.dataset.name, one.dataset.source_type, sorted([tag.key, tag.value] for tag in one.tags)]
        for one in sorted(got.inputs.dataset_inputs, key=lambda one: one.dataset.name)
    ]
    source = mlflow.data.get_source(next(one for one in got.inputs.dataset_inputs if one.dataset.name == "train"))
    seen["source"] = json.loads(source.to_json())["uri"]
    seen["child"] = mlflow.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == parent.info.run_id
    seen["children"] = [one.info.run_name for one in client.search_runs([experiment.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")]
    seen["experiment"] = client.get_experiment_by_name("fluent").tags["team"]
    seen["verbs"] = verbs(client)
    seen["refused"] = refusals(client, parent.info.run_id)
    return seen


def verbs(client):
    """The client without a current run."""
    experiment_id = client.create_experiment("verbs", tags={"a": "1"})
    run = client.create_run(experiment_id, start_time=1_000, tags={"mlflow.user": "ada"}, run_name="first")
    run_id = run.info.run_id
    client.log_batch(run_id, [Metric("m", 1.5, 2_000, 0), Metric("m", 0.5, 2_001, 1)], [Param("p", "1")], [RunTag("t", "x")])
    client.log_batch(run_id, [Metric("m", 1.5, 2_000, 0)], [Param("p", "1")], [RunTag("t", "y")])
    client.log_metric(run_id, "m", 0.25, timestamp=2_002, step=2)
    client.log_param(run_id, "q", "x" * 6_000)
    client.set_tag(run_id, "gone", "1")
    client.delete_tag(run_id, "gone")
    client.update_run(run_id, status="SCHEDULED", name="second")
    states = [client.get_run(run_id).info.status]
    client.set_terminated(run_id, "FAILED", end_time=3_000)
    got = client.get_run(run_id)
    states.append(got.info.status)
    client.delete_run(run_id)
    states.append(client.get_run(run_id).info.lifecycle_stage)
    deleted = [one.info.run_id == run_id for one in client.search_runs([experiment_id], run_view_type=ViewType.DELETED_ONLY)]
    client.restore_run(run_id)
    client.rename_experiment(experiment_id, "verbs again")
    client.delete_experiment(experiment_id)
    states.append(client.get_experiment(experiment_id).lifecycle_stage)
    states.append(client.get_run(run_id).info.lifecycle_stage)
    client.restore_experiment(experiment_id)
    states.append(client.get_experiment(experiment_id).name)
    return {
        "states": states,
        "name": got.info.run_name,
        "times": [got.info.start_time, got.info.end_time],
        "metrics": got.data.metrics,
        "history": [[one.key, one.value, one.timestamp, one.step] for one in client.get_metric_history(run_id, "m")],
        "params": {key: len(value) for key, value in got.data.params.items()},
        "tags": {key: value for key, value in got.data.tags.items() if not key.startswith("mlflow.")},
        "deleted": deleted,
    }


def refusals(client, run_id):
    """What must fail, by the code a script may act on."""
    actions = {
        "another value of a parameter": lambda: client.log_param(run_id, "depth", 4),
        "a run nobody made": lambda: client.get_run("f" * 32),
        "an experiment's name again": lambda: client.create_experiment("fluent"),
        "an experiment nobody made": lambda: client.get_experiment("987654321"),
        "a metric's name with a way out": lambda: client.log_metric(run_id, "../up", 1),
        "a filter with OR": lambda: client.search_runs(["0"], "params.a = '1' OR params.a = '2'"),
        "a tag that is not there": lambda: client.delete_tag(run_id, "absent"),
    }
    return {what: refusal(action) for what, action in actions.items()}


def refusal(action):
    try:
        action()
    except MlflowException as error:
        return error.error_code
    except Exception as error:
        return type(error).__name__
    return "none"
