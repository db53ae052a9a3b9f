import { isRecord, writeExactJson } from "#kernel/exact-json";
import type { ExactJson } from "#kernel/exact-json";

import { limits } from "./validation.ts";

/**
 * What a list shows of a request or an answer: of a conversation its last message from `role`, of
 * everything else the JSON, cut to what a list has room for.
 */
export function previewOf(value: ExactJson | undefined, role: "user" | "assistant"): string | null {
  if (value === undefined || value === null) return null;
  const text = lastMessage(value, role) ?? (typeof value === "string" ? value : writeExactJson(value));
  return text.length <= limits.previewLength ? text : `${text.slice(0, limits.previewLength - 3)}...`;
}

function lastMessage(value: ExactJson, role: string): string | undefined {
  const messages = messagesOf(value);
  const message = messages.findLast((one) => one["role"] === role) ?? messages.at(-1);
  const text = message === undefined ? "" : contentOf(message["content"]);
  return text === "" ? undefined : text;
}

/** The shapes in which the well-known chat interfaces carry messages. */
function messagesOf(value: ExactJson): readonly Message[] {
  if (!isRecord(value)) return [];
  const choices = value["choices"];
  const [first] = Array.isArray(choices) ? choices : [];
  const chosen = isRecord(first) ? first["message"] : undefined;
  if (isMessage(chosen)) return [chosen];
  for (const list of [value["messages"], value["input"], value["output"]]) {
    if (Array.isArray(list) && list.length > 0) return list.filter(isMessage);
  }
  return value["request"] === undefined ? [] : messagesOf(value["request"]);
}

type Message = Readonly<Record<string, ExactJson>>;

function isMessage(value: ExactJson | undefined): value is Message {
  return isRecord(value) && "role" in value && "content" in value;
}

function contentOf(content: ExactJson | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  for (const part of content) {
    if (typeof part === "string") return part;
    if (isRecord(part) && /^(output_)?text$/.test(String(part["type"])) && typeof part["text"] === "string")
      return part["text"];
  }
  return "";
}
