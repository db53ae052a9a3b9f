import { projectPath, query, request } from "./client.ts";

/**
 * Lines of a log that follow each other, and what is known of the whole. They count from 1, or from the end
 * by negative numbers while the server has not read a long log to its end.
 */
export interface LogLines {
  from: number;
  lines: string[];
  errors: number[];
  total: number;
  sizeBytes: number;
  /** How much of it was read: `total` and `firstError` are of that part. */
  readBytes: number;
  firstError: number | null;
}

/** The log of one attempt of a step; without an attempt, of its last one. */
export interface StepLogName {
  project: string;
  execution: string;
  stage: string;
  attempt?: number | undefined;
}

/** At most so many lines from the line `from` on; a negative number counts from the end. */
export function readLogLines(name: StepLogName, from: number, count: number, signal?: AbortSignal) {
  return request<LogLines>(
    pathOf(name, "lines") + query({ from, count, attempt: name.attempt }),
    signal && { signal },
  );
}

/** The lines that hold the text, from the line `from` on; `next` says where to search on. */
export function searchLog(name: StepLogName, text: string, from: number, signal: AbortSignal) {
  return request<{ hits: number[]; next: number | null; searchedBytes: number }>(
    pathOf(name, "search") + query({ text, from, limit: 10_000, attempt: name.attempt }),
    { signal },
  );
}

export function logFilePath(name: StepLogName): string {
  return pathOf(name, "file") + query({ attempt: name.attempt });
}

/** Hears what a log grows by, from a line on, until the step ends; the answer stops it. */
export function followLog(name: StepLogName, from: number, hear: (grown: LogLines) => void): () => void {
  let next = from;
  let stream: EventSource;
  const open = () => {
    stream = new EventSource(pathOf(name, "follow") + query({ from: next, attempt: name.attempt }));
    stream.addEventListener("lines", (message: MessageEvent<string>) => {
      // What our own server sends on this stream; it has no other form.
      const grown: LogLines = JSON.parse(message.data);
      next = Math.max(1, grown.total);
      hear(grown);
    });
    stream.addEventListener("end", () => stream.close());
  };
  open();
  return () => stream.close();
}

function pathOf({ project, execution, stage }: StepLogName, what: string): string {
  return projectPath(project, "executions", execution, "steps", stage, "log", what);
}
