# What somebody who builds an application does, with the unmodified client. Prints one line of JSON.
import json
import os
import sys

os.environ["MLFLOW_TRACKING_URI"] = sys.argv[1]
os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"

import mlflow
from mlflow import MlflowClient
from mlflow.entities import AssessmentSource, Feedback, SpanType
from mlflow.exceptions import MlflowException

experiment = mlflow.set_experiment("care")
client = MlflowClient()
seen = {}


@mlflow.trace(span_type=SpanType.RETRIEVER)
def retrieve(question):
    mlflow.update_current_trace(tags={"topic": "bags"}, metadata={"mlflow.trace.session": "s1"})
    return [{"page_content": "policy", "score": 3.0, "rank": 1}]


@mlflow.trace(name="answer", span_type=SpanType.CHAIN)
def answer(question):
    found = retrieve(question)
    with mlflow.start_span("generate", span_type=SpanType.LLM) as span:
        span.set_attributes({"model": "small-7b", "temperature": 0.2, "tries": 2, "flags": [True, None]})
        span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10})
        if "fail" in question:
            raise ValueError("no answer")
    return f"{len(found)} found"


with mlflow.start_run() as run:
    answer("where is my bag?")
trace_id = mlflow.get_last_active_trace_id()
try:
    answer("fail")
except ValueError:
    pass
failed_id = mlflow.get_last_active_trace_id()

trace = mlflow.get_trace(trace_id)
spans = {span.name: span for span in trace.data.spans}
seen["trace"] = [str(trace.info.state.value), trace.info.request_preview, trace.info.response_preview]
seen["spans"] = [[span.name, span.span_type, span.status.status_code.value] for span in trace.data.spans]
seen["types"] = [
    spans["retrieve"].outputs,
    {key: value for key, value in spans["generate"].attributes.items() if not key.startswith("mlflow.")},
]
seen["exact"] = spans["answer"].end_time_ns - spans["answer"].start_time_ns > 0
seen["tokens"] = trace.info.token_usage
failed = mlflow.get_trace(failed_id)
seen["failed"] = [str(failed.info.state.value), [event.name for span in failed.data.spans for event in span.events]]


def find(text, **more):
    found = mlflow.search_traces(
        locations=[experiment.experiment_id], filter_string=text, return_type="list", **more
    )
    return [{trace_id: "first", failed_id: "second"}[one.info.trace_id] for one in found]


mlflow.log_feedback(
    trace_id=trace_id,
    name="correct",
    value=True,
    rationale="it was there",
    source=AssessmentSource(source_type="HUMAN", source_id="ada"),
)
mlflow.log_expectation(trace_id=trace_id, name="expected", value={"places": ["Oslo", 1, 2.5]})
feedback, expectation = mlflow.get_trace(trace_id).info.assessments
seen["assessed"] = [feedback.name, feedback.value, feedback.rationale, feedback.source.source_id, expectation.value]
mlflow.update_assessment(trace_id, feedback.assessment_id, Feedback(name="correct", value=0.5))
mlflow.override_feedback(trace_id=trace_id, assessment_id=feedback.assessment_id, value="partly")
seen["overridden"] = [
    [one.value, one.valid] for one in mlflow.get_trace(trace_id).info.assessments if one.name == "correct"
]
mlflow.delete_assessment(trace_id, expectation.assessment_id)

client.set_trace_tag(trace_id, "kept", "yes")
client.set_trace_tag(trace_id, "gone", "yes")
client.delete_trace_tag(trace_id, "gone")
client.link_traces_to_run([failed_id], run.info.run_id)
seen["found"] = {
    text: find(text)
    for text in [
        "",
        "trace.status = 'ERROR'",
        "name = 'answer' and tags.topic = 'bags'",
        "tags.kept = 'yes' and tags.gone is null",
        "metadata.mlflow.trace.session = 's1'",
        "span.attributes.model rlike '^small' and span.status = 'ERROR'",
        "span.type = 'RETRIEVER'",
        "feedback.correct = 'partly'",
        "expectation.expected is not null",
        "trace.text like '%where is my bag%'",
    ]
}
seen["of the run"] = find(f"run_id = '{run.info.run_id}'")
seen["ordered"] = find("", order_by=["timestamp_ms ASC"])
seen["page"] = len(find("", max_results=1))

started = client.start_trace("by hand", inputs={"x": 1}, experiment_id=experiment.experiment_id)
client.end_trace(started.request_id, outputs={"y": 2})
seen["by hand"] = client.get_trace(started.request_id).data.spans[0].outputs

from mlflow.genai.datasets import create_dataset, delete_dataset, get_dataset, search_datasets

dataset = create_dataset(name="qa", experiment_id=[experiment.experiment_id], tags={"team": "care"})
dataset.merge_records(
    [
        {"inputs": {"question": "a", "n": 1}, "expectations": {"answer": "x", "score": 1.0}},
        {"inputs": {"question": "b"}, "expectations": {"answer": "y"}},
    ]
)
dataset.merge_records([{"inputs": {"question": "a", "n": 1}, "expectations": {"answer": "z"}}])
dataset.merge_records([mlflow.get_trace(trace_id)])
again = get_dataset(dataset_id=dataset.dataset_id)
frame = again.to_df()
seen["dataset"] = [
    again.name,
    again.tags,
    [[type(value).__name__ for value in row.values()] for row in frame["inputs"]][0],
    list(frame["expectations"])[0],
    sorted(str(one) for one in frame["source_type"]),
    again.experiment_ids == [experiment.experiment_id],
]
seen["datasets"] = [one.name for one in search_datasets(filter_string="tags.team = 'care'")]
delete_dataset(dataset_id=dataset.dataset_id)
seen["deleted"] = [len(search_datasets()), client.delete_traces(experiment.experiment_id, trace_ids=[trace_id])]

seen["refused"] = []
for wrong in [
    lambda: mlflow.search_traces(locations=[experiment.experiment_id], filter_string="nothing = 'x'"),
    lambda: client.set_trace_tag("tr-unknown", "a", "b"),
    lambda: get_dataset(dataset_id="d-unknown"),
]:
    try:
        wrong()
    except MlflowException as error:
        seen["refused"].append(error.error_code)

print(json.dumps(seen))
