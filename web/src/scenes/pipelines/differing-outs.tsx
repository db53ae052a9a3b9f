import { useMemo } from "react";
import { Digest } from "../../components/code-block.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import type { VerifiedStage } from "../../data/verifications.ts";
import { StepLink } from "./verified-stages.tsx";

/** Every out that came out otherwise, with the digest that is kept and the one that was found. */
export function DifferingOuts({ project, stages }: { project: string; stages: readonly VerifiedStage[] }) {
  const rows = useMemo(
    () =>
      stages.flatMap(({ stage, execution, differing }) =>
        differing.map((out) => ({ stage, execution, ...out })),
      ),
    [stages],
  );
  const columns = useMemo<Column<DifferingOut>[]>(
    () => [
      {
        id: "stage",
        header: "Stage",
        sortable: false,
        value: ({ stage }) => stage,
        cell: ({ stage, execution }) => <StepLink project={project} stage={stage} execution={execution} />,
      },
      {
        id: "out",
        header: "Out",
        width: 150,
        sortable: false,
        wrap: true,
        value: ({ path }) => path,
        cell: ({ path }) => <code className="font-mono text-xs wrap-anywhere">{path}</code>,
      },
      {
        id: "kept",
        header: "Kept",
        sortable: false,
        value: ({ kept }) => kept,
        cell: ({ kept }) => <Digest value={kept} length={8} />,
      },
      {
        id: "found",
        header: "Found",
        sortable: false,
        value: ({ found }) => found,
        cell: ({ found }) => (found === null ? "not made" : <Digest value={found} length={8} />),
      },
    ],
    [project],
  );
  return (
    <DataTable
      label="Outs that differ"
      rows={rows}
      columns={columns}
      rowKey={({ stage, path }) => `${stage} ${path}`}
      view={fixedView}
      onView={() => {}}
    />
  );
}

interface DifferingOut {
  stage: string;
  execution: string | null;
  path: string;
  kept: string;
  found: string | null;
}

// The view in the URL is the one of the stages.
const fixedView = {};
