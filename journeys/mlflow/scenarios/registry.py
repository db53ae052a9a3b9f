"""From a logged model to one that is asked for by its alias: versions, tags, aliases, stages, and what is refused."""

import os
import warnings

import mlflow
import sklearn.datasets
import sklearn.linear_model
from fluent import refusal
from mlflow import MlflowClient

name = "iris"


def play():
    warnings.simplefilter("ignore")
    client = MlflowClient()
    mlflow.set_experiment("registry")
    X, y = sklearn.datasets.load_iris(return_X_y=True, as_frame=True)
    models, versions = [], []
    for strength in (0.1, 10.0):
        with mlflow.start_run() as run:
            model = sklearn.linear_model.LogisticRegression(C=strength, max_iter=500).fit(X, y)
            # The newest client warns of `artifact_path`, the oldest knows nothing else. Given requirements are
            # not inferred, which would start a process for each model.
            mlflow.sklearn.log_model(model, artifact_path="model", pip_requirements=[])
        models.append(model)
        versions.append(mlflow.register_model(f"runs:/{run.info.run_id}/model", name, tags={"strength": strength}))
    client.set_registered_model_alias(name, "champion", "1")
    client.set_registered_model_alias(name, "challenger", "2")
    client.update_registered_model(name, "Species of iris flowers.")
    client.update_model_version(name, "2", "The second.")
    client.set_registered_model_tag(name, "owner", "ada")
    client.set_model_version_tag(name, "1", "checked", "yes")
    client.set_model_version_tag(name, "1", "gone", "1")
    client.delete_model_version_tag(name, "1", "gone")
    client.transition_model_version_stage(name, "2", "Staging")

    def same(uri, model):
        return list(mlflow.pyfunc.load_model(uri).predict(X)) == list(model.predict(X))

    seen = {
        "versions": [[one.name, str(one.version), one.status] for one in versions],
        "loaded": [
            same(f"models:/{name}@champion", models[0]),
            same(f"models:/{name}@challenger", models[1]),
            same(f"models:/{name}/1", models[0]),
            same(f"models:/{name}/Staging", models[1]),
            same(f"models:/{name}/latest", models[1]),
        ],
    }
    client.set_registered_model_alias(name, "champion", "2")
    seen["moved"] = same(f"models:/{name}@champion", models[1])
    got = client.get_registered_model(name)
    seen["model"] = [got.description, got.tags, {alias: str(number) for alias, number in got.aliases.items()}]
    first, second = client.get_model_version(name, "1"), client.get_model_version(name, "2")
    seen["first"] = [first.tags, sorted(first.aliases), first.current_stage]
    seen["second"] = [second.description, sorted(second.aliases), second.current_stage]
    seen["latest"] = [[str(one.version), one.current_stage] for one in client.get_latest_versions(name)]
    folder = mlflow.artifacts.download_artifacts(f"models:/{name}@champion")
    seen["files"] = {"MLmodel", "requirements.txt"} <= set(os.listdir(folder))
    client.delete_registered_model_alias(name, "challenger")
    client.rename_registered_model(name, "iris flowers")
    seen["renamed"] = str(client.get_model_version_by_alias("iris flowers", "champion").version)
    client.delete_model_version("iris flowers", "1")
    seen["refused"] = {
        "a version that was deleted": refusal(lambda: client.get_model_version("iris flowers", "1")),
        "an alias nobody set": refusal(lambda: client.get_model_version_by_alias("iris flowers", "challenger")),
        "a model by its old name": refusal(lambda: client.get_registered_model(name)),
        "a reserved alias": refusal(lambda: client.set_registered_model_alias("iris flowers", "latest", "2")),
        "a name that is taken": refusal(lambda: client.create_registered_model("iris flowers")),
        "a source outside": refusal(lambda: client.create_model_version("iris flowers", "file:///etc")),
    }
    client.delete_registered_model("iris flowers")
    seen["deleted"] = refusal(lambda: client.get_registered_model("iris flowers"))
    return seen
