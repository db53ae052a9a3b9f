import { createHash } from "node:crypto";

import type { Message, Metadata } from "./message.ts";

/** What a message adds to the run of its step. */
export interface RunEffects {
  readonly metrics: readonly { readonly key: string; readonly value: number }[];
  readonly tags: readonly { readonly key: string; readonly value: string }[];
}

export const noEffects: RunEffects = { metrics: [], tags: [] };

/** Numbers become metrics, so that runs can be compared by them; everything else is a tag. */
export function effectsOf(message: Message): RunEffects {
  if (message.method === "report_asset_materialization") {
    const { asset_key: asset, data_version: version, metadata } = message.content;
    const described = effectsOfMetadata(asset, metadata);
    const tags = [{ key: nameOf(`pipes.asset.${asset}`), value: "materialized" }];
    if (typeof version === "string")
      tags.push({ key: nameOf(`pipes.${asset}.data_version`), value: cut(version) });
    return { metrics: described.metrics, tags: [...tags, ...described.tags] };
  }
  if (message.method === "report_asset_check") {
    const { asset_key: asset, check_name: check, passed, severity, metadata } = message.content;
    const value = passed ? "passed" : `failed (${severity})`;
    const described = effectsOfMetadata(`${asset}.${check}`, metadata);
    const tags = [{ key: nameOf(`pipes.check.${asset}.${check}`), value }];
    return { metrics: described.metrics, tags: [...tags, ...described.tags] };
  }
  return noEffects;
}

function effectsOfMetadata(of: string, metadata: Metadata): RunEffects {
  const metrics: { key: string; value: number }[] = [];
  const tags: { key: string; value: string }[] = [];
  for (const [label, { raw_value: value }] of Object.entries(metadata ?? {})) {
    if (typeof value === "number") metrics.push({ key: nameOf(`${of}/${label}`), value });
    else tags.push({ key: nameOf(`pipes.${of}.${label}`), value: cut(textOf(value)) });
  }
  return { metrics, tags };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

const longestName = 200;
const longestValue = 5_000;

/** Names of runs' metrics and tags have letters, digits and a few signs, and an end. */
function nameOf(text: string): string {
  const clean = text.replaceAll(/[^\w.\-/ :]/g, "_");
  if (clean.length <= longestName) return clean;
  const mark = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return `${clean.slice(0, longestName - 9)}_${mark}`;
}

function cut(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text;
}
