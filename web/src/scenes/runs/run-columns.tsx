import type { ReactNode } from "react";
import { Sparkline } from "../../components/charts/sparkline.tsx";
import { alike, duration } from "../../components/format.ts";
import { StateText } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import type { Run } from "../../data/runs.ts";

/** How a column of the table of runs is named, measured and written. */
export interface TableColumn {
  id: string;
  header: string;
  title: string;
  align: "left" | "right";
  width: number;
  /** What two runs are compared by when only differing columns are wanted. */
  value: (run: Run) => string | number | null;
  cell: (run: Run, shapes: Shapes | undefined) => ReactNode;
}

/** The series behind the sparklines in sight, by run and metric. */
export type Shapes = ReadonlyMap<string, readonly (number | null)[]>;

/**
 * A column by its id: `status`, `metrics.auc`, `params.depth`, `tags.team`, `series.loss`. Numbers are written
 * with as many digits as the `first` runs need to be told apart.
 */
export function toColumn(id: string, first: readonly Run[] = []): TableColumn {
  const known = attributes[id];
  if (known) return { ...known, id };
  const dot = id.indexOf(".");
  const key = id.slice(dot + 1);
  switch (id.slice(0, dot)) {
    case "metrics": {
      const write = alike(first.map((run) => run.metrics[key]));
      return {
        id,
        header: key,
        title: `Metric ${key}, last value`,
        align: "right",
        width: widthFor(key, 96),
        value: (run) => run.metrics[key] ?? null,
        cell: (run) => metric(run, key, write),
      };
    }
    case "series":
      return {
        id,
        header: `${key} ∿`,
        title: `Metric ${key} over its steps`,
        align: "left",
        width: 128,
        value: () => null,
        cell: (run, shapes) => (
          <Sparkline values={shapes?.get(`${run.id} ${key}`) ?? []} label={`${key} over its steps`} />
        ),
      };
    case "tags":
      return text(id, key, `Tag ${key}`, (run) => run.tags[key]);
    default:
      return text(id, key, `Parameter ${key}`, (run) => run.params[key]);
  }
}

const attributes: Readonly<Record<string, Omit<TableColumn, "id">>> = {
  name: {
    header: "Run",
    title: "Name of the run",
    align: "left",
    width: 220,
    value: (run) => run.name,
    cell: (run) => run.name,
  },
  status: {
    header: "Status",
    title: "How it stands",
    align: "left",
    width: 112,
    value: (run) => run.status,
    cell: (run) => <StateText state={run.status} />,
  },
  started: {
    header: "Started",
    title: "When it began",
    align: "left",
    width: 124,
    value: (run) => run.startedAtMs,
    cell: (run) => <RelativeTime atMs={run.startedAtMs} />,
  },
  ended: {
    header: "Ended",
    title: "When it ended",
    align: "left",
    width: 124,
    value: (run) => run.endedAtMs,
    cell: (run) => (run.endedAtMs === null ? "–" : <RelativeTime atMs={run.endedAtMs} />),
  },
  took: {
    header: "Took",
    title: "From beginning to end",
    align: "right",
    width: 96,
    value: (run) => (run.endedAtMs === null ? null : run.endedAtMs - run.startedAtMs),
    cell: (run) => duration(run.endedAtMs === null ? null : run.endedAtMs - run.startedAtMs),
  },
  who: {
    header: "Who",
    title: "Who says to have run it",
    align: "left",
    width: 120,
    value: (run) => run.userName || run.actor,
    cell: (run) => run.userName || run.actor,
  },
  id: {
    header: "Id",
    title: "Id of the run",
    align: "left",
    width: 290,
    value: (run) => run.id,
    cell: (run) => <code className="font-mono text-xs">{run.id}</code>,
  },
};

/** Columns every run has, for the picker. */
export const attributeColumns = ["status", "started", "ended", "took", "who", "id"] as const;

function text(id: string, key: string, title: string, value: (run: Run) => string | undefined): TableColumn {
  return {
    id,
    header: key,
    title,
    align: "left",
    width: widthFor(key, 112),
    value: (run) => value(run) ?? null,
    cell: (run) => value(run) ?? <span className="text-faint">–</span>,
  };
}

function metric(run: Run, key: string, write: (value: number) => string): ReactNode {
  if (!Object.hasOwn(run.metrics, key)) return <span className="text-faint">–</span>;
  const value = run.metrics[key];
  return typeof value === "number" ? write(value) : "NaN";
}

function widthFor(name: string, least: number): number {
  return Math.min(220, Math.max(least, name.length * 7.5 + 48));
}
