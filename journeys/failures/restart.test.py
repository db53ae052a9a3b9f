# A training that logs while its server is killed and restarted. Says where it is, so that the test knows
# when to kill; everything else is what any script does.
import os
import sys

os.environ["MLFLOW_TRACKING_URI"] = sys.argv[1]

import mlflow

steps = int(sys.argv[2])
mlflow.set_experiment("survivor")
with mlflow.start_run(run_name="long") as run:
    print(f"run {run.info.run_id}", flush=True)
    for step in range(steps):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"a": step * 1.5, "b": step * 2.5}, step=step)
        if step % 10 == 0:
            mlflow.log_param(f"p{step}", step)
            mlflow.set_tag("progress", step)
            print(f"step {step}", flush=True)
    mlflow.log_text("done", "note.txt")
print("ended", flush=True)
