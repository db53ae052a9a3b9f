"""What anybody writes with the package mlflow; knows nothing of Gyre, and of no token."""

import os
import sys
import tempfile

import mlflow
from mlflow import MlflowClient

aside = sys.argv[1]
with open(os.path.join(aside, "token"), "w") as file:
    file.write(os.environ["MLFLOW_TRACKING_TOKEN"])

with mlflow.start_run() as run:
    mlflow.log_param("depth", 3)
    mlflow.log_metric("accuracy", 0.9)
    mlflow.set_tag("by", "train.py")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "notes.txt")
        with open(path, "w") as file:
            file.write("made in a step")
        mlflow.log_artifact(path)

client = MlflowClient()
client.create_registered_model("spam")
client.create_model_version("spam", f"runs:/{run.info.run_id}/notes.txt", run.info.run_id)
with open("model.txt", "w") as file:
    file.write(run.info.run_id)
