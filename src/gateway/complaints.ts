import { performance } from "node:perf_hooks";

import { Problem } from "#kernel/errors";

/** Tells the operator what failed. */
export type Complain = (error: unknown) => void;

const pauseMs = 1_000;

/**
 * Writes what failed with its cause, each kind of failure at most once a second: a model that fails on
 * every request, or a full disk, must not fill the log as well.
 */
export function createComplaints(write: (line: string) => void): Complain {
  const saidAtMs = new Map<string, number>();
  return (error) => {
    const code = error instanceof Problem ? error.code : "internal_error";
    const nowMs = performance.now();
    if (nowMs - (saidAtMs.get(code) ?? Number.NEGATIVE_INFINITY) < pauseMs) return;
    saidAtMs.set(code, nowMs);
    write(`${code}: ${describe(error)}\n`);
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Problem))
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const { message, data, cause } = error;
  const facts = Object.entries(data).map(([name, value]) => `${name} ${String(value)}`);
  const because = cause instanceof Error ? ` ${cause.message}` : "";
  return [message, ...facts].join(" ") + because;
}
