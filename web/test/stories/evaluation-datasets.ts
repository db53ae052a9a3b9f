import type { EvaluationDataset, RecordDetail, RecordSummary } from "../../src/data/evaluation-datasets.ts";
import type { StoryAnswer } from "./answer.ts";
import { day, hour, nowMs } from "./time.ts";
import { tracePages } from "./traces.ts";

const experiments = [
  { id: "1", name: "airline-care" },
  { id: "7", name: "airline-care-assistant" },
];
const idOf = (digit: string): string => `d-${digit.repeat(32)}`;

const dataset = (digit: string, name: string, more: Partial<EvaluationDataset>): EvaluationDataset => ({
  id: idOf(digit),
  name,
  digest: `${digit}f3a9c1e`,
  records: 0,
  tags: {},
  experimentIds: ["7"],
  createdAtMs: nowMs - 40 * day,
  updatedAtMs: nowMs - 3 * hour,
  createdBy: "mira",
  updatedBy: "mira",
  ...more,
});

const shown = dataset("a", "lost-luggage-questions", {
  records: 1_240,
  experimentIds: ["1", "7"],
  tags: { team: "care", language: "en", purpose: "Release gate of the assistant that answers travellers" },
});
const empty = dataset("c", "refunds-2027", { updatedBy: null });
const datasets = [
  shown,
  dataset("b", "tone-of-voice", { records: 85, updatedAtMs: nowMs - 9 * day, tags: { team: "brand" } }),
  empty,
];

const questions = [
  "Where is my bag? I waited an hour at the belt and nobody could tell me anything.",
  "My flight was cancelled last night, who pays for the hotel?",
  "Can I take my cello into the cabin when I buy a second seat?",
];
const traceId = tracePages["trace"]?.split("/").at(-1) ?? "";

const recordAt = (at: number): RecordSummary => ({
  id: `dr-${String(at).padStart(32, "0")}`,
  sourceType: [null, "HUMAN", "TRACE", "DOCUMENT"][at % 4] ?? null,
  sourceId: at % 4 === 2 ? traceId : null,
  traceId: at % 4 === 2 ? traceId : null,
  createdAtMs: nowMs - 40 * day + at * hour,
  updatedAtMs: nowMs - at * hour,
  createdBy: "mira",
  updatedBy: at % 3 === 0 ? "mira" : null,
  inputs: `question: ${questions[at % questions.length]} · language: en`,
  outputs: null,
  expectations: at % 5 === 4 ? null : 'expected_facts: ["the bag was found in Oslo"] · guidelines: be kind',
  tags: at % 2 === 0 ? "topic: luggage · reviewed: yes" : null,
});

const records = Array.from({ length: 500 }, (_, at) => recordAt(at));
const chosen = recordAt(2);
const { inputs: _inputs, tags: _tags, expectations: _expectations, ...facts } = chosen;
const detail: RecordDetail = {
  ...facts,
  inputs: { question: questions[2] ?? "", context: { tier: "gold", legs: ["OSL", "AMS"] } },
  outputs: "A cello needs a seat of its own; I booked it for you.",
  expectations: {
    expected_facts: ["A second seat is needed", "It is bought by telephone"],
    guidelines: "Be kind, and name the price.",
  },
  tags: { topic: "luggage", reviewed: "yes" },
  source: { source_type: "TRACE", source_data: { trace_id: traceId } },
};

export const evaluationDatasetAnswers: Readonly<Record<string, StoryAnswer>> = {
  "evaluation-datasets": (query) => ({
    datasets: query.get("filter") === null ? datasets : [],
    experiments,
    cursor: null,
  }),
  [`evaluation-datasets/${shown.id}`]: { ...shown, experiments },
  [`evaluation-datasets/${shown.id}/records`]: (query) => {
    const find = query.get("find")?.toLowerCase();
    const found =
      find === undefined ? records : records.filter((one) => one.inputs.toLowerCase().includes(find));
    return {
      records: found,
      cursor: find === undefined ? "more" : null,
      total: find === undefined ? 1_240 : found.length,
    };
  },
  [`evaluation-datasets/${shown.id}/records/${chosen.id}`]: detail,
  [`evaluation-datasets/${empty.id}`]: { ...empty, experiments: experiments.slice(1) },
  [`evaluation-datasets/${empty.id}/records`]: { records: [], cursor: null, total: 0 },
};

const path = "/projects/airline-care/evaluation-datasets";

export const evaluationDatasetPages: Readonly<Record<string, string>> = {
  "evaluation-datasets": path,
  "evaluation-dataset": `${path}/${shown.id}`,
  "evaluation-record": `${path}/${shown.id}?find=cello&at=${chosen.id}`,
  "evaluation-dataset-empty": `${path}/${empty.id}`,
};
