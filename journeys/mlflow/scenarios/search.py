"""Every operator of the grammar of search, each with what it must find."""

import time

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import ViewType

# Filters and the runs they find. Each leaves something out, or its comparison would not be told from another.
run_filters = {
    "metrics.m > 1": "two three",
    "metrics.m >= 2": "two three",
    "metrics.m != 2": "one three",
    "metric.m = 2": "two",
    "metrics.m < 2": "one",
    "metrics.m <= 2": "one two",
    "metrics.`with space` = 1": "one",
    'metrics."with space" = 2': "two",
    "params.p = 'Apple'": "one five",
    "param.p != 'Apple'": "two three",
    "parameters.p LIKE 'a%'": "two",
    "params.p ILIKE 'a%'": "one two five",
    "params.q IS NULL": "one three four five",
    "params.q IS NOT NULL": "two",
    "tags.t = 'x'": "one five",
    "tag.t != 'x'": "two three",
    "tags.t LIKE '%Y%'": "two",
    "tags.t ILIKE '%Y%'": "two three",
    "tags.u IS NULL": "one three four five",
    "tags.u IS NOT NULL": "two",
    "tags.`mlflow.runName` = 'one'": "one",
    "attributes.run_name = 'one'": "one",
    "attribute.run_name LIKE 't%'": "two three",
    "run.`run name` ILIKE 'T%'": "two three",
    "run_name != 'one'": "two three four five",
    "status = 'FINISHED'": "one four",
    "attr.status != 'FINISHED'": "two three five",
    "user_id = 'ada'": "one three four five",
    "attributes.start_time >= 2000": "two three four five",
    "start_time < 2000": "one",
    "created > 1000": "two three four five",
    "end_time = 5000": "four five",
    "artifact_uri LIKE '%/artifacts'": "one two three four five",
    "run_id = '{one}'": "one",
    "run_id != '{one}'": "two three four five",
    "attributes.run_id IN ('{one}', '{two}')": "one two",
    "run_id NOT IN ('{one}', '{two}')": "three four five",
    "datasets.name = 'train'": "one",
    "dataset.name LIKE 'tr%'": "one",
    "datasets.name ILIKE 'TR%'": "one",
    "dataset.digest IN ('d1')": "one",
    "datasets.context = 'training'": "one",
    "metrics.m > 1 AND params.p = 'avocado' and tags.t = 'xYz'": "two",
    "": "one two three four five",
}
# NaN comes after every number and what is absent last, in both directions; ties by start, the newest first.
run_orders = {
    "metrics.m": "one two three five four",
    "metrics.m DESC": "three two one five four",
    "metrics.`with space` ASC": "one two five four three",
    "params.p DESC": "three two five one four",
    "tags.t": "five one two three four",
    "attributes.run_name": "five four one three two",
    "start_time DESC|metrics.m": "five four three two one",
    "status|end_time DESC": "two four one five three",
    "": "five four three two one",
}
experiment_filters = {
    "name = 'beta'": "beta",
    "name != 'beta'": "Alpha-one alpha-two",
    "name LIKE 'alpha%'": "alpha-two",
    "attribute.name ILIKE 'alpha%'": "Alpha-one alpha-two",
    "tags.k = '1'": "Alpha-one",
    "tags.k != '1'": "alpha-two",
    "tag.k LIKE '%2'": "alpha-two",
    "tags.k ILIKE '1%'": "Alpha-one",
    "creation_time > 0": "Alpha-one alpha-two beta",
    "last_update_time <= 0": "",
}
experiment_orders = {
    "name": "Alpha-one alpha-two beta",
    "name DESC": "beta alpha-two Alpha-one",
    "creation_time": "Alpha-one alpha-two beta",
    "last_update_time DESC|experiment_id": "beta alpha-two Alpha-one",
}
model_filters = {
    "name = 'search-a'": "search-a",
    "name != 'search-a' AND name ILIKE 'search%'": "Search-b search-c",
    "name LIKE 'search%'": "search-a search-c",
    "name ILIKE 'SEARCH%'": "search-a Search-b search-c",
    "tags.k = '1'": "search-a",
    "tags.k != '1' AND name ILIKE 'search%'": "Search-b",
    "tag.k LIKE '%2'": "Search-b",
    "tags.k ILIKE '1%'": "search-a",
}
model_orders = {
    "name": "Search-b search-a search-c",
    "name DESC": "search-c search-a Search-b",
    "last_updated_timestamp DESC": "search-c Search-b search-a",
}
version_filters = {
    "name = 'search-a'": "1 2 3",
    "name LIKE 'search-%'": "1 2 3",
    "name ILIKE 'SEARCH-%'": "1 2 3",
    "version_number > 1": "2 3",
    "version_number = 2": "2",
    "run_id = '{v1}'": "1",
    "run_id IN ('{v1}', '{v3}')": "1 3",
    "tags.kind = 'v2'": "2",
    "tag.kind != 'v2'": "1 3",
    "tags.kind LIKE '%3'": "3",
    "name = 'search-a' AND version_number <= 2": "1 2",
}
version_orders = {
    "version_number DESC": "3 2 1",
    "version_number ASC": "1 2 3",
    "creation_timestamp ASC": "1 2 3",
}


def play():
    client = MlflowClient()
    experiment_id = client.create_experiment("search")
    ids = make_runs(client, experiment_id)

    def found(**query):
        return [one.info.run_name for one in client.search_runs([experiment_id], **query)]

    seen = {
        "wrong": {
            **wrong_sets(run_filters, lambda text: found(filter_string=text.format(**ids))),
            **wrong_orders(run_orders, lambda order: found(order_by=order)),
            **search_experiments(client),
            **search_registry(client),
        }
    }
    client.delete_run(ids["three"])
    views = [ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL]
    seen["views"] = [" ".join(sorted(found(run_view_type=view))) for view in views]
    pages, token = [], None
    while token != "":
        page = client.search_runs([experiment_id], order_by=["run_name"], max_results=3, page_token=token)
        pages.append(" ".join(one.info.run_name for one in page))
        token = page.token or ""
    seen["pages"] = pages
    seen["frame"] = sorted(mlflow.search_runs([experiment_id], "metrics.m >= 1")["metrics.m"].tolist())
    return seen


def wrong_sets(wanted, find):
    """Of the filters, those that found something else."""
    found = {text: find(text) for text in wanted}
    return {text: names for text, names in found.items() if sorted(names) != sorted(wanted[text].split())}


def wrong_orders(wanted, find):
    found = {text: find(text.split("|") if text else []) for text in wanted}
    return {text: names for text, names in found.items() if names != wanted[text].split()}


def make_runs(client, experiment_id):
    made = {
        "one": ("ada", 1_000, {"m": 1, "with space": 1}, {"p": "Apple"}, {"t": "x"}, "FINISHED"),
        "two": ("bob", 2_000, {"m": 2, "with space": 2}, {"p": "avocado", "q": "1"}, {"t": "xYz", "u": "1"}, "FAILED"),
        "three": ("ada", 3_000, {"m": 3}, {"p": "pear"}, {"t": "y"}, "RUNNING"),
        "four": ("ada", 4_000, {}, {}, {}, "FINISHED"),
        "five": ("ada", 5_000, {"m": float("nan")}, {"p": "Apple"}, {"t": "x"}, "KILLED"),
    }
    ids = {}
    for name, (user, start, metrics, params, tags, status) in made.items():
        run_id = client.create_run(experiment_id, start_time=start, run_name=name, tags={"mlflow.user": user, **tags}).info.run_id
        ids[name] = run_id
        for key, value in metrics.items():
            client.log_metric(run_id, key, value, timestamp=start)
        for key, value in params.items():
            client.log_param(run_id, key, value)
        if name in ("one", "two"):
            frame = pd.DataFrame({"x": [1]})
            data = mlflow.data.from_pandas(frame, name="train" if name == "one" else "holdout", digest="d1" if name == "one" else "d2")
            tag = mlflow.entities.InputTag("mlflow.data.context", "training" if name == "one" else "testing")
            client.log_inputs(run_id, [mlflow.entities.DatasetInput(data._to_mlflow_entity(), [tag])])
        if status != "RUNNING":
            client.set_terminated(run_id, status, end_time=start + 1_000 * (name != "five"))
    return ids


def search_experiments(client):
    for name, tags in {"Alpha-one": {"k": "1"}, "alpha-two": {"k": "2"}, "beta": {}}.items():
        client.create_experiment(name, tags=tags)
        time.sleep(0.01)

    def found(**query):
        names = [one.name for one in client.search_experiments(**query)]
        return [name for name in names if name in ("Alpha-one", "alpha-two", "beta")]

    return {
        **wrong_sets(experiment_filters, lambda text: found(filter_string=text)),
        **wrong_orders(experiment_orders, lambda order: found(order_by=order)),
    }


def search_registry(client):
    for name, tags in {"search-a": {"k": "1"}, "Search-b": {"k": "2"}, "search-c": {}}.items():
        client.create_registered_model(name, tags=tags)
        time.sleep(0.01)

    def models(**query):
        return [one.name for one in client.search_registered_models(**query)]

    wrong = {
        **wrong_sets(model_filters, lambda text: models(filter_string=text)),
        **wrong_orders(model_orders, lambda order: models(filter_string="name ILIKE 'search-%'", order_by=order)),
    }
    experiment_id = client.create_experiment("search versions")
    runs = {}
    for name in ("v1", "v2", "v3"):
        runs[name] = client.create_run(experiment_id, run_name=name).info.run_id
        client.log_text(runs[name], name, "model/MLmodel")
        source = f"mlflow-artifacts:/{experiment_id}/{runs[name]}/artifacts/model"
        client.create_model_version("search-a", source, runs[name], tags={"kind": name})

    def versions(text, order=None):
        page = client.search_model_versions(text.format(**runs), order_by=order)
        return [str(one.version) for one in page if one.name == "search-a"]

    return {
        **wrong,
        **wrong_sets(version_filters, versions),
        **wrong_orders(version_orders, lambda order: versions("name = 'search-a'", order)),
    }
