import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { Problem } from "./errors.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Small facts beside the message: ids, counts, durations with their unit in the name. */
export type Facts = Readonly<Record<string, unknown>>;

/** Writes one line per fact. The message is a constant sentence; what varies goes into the facts. */
export interface Log {
  debug(message: string, facts?: Facts): void;
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts): void;
  /** `error` under the key `error` is written with its code, its next step and its stack. */
  error(message: string, facts?: Facts): void;
  /** The same log with facts that every line carries: `log.scoped({ request: "…" })`. */
  scoped(scope: Facts): Log;
}

export interface LogOptions {
  /** The least level that is written. */
  readonly level?: LogLevel;
  /** `json` for machines, `human` for a terminal; by default what stderr is. */
  readonly form?: "json" | "human";
  readonly clock?: Clock;
  readonly write?: (line: string) => void;
}

const ranks: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

export function createLog(options: LogOptions = {}, scope: Facts = {}): Log {
  const form = options.form ?? (process.stderr.isTTY ? "human" : "json");
  const clock = options.clock ?? systemClock;
  const write = options.write ?? ((line) => void process.stderr.write(line));
  const least = ranks[options.level ?? "info"];
  const line =
    (level: LogLevel) =>
    (message: string, facts: Facts = {}) => {
      if (ranks[level] < least) return;
      const shown = hideSecrets({ ...scope, ...facts });
      write(
        form === "json" ? jsonLine(clock, level, message, shown) : humanLine(clock, level, message, shown),
      );
    };
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    scoped: (more) => createLog(options, { ...scope, ...more }),
  };
}

/** Says nothing: for tests, and for parts that are built without a log. */
export const silentLog: Log = createLog({ write: () => {} });

const secretName = /token|secret|passw|authori[sz]ation|api_?-?key|private_?-?key|cookie|credential/i;
const secretsInText = [
  // Credentials in a URL, and what follows a scheme of the Authorization header.
  { pattern: /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, replacement: "$1[hidden]@" },
  { pattern: /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, replacement: "$1 [hidden]" },
];

function hideSecrets(value: unknown, depth = 0): Record<string, unknown> {
  if (typeof value !== "object" || value === null) return {};
  const entries = Object.entries(value).map(([name, member]): [string, unknown] => [
    name,
    secretName.test(name) && typeof member !== "number" ? "[hidden]" : presentable(member, depth),
  ]);
  return Object.fromEntries(entries);
}

const deepest = 6;

function presentable(value: unknown, depth: number): unknown {
  if (typeof value === "string") return hideInText(value);
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) return presentError(value, depth);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= deepest) return "…";
  if (Array.isArray(value)) return value.map((member: unknown) => presentable(member, depth + 1));
  return hideSecrets(value, depth + 1);
}

function presentError(error: Error, depth: number): Record<string, unknown> {
  if (error instanceof Problem) {
    // Understood: where in the program it was met helps nobody, what the system said may.
    const cause = error.cause instanceof Error ? { cause: hideInText(error.cause.message) } : {};
    return { code: error.code, message: hideInText(error.message), next: error.next, ...cause };
  }
  const cause =
    error.cause === undefined || depth >= deepest ? {} : { cause: presentable(error.cause, depth + 1) };
  return { message: hideInText(error.message), stack: hideInText(error.stack ?? ""), ...cause };
}

function hideInText(text: string): string {
  return secretsInText.reduce((shown, { pattern, replacement }) => shown.replace(pattern, replacement), text);
}

function jsonLine(clock: Clock, level: LogLevel, message: string, facts: Facts): string {
  const at = new Date(clock.nowMs()).toISOString();
  return `${JSON.stringify({ at, level, message: hideInText(message), ...facts })}\n`;
}

const colours: Record<LogLevel, string> = { debug: "\x1b[2m", info: "", warn: "\x1b[33m", error: "\x1b[31m" };

function humanLine(clock: Clock, level: LogLevel, message: string, facts: Facts): string {
  const time = new Date(clock.nowMs()).toISOString().slice(11, 19);
  const colour = "NO_COLOR" in process.env ? "" : colours[level];
  const detail = Object.entries(facts)
    .filter(([name]) => name !== "error")
    .map(([name, value]) => ` ${name}=${humanValue(value)}`);
  const mark = level === "info" ? "" : `${level}: `;
  const said = `${mark}${hideInText(message)}${colour === "" ? "" : "\x1b[0m"}${detail.join("")}`;
  return `${time} ${colour}${said}${humanError(facts["error"])}\n`;
}

/** Below the line: a problem with its next step, anything else with its stack. */
function humanError(error: unknown): string {
  if (typeof error !== "object" || error === null)
    return error === undefined ? "" : ` error=${humanValue(error)}`;
  const { code, message, next, stack } = { code: "", message: "", next: "", stack: "", ...error };
  const lines = code === "" ? String(stack || message).split("\n") : [`${code}: ${message}`, `next: ${next}`];
  return lines.map((line) => `\n  ${line}`).join("");
}

function humanValue(value: unknown): string {
  return typeof value === "string" && !/[\s"=]/.test(value) ? value : (JSON.stringify(value) ?? "undefined");
}
