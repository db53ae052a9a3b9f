"""Autologging: scikit-learn with a search over parameters, and LightGBM with its curve; then the models, loaded again."""

import lightgbm
import mlflow
import sklearn.datasets
import sklearn.linear_model
import sklearn.model_selection


def play():
    mlflow.set_experiment("learning")
    X, y = sklearn.datasets.load_iris(return_X_y=True, as_frame=True)
    return {"sklearn": with_sklearn(X, y), "grid": with_a_grid(X, y), "lightgbm": with_lightgbm(X, y)}


def with_sklearn(X, y):
    mlflow.sklearn.autolog()
    with mlflow.start_run(run_name="fit") as run:
        model = sklearn.linear_model.LogisticRegression(max_iter=500).fit(X, y)
        model.score(X.head(50), y.head(50))
    mlflow.sklearn.autolog(disable=True)
    got = mlflow.get_run(run.info.run_id)
    loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    return {
        "params": got.data.params["max_iter"],
        "metrics": sorted(got.data.metrics),
        "inputs": [[tag.value for tag in one.tags] for one in got.inputs.dataset_inputs],
        "predicts": list(loaded.predict(X)) == list(model.predict(X)),
        "signature": loaded.metadata.signature is not None,
    }


def with_a_grid(X, y):
    mlflow.sklearn.autolog(max_tuning_runs=2, log_models=False)
    with mlflow.start_run(run_name="grid") as run:
        logistic = sklearn.linear_model.LogisticRegression(max_iter=500)
        sklearn.model_selection.GridSearchCV(logistic, {"C": [0.1, 1.0, 10.0]}, cv=2).fit(X, y)
    mlflow.sklearn.autolog(disable=True)
    got = mlflow.get_run(run.info.run_id)
    children = mlflow.search_runs(filter_string=f"tags.`mlflow.parentRunId` = '{run.info.run_id}'", output_format="list")
    return {"best": got.data.params["best_C"], "children": len(children)}


def with_lightgbm(X, y):
    mlflow.lightgbm.autolog()
    with mlflow.start_run(run_name="boosted") as run:
        data = lightgbm.Dataset(X, label=y)
        settings = {"objective": "multiclass", "num_class": 3, "verbose": -1, "num_leaves": 4, "num_threads": 1}
        model = lightgbm.train(settings, data, num_boost_round=8, valid_sets=[data], valid_names=["train"])
    mlflow.lightgbm.autolog(disable=True)
    client = mlflow.MlflowClient()
    loaded = mlflow.lightgbm.load_model(f"runs:/{run.info.run_id}/model")
    return {
        "curve": len(client.get_metric_history(run.info.run_id, "train-multi_logloss")),
        "artifacts": sorted(one.path for one in client.list_artifacts(run.info.run_id) if not one.is_dir),
        "predicts": (loaded.predict(X) == model.predict(X)).all().item(),
    }
