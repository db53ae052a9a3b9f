"""What an application did, request by request, what people and judges think of it, and the prompts it used."""

import os

os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"

import mlflow
from fluent import refusal
from mlflow import MlflowClient
from mlflow.entities import AssessmentSource, Feedback, SpanType

human = AssessmentSource(source_type="HUMAN", source_id="ada")


@mlflow.trace(span_type=SpanType.RETRIEVER)
def retrieve(question):
    mlflow.update_current_trace(tags={"topic": "bags"}, metadata={"mlflow.trace.session": "s1"})
    return [{"page_content": "größer", "score": 3.0, "rank": 1}]


@mlflow.trace(name="answer", span_type=SpanType.CHAIN)
def answer(question):
    found = retrieve(question)
    with mlflow.start_span("generate", span_type=SpanType.LLM) as span:
        span.set_attributes({"model": "small", "share": 0.5, "whole": 2.0, "tries": 2, "flags": [True, None]})
        span.set_attribute(
            "mlflow.chat.tokenUsage", {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}
        )
        if "fail" in question:
            raise ValueError("no answer")
    return f"{len(found)} found"


def play():
    experiment = mlflow.set_experiment("traces").experiment_id
    client = MlflowClient()
    with mlflow.start_run() as run:
        answer("where is my bag?")
    first = mlflow.get_last_active_trace_id()
    try:
        answer("fail")
    except ValueError:
        pass
    second = mlflow.get_last_active_trace_id()
    names = {first: "first", second: "second"}

    def find(text, **more):
        found = mlflow.search_traces(locations=[experiment], filter_string=text, return_type="list", **more)
        return [names[one.info.trace_id] for one in found]

    trace, failed = mlflow.get_trace(first), mlflow.get_trace(second)
    seen = {
        "spans": [[span.name, span.span_type, span.status.status_code.value] for span in trace.data.spans],
        "outputs": {span.name: span.outputs for span in trace.data.spans}["retrieve"],
        "tokens": trace.info.token_usage,
        "failed": [failed.info.state.value, sorted({event.name for span in failed.data.spans for event in span.events})],
    }
    feedback = mlflow.log_feedback(trace_id=first, name="correct", value=True, rationale="it was there", source=human)
    expectation = mlflow.log_expectation(trace_id=first, name="expected", value={"places": ["Oslo", 1, 2.5]}, source=human)
    mlflow.log_feedback(trace_id=second, name="judged", error=ValueError("the judge was out"))
    mlflow.update_assessment(first, feedback.assessment_id, Feedback(name="correct", value=0.5))
    mlflow.override_feedback(trace_id=first, assessment_id=feedback.assessment_id, value="partly", source=human)
    seen["expected"] = mlflow.get_assessment(first, expectation.assessment_id).value
    seen["assessed"] = [[one.name, one.value, one.valid] for one in mlflow.get_trace(first).info.assessments]
    mlflow.delete_assessment(first, expectation.assessment_id)
    client.set_trace_tag(first, "kept", "yes")
    client.set_trace_tag(first, "gone", "yes")
    client.delete_trace_tag(first, "gone")
    client.link_traces_to_run([second], run.info.run_id)

    mlflow.genai.register_prompt(name="greeting", template="Hello {{name}}", commit_message="first", tags={"tone": "warm"})
    prompt = mlflow.genai.register_prompt(name="greeting", template="Good day {{name}}, größer")
    mlflow.genai.set_prompt_alias("greeting", alias="live", version=2)
    client.link_prompt_versions_to_trace([prompt], first)
    seen["prompt"] = [
        mlflow.genai.load_prompt("prompts:/greeting@live").format(name="Ada"),
        mlflow.genai.load_prompt("prompts:/greeting/1").template,
        [one.name for one in mlflow.genai.search_prompts()],
    ]
    seen["found"] = {
        text: find(text)
        for text in [
            "",
            "trace.status = 'ERROR'",
            "name = 'answer' and tags.topic = 'bags'",
            "tags.kept = 'yes' and tags.gone is null",
            "metadata.mlflow.trace.session = 's1'",
            "span.attributes.model LIKE '%small%' and span.status = 'ERROR'",
            "feedback.correct = 'partly'",
            "expectation.expected is not null",
            "trace.text like '%where is my bag%'",
            "prompt = 'greeting/2'",
        ]
    }
    seen["of the run"] = find(f"run_id = '{run.info.run_id}'", order_by=["timestamp_ms ASC"])
    seen["refused"] = {
        "a filter nobody knows": refusal(lambda: find("nothing = 'x'")),
        "a tag of no trace": refusal(lambda: client.set_trace_tag(f"tr-{'f' * 32}", "a", "b")),
        "an assessment nobody made": refusal(lambda: mlflow.get_assessment(first, f"a-{'f' * 32}")),
    }
    seen["deleted"] = [client.delete_traces(experiment, trace_ids=[first]), find("")]
    return seen
