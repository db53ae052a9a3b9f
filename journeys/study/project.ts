import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const lock = resolve(import.meta.dirname, "../../blueprints/text-classification/requirements.lock");

/** A small scikit-learn project, whose training logs its score of each pass with MLflow and knows nothing of studies. */
export function writeStudyProject(folder: string): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  copyFileSync(lock, join(folder, "requirements.lock"));
}

const files = {
  "gyre.yaml": `project: tuning
pipeline: dvc.yaml
python: { requirements: requirements.lock, version: ">=3.10" }
studies:
  tune:
    space:
      train.alpha: log(1e-7, 10)
      train.scale: log(1e-3, 1e3)
      train.loss: [log_loss, hinge]
    maximize: metrics.json:accuracy
    sampler: tpe
    trials: 14
    parallel: 2
    seed: 11
    prune: { rule: median, metric: accuracy, startup_trials: 4 }
`,
  "params.yaml": "train: { alpha: 0.001, scale: 1.0, loss: log_loss }\n",
  "dvc.yaml": `stages:
  prepare:
    cmd: python prepare.py
    deps: [prepare.py]
    outs: [data.npz]
  train:
    cmd: python train.py
    deps: [train.py, data.npz]
    params: [train]
    metrics: [{metrics.json: {cache: false}}]
`,
  "prepare.py": `import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

features, labels = make_classification(n_samples=800, n_features=20, n_informative=6, flip_y=0.05, random_state=1)
names = ["train_x", "test_x", "train_y", "test_y"]
np.savez("data.npz", **dict(zip(names, train_test_split(features, labels, random_state=1))))
`,
  "train.py": `import json

import mlflow
import numpy as np
import yaml
from sklearn.linear_model import SGDClassifier

with open("params.yaml") as file:
    chosen = yaml.safe_load(file)["train"]
data = np.load("data.npz")
model = SGDClassifier(loss=chosen["loss"], alpha=chosen["alpha"], random_state=0)
accuracy = 0.0
with mlflow.start_run():
    for step in range(1, 17):
        model.partial_fit(data["train_x"] * chosen["scale"], data["train_y"], classes=[0, 1])
        accuracy = float(model.score(data["test_x"] * chosen["scale"], data["test_y"]))
        mlflow.log_metric("accuracy", accuracy, step=step)
with open("metrics.json", "w") as file:
    json.dump({"accuracy": accuracy}, file)
`,
};
