import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  trace_not_found: {
    kind: "not_found",
    when: "No trace has this id.",
    next: "Search the traces of the experiment.",
  },
  trace_incomplete: {
    kind: "not_found",
    when: "A whole trace was asked for and not all of its spans have arrived.",
    next: "Ask again, or ask for what there is.",
  },
  trace_elsewhere: {
    kind: "conflict",
    when: "A trace of this id belongs to another experiment.",
    next: "Send it to the experiment it belongs to, or under another id.",
  },
  trace_value_invalid: {
    kind: "invalid",
    when: "A value sent for a trace, a span or an assessment is not one that can be kept.",
    next: "Correct the value named in the message.",
  },
  trace_filter_invalid: {
    kind: "invalid",
    when: "A search filter, an ordering or a metric of traces cannot be read.",
    next: "Write `status = 'ERROR' and span.name like '%search%'`; text in quotes, `and` between conditions.",
  },
  trace_tag_not_found: {
    kind: "not_found",
    when: "A tag to be deleted is not there.",
    next: "List the tags; there may be nothing left to do.",
  },
  issue_not_found: {
    kind: "not_found",
    when: "No issue of traces has this id.",
    next: "Search the issues of the experiment.",
  },
  assessment_not_found: {
    kind: "not_found",
    when: "The trace has no assessment of this id.",
    next: "List the assessments of the trace.",
  },
});
