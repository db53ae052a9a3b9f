# Fills an MLflow backend the way people do, with the unmodified client. Arguments: tracking URI, artifact
# root ("" leaves it to the server), number of runs. Works with MLflow 2.22 and later.
import os
import sys
import tempfile

os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"

import mlflow
import mlflow.data
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

uri, artifacts, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
mlflow.set_tracking_uri(uri)
mlflow.set_registry_uri(uri)
client = MlflowClient()


def experiment(name, tags=None):
    location = os.path.join(artifacts, name.replace(" ", "-")) if artifacts else None
    return client.create_experiment(name, artifact_location=location, tags=tags)


care = experiment("care", {"team": "care", "note ü": "größer"})
other = experiment("an other one")
gone = experiment("gone")
for name in ("first", "second"):
    experiment(f"empty {name}")

notes = tempfile.mkdtemp()
for number in range(count):
    run = client.create_run(
        care if number % 4 else other,
        start_time=1_700_000_000_000 + number,
        run_name=f"run {number}",
        tags={"index": str(number), "mlflow.user": "ada"},
    )
    run_id = run.info.run_id
    metrics = [
        Metric("loss", 1 / (step + 1 + number), 1_700_000_000_000 + step, step) for step in range(50)
    ] + [
        Metric("accuracy", number / max(1, count), 1_700_000_000_100, 0),
        Metric("odd", float("nan"), 5, 0),
        Metric("huge", float("inf"), 6, -3),
        Metric("deep/metric with space", -0.1 * number, 7, 10),
    ]
    client.log_batch(
        run_id,
        metrics=metrics,
        params=[Param("depth", str(number % 7)), Param("text", "ü" * 20), Param("index", str(number))],
        tags=[RunTag("state", "odd" if number % 2 else "even")],
    )
    # The server of MLflow 3.11 fails to hand out a file with such a name.
    path = os.path.join(notes, f"note ü {number}.txt" if artifacts else f"note {number}.txt")
    with open(path, "w") as file:
        file.write(f"note {number}\n" * (number + 1))
    client.log_artifact(run_id, path, "notes/deep")
    if number % 10 == 0:
        with open(os.path.join(notes, "weights.bin"), "wb") as file:
            file.write(os.urandom(100_000))
        client.log_artifact(run_id, os.path.join(notes, "weights.bin"))
    if number % 9 == 0:
        client.set_terminated(run_id, "FAILED", end_time=1_700_000_100_000 + number)
    elif number % 5:
        client.set_terminated(run_id, "FINISHED", end_time=1_700_000_100_000 + number)
    if number % 13 == 3:
        client.delete_run(run_id)

with mlflow.start_run(experiment_id=care, run_name="with data") as run:
    import pandas

    data = mlflow.data.from_pandas(pandas.DataFrame({"x": [1, 2, 3]}), name="table", source="made.csv")
    mlflow.log_input(data, context="training")
    model_path = os.path.join(notes, "model")
    os.makedirs(model_path, exist_ok=True)
    with open(os.path.join(model_path, "MLmodel"), "w") as file:
        file.write("flavors: {}\n")
    mlflow.log_artifacts(model_path, "model")

client.create_registered_model("sentiment", tags={"owner": "care"}, description="what people feel")
for number in range(3):
    client.create_model_version(
        "sentiment",
        source=f"{run.info.artifact_uri}/model",
        run_id=run.info.run_id,
        tags={"number": str(number)},
        description=f"version {number}",
    )
client.set_registered_model_alias("sentiment", "champion", "2")
client.set_registered_model_alias("sentiment", "challenger", "3")
client.delete_model_version("sentiment", "1")
try:
    client.transition_model_version_stage("sentiment", "2", "Production")
except AttributeError:
    pass

if hasattr(client, "create_logged_model"):
    model = client.create_logged_model(
        care,
        name="logged",
        source_run_id=run.info.run_id,
        tags={"size": "small"},
        params={"alpha": "0.5"},
        model_type="fake",
    )
    client.log_model_artifacts(model.model_id, model_path) if hasattr(
        client, "log_model_artifacts"
    ) else None
    client.finalize_logged_model(model.model_id, "READY")
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_metric("score", 0.75, step=2, model_id=model.model_id)
        mlflow.log_metric("score", 0.8, step=3, model_id=model.model_id)
    client.create_registered_model("logged one")
    client.create_model_version(
        "logged one",
        source=f"models:/{model.model_id}",
        run_id=run.info.run_id,
        model_id=model.model_id,
    )

mlflow.set_experiment(experiment_id=care)


def answer(question, number):
    with mlflow.start_span("answer", span_type="CHAIN") as root:
        root.set_inputs({"question": question})
        root.set_attributes({"share": 0.5, "whole": 3.0, "big": 2**53 + 1, "flags": [True, None], "nested": {"ü": [1]}})
        with mlflow.start_span("find", span_type="RETRIEVER") as span:
            span.set_inputs({"question": question})
            span.set_outputs([{"page_content": "größer", "score": 3.0}])
            span.set_attribute(
                "mlflow.chat.tokenUsage", {"input_tokens": number, "output_tokens": 3, "total_tokens": number + 3}
            )
            span.set_attribute("mlflow.llm.cost", {"input_cost": 0.25, "output_cost": 1.0, "total_cost": 1.25})
            if number % 4 == 3:
                raise ValueError("no answer")
        root.set_outputs({"answer": number})
        return root.request_id


traces = []
for number in range(count // 4):
    try:
        if number % 2:
            with mlflow.start_run(run_name=f"traced {number}"):
                traces.append(answer(f"where is bag {number}?", number))
        else:
            traces.append(answer(f"where is bag {number}?", number))
    except ValueError:
        pass
for number, trace in enumerate(traces):
    client.set_trace_tag(trace, "topic", "bags" if number % 3 else "shoes")

if int(mlflow.__version__.split(".")[0]) >= 3:
    from mlflow.entities import AssessmentSource

    human = AssessmentSource(source_type="HUMAN", source_id="ada")
    first = mlflow.log_feedback(
        trace_id=traces[0], name="correct", value=True, rationale="it was there", source=human, metadata={"a": "b"}
    )
    mlflow.override_feedback(trace_id=traces[0], assessment_id=first.assessment_id, value="partly", source=human)
    mlflow.log_feedback(trace_id=traces[1], name="score", value=0.5)
    mlflow.log_feedback(trace_id=traces[1], name="failed", error=ValueError("the judge was out"))
    mlflow.log_expectation(trace_id=traces[1], name="expected", value={"places": ["Oslo", 1, 2.5]}, source=human)
    client.link_traces_to_run(traces[:2], run.info.run_id)
    prompt = mlflow.genai.register_prompt(name="greeting", template="Hello {{name}}", tags={"tone": "warm"})
    client.link_prompt_versions_to_trace([prompt], traces[2])

client.create_run(gone, run_name="of a deleted experiment")
client.delete_experiment(gone)
print("filled")
