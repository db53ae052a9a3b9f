# A large file in parts both ways, with the unmodified client. Prints one line of JSON with what came back.
import hashlib
import json
import os
import sys
import tempfile

os.environ["MLFLOW_TRACKING_URI"] = sys.argv[1]
os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = "true"
os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD"] = "true"
os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = "1000000"
os.environ["MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE"] = str(5 * 1024 * 1024)
os.environ["MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE"] = str(3 * 1024 * 1024)

import mlflow
from mlflow import MlflowClient

content = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(700_000))
path = os.path.join(tempfile.mkdtemp(), "weights.bin")
with open(path, "wb") as file:
    file.write(content)

mlflow.set_experiment("care")
with mlflow.start_run() as run:
    mlflow.log_artifact(path, "model")

client = MlflowClient()
listed = [(entry.path, entry.file_size) for entry in client.list_artifacts(run.info.run_id, "model")]
local = client.download_artifacts(run.info.run_id, "model/weights.bin", tempfile.mkdtemp())
with open(local, "rb") as file:
    same = file.read() == content
print(json.dumps({"run": run.info.run_id, "listed": listed, "same": same}))
