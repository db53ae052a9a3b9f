"""`mlflow models serve` with a model asked for by its alias: the scoring server fetches it from us and answers."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings

import mlflow
import sklearn.datasets
import sklearn.linear_model


def play():
    warnings.simplefilter("ignore")
    mlflow.set_experiment("serving")
    X, y = sklearn.datasets.load_iris(return_X_y=True, as_frame=True)
    model = sklearn.linear_model.LogisticRegression(max_iter=500).fit(X, y)
    signature = mlflow.models.infer_signature(X)
    with mlflow.start_run():
        mlflow.sklearn.log_model(model, artifact_path="model", registered_model_name="served", pip_requirements=[], signature=signature)
    mlflow.MlflowClient().set_registered_model_alias("served", "champion", "1")
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/served@champion"]
    server = subprocess.Popen(
        [*command, "--port", str(port), "--env-manager", "local"],
        stdout=sys.stderr,
        start_new_session=True,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/ping", server)
        rows = X.iloc[[0, 60, 120]]
        bodies = {
            "dataframe_split": rows.to_dict("split"),
            "dataframe_records": rows.to_dict("records"),
            "inputs": rows.to_dict("list"),
        }
        answers = {form: post(f"http://127.0.0.1:{port}/invocations", {form: body}) for form, body in bodies.items()}
        return {form: answer["predictions"] == model.predict(rows).tolist() for form, answer in answers.items()}
    finally:
        # Its workers are processes of their own, and it may have ended before.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, server):
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError(f"the scoring server ended with {server.returncode}")
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(url)


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
