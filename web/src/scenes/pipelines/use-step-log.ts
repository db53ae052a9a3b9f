import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { LogBlocks, type LogHits, type LogLine, type LogSource } from "../../components/log/log-source.ts";
import { followLog, readLogLines, searchLog, type LogLines, type StepLogName } from "../../data/step-logs.ts";

/**
 * The log of a step, brought piece by piece as it is looked at, and as it grows while the step runs.
 * Of a log so long that the server still counts its lines the end is shown, unless a line is asked for.
 */
export function useStepLog(name: StepLogName, live: boolean, wanted: number | undefined): StepLog {
  const { project, execution, stage, attempt } = name;
  const log = useMemo(() => ({ project, execution, stage, attempt }), [project, execution, stage, attempt]);
  const blocks = useMemo(() => new LogBlocks(), [log]);
  const [known, setKnown] = useState<Known>({});
  const asked = useRef(new Set<number>());
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);
  const first = useRef(wanted);
  const wantsNumbers = wanted !== undefined;

  const take = useCallback(
    (part: LogLines) => {
      if (part.from > 0) blocks.put(part);
      const { total, sizeBytes, readBytes, firstError } = part;
      const tail = part.from < 0 ? part : undefined;
      setKnown((before) => ({
        total,
        sizeBytes,
        readBytes,
        firstError,
        tail: tail ?? (readBytes < sizeBytes ? before.tail : undefined),
        version: (before.version ?? 0) + 1,
      }));
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
    void bring(at === undefined ? (live ? -500 : 1) : blockStart(at), 500, leaving.signal);
    return () => {
      leaving.abort();
      clearTimeout(waiting.current);
    };
  }, [bring]);

  const { sizeBytes = 0, readBytes = 0, version } = known;
  const isWhole = readBytes >= sizeBytes;
  const hasTail = known.tail !== undefined;
  useEffect(() => {
    if (isWhole) return;
    const leaving = new AbortController();
    // The end is wanted at once; after that it is looked how far the server has come.
    const timer = setTimeout(() => void bring(-500, 500, leaving.signal), hasTail ? 1_000 : 0);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [isWhole, hasTail, version, bring]);

  const from = known.total;
  const begun = from !== undefined && isWhole;
  const begin = useRef(1);
  begin.current = Math.max(1, from ?? 1);
  useEffect(() => {
    if (live && begun) return followLog(log, begin.current, take);
  }, [live, begun, log, take]);

  const source = useMemo<LogSource>(() => {
    const { total, tail, firstError = null } = known;
    const common = { sizeBytes, readBytes, firstError };
    if (!isWhole && !wantsNumbers)
      return {
        ...common,
        total: tail?.lines.length,
        isTail: true,
        line: (at) => lineOf(tail, at),
        want: () => {},
      };
    // A line that is asked for is waited for.
    const isThere = isWhole || (total ?? 0) > (wanted ?? 0);
    return {
      ...common,
      total: isThere ? total : undefined,
      isTail: false,
      line: (at) => blocks.line(at),
      want,
    };
  }, [known, sizeBytes, readBytes, isWhole, wantsNumbers, wanted, blocks, want]);
  // While it is read on, what is searched is what there is; its end begins no new search.
  const searchable = known.total === undefined ? undefined : isWhole ? known.total : 0;
  return { source, searchable, problem: known.problem, again: () => void bring(1, 500) };
}

function lineOf(tail: LogLines | undefined, at: number): LogLine | undefined {
  const text = tail?.lines[at - 1];
  if (tail === undefined || text === undefined) return undefined;
  return { text, isError: tail.errors.includes(tail.from + at - 1) };
}

export interface StepLog {
  source: LogSource;
  /** How many lines a search goes over; 0 while they are being counted. */
  searchable: number | undefined;
  problem: unknown;
  again: () => void;
}

interface Known {
  total?: number;
  sizeBytes?: number;
  readBytes?: number;
  /** The last lines, while those before them are being counted. */
  tail?: LogLines | undefined;
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
        // What was searched while the lines were still counted may come again.
        const last = known.lines.at(-1) ?? 0;
        known.lines = [...known.lines, ...found.hits.filter((line) => line > last)];
        known.upTo = found.next === null ? total : found.next - 1;
        next = found.next;
        setHits({ lines: known.lines, isComplete: next === null, searchedBytes: found.searchedBytes });
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
