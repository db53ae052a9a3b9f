# What a data scientist does, with the unmodified client. Prints one line of JSON with what came back.
import json
import os
import sys
import tempfile

os.environ["MLFLOW_TRACKING_URI"] = sys.argv[1]

import mlflow
import sklearn.datasets
import sklearn.linear_model
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

mlflow.set_experiment("care")
mlflow.sklearn.autolog()
X, y = sklearn.datasets.load_iris(return_X_y=True, as_frame=True)
client = MlflowClient()
seen = {}

with mlflow.start_run(run_name="fit") as run:
    run_id = run.info.run_id
    mlflow.log_param("by hand", 1)
    mlflow.log_metric("odd", float("nan"))
    for step in range(20):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metrics({"a": 1.5, "b": 2.5})
    model = sklearn.linear_model.LogisticRegression(max_iter=500).fit(X, y)
    note = os.path.join(tempfile.mkdtemp(), "note ü.txt")
    with open(note, "w") as file:
        file.write("hello")
    mlflow.log_artifact(note, "notes")

got = client.get_run(run_id)
seen["run"] = [got.info.status, got.info.run_name, got.data.params["by hand"], got.data.params["max_iter"]]
seen["odd"] = str(got.data.metrics["odd"])
seen["trained"] = "training_score" in got.data.metrics
seen["inputs"] = [one.tags[0].value for one in got.inputs.dataset_inputs]
seen["artifacts"] = [one.path for one in client.list_artifacts(run_id, "notes")]
with open(client.download_artifacts(run_id, "notes/note ü.txt")) as file:
    seen["downloaded"] = file.read()
found = mlflow.search_runs(
    experiment_names=["care"],
    filter_string="metrics.loss < 0.06 and params.`by hand` = '1' and tags.mlflow.runName LIKE 'f%'",
    order_by=["metrics.loss DESC"],
)
seen["found"] = list(found["run_id"]) == [run_id]
seen["history"] = [point.step for point in client.get_metric_history(run_id, "loss")] == list(range(20))
logged = mlflow.search_logged_models(experiment_ids=[got.info.experiment_id], output_format="list")
seen["logged"] = [[one.name, str(one.status), one.source_run_id == run_id] for one in logged]
loaded = mlflow.pyfunc.load_model(f"runs:/{run_id}/model")
seen["predicts"] = list(loaded.predict(X)) == list(model.predict(X))

version = mlflow.register_model(f"runs:/{run_id}/model", "care-model")
client.set_registered_model_alias("care-model", "champion", version.version)
client.set_model_version_tag("care-model", version.version, "checked", "yes")
champion = client.get_model_version_by_alias("care-model", "champion")
loaded = mlflow.pyfunc.load_model("models:/care-model@champion")
seen["registered"] = [
    champion.version,
    champion.status,
    list(champion.aliases),
    list(loaded.predict(X)) == list(model.predict(X)),
]
seen["versions"] = [one.version for one in client.search_model_versions("name = 'care-model'")]

with mlflow.start_run(run_name="parent"):
    with mlflow.start_run(nested=True) as child:
        pass
client.delete_run(child.info.run_id)
seen["deleted"] = client.get_run(child.info.run_id).info.lifecycle_stage


def refusal(action):
    try:
        action()
    except MlflowException as error:
        return error.error_code
    return "none"


seen["refused"] = [
    refusal(lambda: client.log_param(run_id, "by hand", 2)),
    refusal(lambda: client.get_run("f" * 32)),
    refusal(lambda: client.create_experiment("care")),
]
print(json.dumps(seen))
