import { isRecord, parseExactJson } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";

import { attributeKeys } from "./entities.ts";
import type { Attributes, Span } from "./entities.ts";

export const tokenKeys = [
  "input_tokens",
  "output_tokens",
  "total_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
] as const;

export const costKeys = ["input_cost", "output_cost", "total_cost"] as const;

/**
 * Gives a span of any instrumentation the attributes that the rest of the house reads: what went in and
 * out, the model, the tokens. What is there already stays; the original attributes stay too.
 */
export function understand(span: Span): Span {
  const { attributes } = span;
  const found: Record<string, ExactJson> = {};
  const learn = (key: string, value: ExactJson | undefined): void => {
    if (!(key in attributes) && value !== undefined && value !== null) found[key] = value;
  };
  learn(attributeKeys.inputs, readJson(firstOf(attributes, inputNames)));
  learn(attributeKeys.outputs, readJson(firstOf(attributes, outputNames)));
  learn(attributeKeys.model, firstOf(attributes, modelNames));
  learn(attributeKeys.provider, firstOf(attributes, providerNames));
  learn(attributeKeys.tokenUsage, tokensOf(attributes));
  const type = typeOf(attributes);
  if (type !== undefined) found[attributeKeys.type] = type;
  return { ...span, attributes: { ...attributes, ...found } };
}

/**
 * Takes the wrapping off attributes that came as texts of JSON: clients of MLflow that export through
 * OpenTelemetry write every value so (`"LLM"` with its quotes). Numbers and truths stay texts: a text `1` is one.
 */
export function unwrap(span: Span): Span {
  const entries = Object.entries(span.attributes).map(([key, value]) => [key, unwrapped(value)] as const);
  return { ...span, attributes: Object.fromEntries(entries) };
}

function unwrapped(value: ExactJson): ExactJson {
  if (typeof value !== "string" || !/^\s*["[{]/.test(value)) return value;
  try {
    return parseExactJson(value);
  } catch {
    return value;
  }
}

/** The numbers of a span that are summed over its trace. */
export function measuresOf({ attributes }: Span): ReadonlyMap<string, number> {
  const measures = new Map<string, number>();
  const take = (value: ExactJson | undefined, keys: readonly string[]): void => {
    const record = readJson(value);
    if (!isRecord(record)) return;
    for (const key of keys) {
      const number = toNumber(record[key]);
      if (number !== undefined) measures.set(key, number);
    }
  };
  take(attributes[attributeKeys.tokenUsage], tokenKeys);
  take(attributes[attributeKeys.cost], costKeys);
  return measures;
}

/** A JSON object of numbers, as clients write token counts into metadata; nothing when it is none. */
export function measuresIn(text: string | undefined, keys: readonly string[]): (readonly [string, number])[] {
  try {
    const record = parseExactJson(text ?? "null");
    if (!isRecord(record)) return [];
    return keys.flatMap((key) => {
      const value = record[key];
      return typeof value === "number" || typeof value === "bigint" ? [[key, Number(value)] as const] : [];
    });
  } catch {
    return [];
  }
}

// In the order of trust: OpenTelemetry's conventions for generative AI (new and old names), then OpenInference.
const inputNames = [
  "gen_ai.input.messages",
  "gen_ai.tool.call.arguments",
  "input.value",
  "traceloop.entity.input",
];
const outputNames = [
  "gen_ai.output.messages",
  "gen_ai.tool.call.result",
  "output.value",
  "traceloop.entity.output",
];
const modelNames = [
  "gen_ai.response.model",
  "gen_ai.request.model",
  "llm.model_name",
  "embedding.model_name",
];
const providerNames = ["gen_ai.provider.name", "gen_ai.system", "llm.provider"];
const inputTokenNames = ["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"];
const outputTokenNames = [
  "gen_ai.usage.output_tokens",
  "gen_ai.usage.completion_tokens",
  "llm.token_count.completion",
];
const totalTokenNames = ["gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total"];

function firstOf(attributes: Attributes, names: readonly string[]): ExactJson | undefined {
  return names.map((name) => attributes[name]).find((value) => value !== undefined && value !== null);
}

function tokensOf(attributes: Attributes): ExactJson | undefined {
  const input = toNumber(firstOf(attributes, inputTokenNames));
  const output = toNumber(firstOf(attributes, outputTokenNames));
  if (input === undefined || output === undefined) return undefined;
  const total = toNumber(firstOf(attributes, totalTokenNames)) ?? input + output;
  return {
    input_tokens: BigInt(Math.round(input)),
    output_tokens: BigInt(Math.round(output)),
    total_tokens: BigInt(Math.round(total)),
  };
}

const typesOfOperations: Readonly<Record<string, string>> = {
  chat: "CHAT_MODEL",
  generate_content: "LLM",
  text_completion: "LLM",
  embeddings: "EMBEDDING",
  execute_tool: "TOOL",
  create_agent: "AGENT",
  invoke_agent: "AGENT",
};

const typesOfKinds: Readonly<Record<string, string>> = {
  TOOL: "TOOL",
  CHAIN: "CHAIN",
  LLM: "LLM",
  RETRIEVER: "RETRIEVER",
  EMBEDDING: "EMBEDDING",
  AGENT: "AGENT",
  RERANKER: "RERANKER",
  GUARDRAIL: "GUARDRAIL",
  EVALUATOR: "EVALUATOR",
};

function typeOf(attributes: Attributes): string | undefined {
  const given = attributes[attributeKeys.type];
  if (given !== undefined && given !== null && given !== "UNKNOWN") return undefined;
  const operation = typesOfOperations[String(attributes["gen_ai.operation.name"])];
  return operation ?? typesOfKinds[String(attributes["openinference.span.kind"]).toUpperCase()];
}

/** A text that holds JSON is the JSON: half of the instrumentations can send no other values. */
function readJson(value: ExactJson | undefined): ExactJson | undefined {
  return value === undefined ? undefined : unwrapped(value);
}

function toNumber(value: ExactJson | undefined): number | undefined {
  if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "string") return undefined;
  const number = value === "" ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : undefined;
}
