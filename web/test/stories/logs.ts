import type { StoryAnswer } from "./answer.ts";

/** The answers to all questions about one log, whose lines are made when they are asked for. */
export function logAnswers(path: string, log: StoryLog): Record<string, StoryAnswer> {
  const range = (from: number, count: number) =>
    Array.from({ length: Math.max(0, Math.min(count, log.total - from + 1)) }, (_, at) => from + at);
  return {
    [`${path}/lines`]: (query) => {
      const asked = Number(query.get("from") ?? 1);
      const from = Math.max(1, asked < 0 ? log.total + asked + 1 : asked);
      const numbers = range(from, Number(query.get("count") ?? 500));
      return {
        from,
        lines: numbers.map(log.line),
        errors: numbers.filter((each) => log.errors.includes(each)),
        total: log.total,
        sizeBytes: log.total * 64,
        readBytes: log.total * 64,
        firstError: log.errors[0] ?? null,
        attempt: 1,
      };
    },
    [`${path}/search`]: (query) => {
      const text = (query.get("text") ?? "").toLowerCase();
      const from = Number(query.get("from") ?? 1);
      const numbers = range(from, 200_000);
      const hits = numbers.filter((each) => log.line(each).toLowerCase().includes(text));
      const next = from + numbers.length;
      return { hits, next: next > log.total ? null : next, searchedBytes: Math.min(next, log.total) * 64 };
    },
  };
}

export interface StoryLog {
  total: number;
  /** Numbers of lines, from 1. */
  errors: readonly number[];
  line: (number: number) => string;
}
