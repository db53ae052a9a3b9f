import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { LogBlocks, type LogHits, type LogSource } from "../../components/log/log-source.ts";
import { followLog, readLogLines, searchLog, type LogLines, type StepLogName } from "../../data/step-logs.ts";

/**
 * The log of a step, brought piece by piece as it is looked at, and as it grows while the step runs.
 * `near` is the line that is looked at first.
 */
export function useStepLog(name: StepLogName, live: boolean, near: number | "end" | "error"): StepLog {
  const { project, execution, stage, attempt } = name;
  const log = useMemo(() => ({ project, execution, stage, attempt }), [project, execution, stage, attempt]);
  const blocks = useMemo(() => new LogBlocks(), [log]);
  const [known, setKnown] = useState<Known>({});
  const asked = useRef(new Set<number>());
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);
  const first = useRef(near);

  const take = useCallback(
    (part: LogLines) => {
      blocks.put(part);
      const { total, sizeBytes, firstError } = part;
      setKnown(({ version = 0 }) => ({ total, sizeBytes, firstError, version: version + 1 }));
    },
    [blocks],
  );
  const bring = useCallback(
    async (from: number, count: number, signal?: AbortSignal) => {
      if (asked.current.has(from)) return;
      asked.current.add(from);
      try {
        take(await readLogLines(log, from, count, signal));
      } catch (thrown) {
        if (!signal?.aborted) setKnown((before) => ({ ...before, problem: thrown }));
      } finally {
        asked.current.delete(from);
      }
    },
    [log, take],
  );
  const want = useCallback(
    (from: number, to: number) => {
      clearTimeout(waiting.current);
      // Whoever drags the bar passes a hundred places: only where they stay is asked for.
      waiting.current = setTimeout(() => {
        for (const window of blocks.missing(from, to)) void bring(window.from, window.count);
      }, 40);
    },
    [blocks, bring],
  );

  useEffect(() => {
    setKnown({});
    asked.current.clear();
    const leaving = new AbortController();
    const at = first.current;
    void bring(typeof at === "number" ? blockStart(at) : at === "end" ? -500 : 1, 500, leaving.signal);
    return () => {
      leaving.abort();
      clearTimeout(waiting.current);
    };
  }, [bring]);

  const from = known.total;
  const begun = from !== undefined;
  const begin = useRef(1);
  begin.current = Math.max(1, from ?? 1);
  useEffect(() => {
    if (live && begun) return followLog(log, begin.current, take);
  }, [live, begun, log, take]);

  const source = useMemo<LogSource>(
    () => ({
      total: known.total,
      sizeBytes: known.sizeBytes ?? 0,
      firstError: known.firstError ?? null,
      line: (at) => blocks.line(at),
      want,
    }),
    [known, blocks, want],
  );
  return { source, problem: known.problem, again: () => void bring(1, 500) };
}

export interface StepLog {
  source: LogSource;
  problem: unknown;
  again: () => void;
}

interface Known {
  total?: number;
  sizeBytes?: number;
  firstError?: number | null;
  version?: number;
  problem?: unknown;
}

/** Where a text stands in the log of a step; of a long log more and more, as it is searched. */
export function useLogHits(name: StepLogName, find: string, total: number | undefined): LogHits | undefined {
  const { project, execution, stage, attempt } = name;
  const [hits, setHits] = useState<LogHits>();
  const searched = useRef({ find: "", upTo: 0, lines: [] as number[] });
  const text = find.trim();
  useEffect(() => {
    if (text === "" || total === undefined) return setHits(undefined);
    const leaving = new AbortController();
    // While the log grows only what is new is searched.
    if (searched.current.find !== text) searched.current = { find: text, upTo: 0, lines: [] };
    const known = searched.current;
    const search = async () => {
      for (let next: number | null = known.upTo + 1; next !== null && known.lines.length < mostHits;) {
        const found = await searchLog({ project, execution, stage, attempt }, text, next, leaving.signal);
        if (leaving.signal.aborted) return;
        known.lines = [...known.lines, ...found.hits];
        known.upTo = found.next === null ? total : found.next - 1;
        next = found.next;
        setHits({ lines: known.lines, isComplete: next === null });
      }
    };
    const timer = setTimeout(() => void search().catch(() => {}), known.upTo === 0 ? 0 : 1_000);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [project, execution, stage, attempt, text, total]);
  return text === "" ? undefined : hits;
}

const mostHits = 100_000;

function blockStart(line: number): number {
  return Math.max(1, Math.floor((line - 1) / 500) * 500 + 1);
}
