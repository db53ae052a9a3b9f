"""Metrics of the machine, which a thread of the client measures and logs beside the run."""

import time

import mlflow


def play():
    mlflow.set_experiment("machine")
    mlflow.set_system_metrics_sampling_interval(0.2)
    mlflow.set_system_metrics_samples_before_logging(1)
    with mlflow.start_run(log_system_metrics=True) as run:
        time.sleep(1.5)
    metrics = mlflow.get_run(run.info.run_id).data.metrics
    wanted = ["system/cpu_utilization_percentage", "system/system_memory_usage_megabytes"]
    points = mlflow.MlflowClient().get_metric_history(run.info.run_id, wanted[0])
    return {"measured": [key in metrics for key in wanted], "several": len(points) > 1}
