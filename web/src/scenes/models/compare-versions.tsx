import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { EmptyState } from "../../components/answers.tsx";
import { Choice } from "../../components/field.tsx";
import { bytes, count, number, plain, shortDigest } from "../../components/format.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { modelVersionQuery, modelVersionsQuery, type ModelVersion } from "../../data/models.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { diffVersions, type DiffRow } from "./version-diff.ts";

/** Two versions of a model: what became of parameters, metrics, files, signature, data and code. */
export function CompareVersions() {
  const { project, model } = useParams({ from: "/projects/$project/models/$model/compare" });
  const search = useSearch({ strict: false });
  const versions = useQuery(modelVersionsQuery(project, model));
  return (
    <>
      <PageHeader crumbs={crumbs(project, "models")} title={`Compare versions of ${model}`} />
      <Answer query={versions} part>
        {({ versions: all }) => {
          const [newest] = all;
          if (all.length < 2 || !newest)
            return <EmptyState icon="model" title="There is only one version to look at" />;
          const other = search.other ?? String(newest.number);
          const at = search.at ?? String(all.find((each) => String(each.number) !== other)?.number ?? 1);
          return <Compared project={project} model={model} all={all} at={at} other={other} />;
        }}
      </Answer>
    </>
  );
}

interface ComparedProps {
  project: string;
  model: string;
  all: readonly ModelVersion[];
  at: string;
  other: string;
}

function Compared({ project, model, all, at, other }: ComparedProps) {
  const navigate = useNavigate();
  const before = useQuery(modelVersionQuery(project, model, at));
  const after = useQuery(modelVersionQuery(project, model, other));
  const options = all.map((version) => ({
    value: String(version.number),
    label: [`v${version.number}`, ...version.aliases].join(", "),
  }));
  const choose = (change: Record<string, string>) =>
    void navigate({
      to: ".",
      search: (now: Record<string, unknown>) => ({ ...now, at, other, ...change }),
      replace: true,
    });
  return (
    <>
      <div className="mb-5 flex flex-wrap items-center gap-x-5 gap-y-2">
        <Choice label="Before" value={at} options={options} onChange={(value) => choose({ at: value })} />
        <Choice
          label="After"
          value={other}
          options={options}
          onChange={(value) => choose({ other: value })}
        />
      </div>
      <Answer query={before} part>
        {({ version: left }) => (
          <Answer query={after} part>
            {({ version: right }) => <Diff left={left} right={right} />}
          </Answer>
        )}
      </Answer>
    </>
  );
}

function Diff({ left, right }: { left: ModelVersion; right: ModelVersion }) {
  return (
    <div className="space-y-5">
      {diffVersions(left, right).map(({ title, rows, same }) => (
        <Panel key={title} title={title} hint={hint(rows, same)} flush>
          {rows.length === 0 ? (
            <p className="px-5 pb-4 text-sm text-soft">{same > 0 ? "All the same." : "None."}</p>
          ) : (
            <DiffTable title={title} rows={rows} left={`v${left.number}`} right={`v${right.number}`} />
          )}
        </Panel>
      ))}
    </div>
  );
}

function hint(rows: readonly DiffRow[], same: number): string {
  return [count(rows.length, "difference"), same > 0 && `${number(same)} the same`]
    .filter(Boolean)
    .join(", ");
}

function DiffTable({
  title,
  rows,
  left,
  right,
}: {
  title: string;
  rows: readonly DiffRow[];
  left: string;
  right: string;
}) {
  const head = "border-b border-line px-4 py-2 text-left text-xs font-medium text-faint first:pl-5";
  const cell = "border-b border-line px-4 py-2 align-top break-words first:pl-5";
  return (
    <div
      role="region"
      aria-label={`${title} that differ`}
      tabIndex={0}
      className="scroll-quiet overflow-x-auto border-t border-line -outline-offset-2"
    >
      <table className="w-full min-w-xl table-fixed text-sm">
        <thead>
          <tr>
            <th scope="col" className={head}>
              Name
            </th>
            <th scope="col" className={head}>
              {left}
            </th>
            <th scope="col" className={head}>
              {right}
            </th>
            <th scope="col" className={`${head} w-28`}>
              Change
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name} className="hover:bg-hover">
              <th scope="row" className={`${cell} text-left font-normal`}>
                {row.name}
              </th>
              <td className={`tabular ${cell}`}>{write(row, row.before)}</td>
              <td className={`tabular ${cell}`}>{write(row, row.after)}</td>
              <td className={`tabular ${cell} text-soft`}>{change(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function write({ as }: DiffRow, value: unknown): string {
  if (value === undefined || value === null) return "–";
  if (as === "digest") return shortDigest(String(value));
  return plain(value);
}

/** In words, and as a number where it is one. */
function change({ before, after, sizes }: DiffRow): string {
  if (before === undefined || before === null) return "added";
  if (after === undefined || after === null) return "removed";
  if (typeof before === "number" && typeof after === "number") {
    const difference = after - before;
    return `${difference > 0 ? "+" : "−"}${number(Math.abs(difference))}`;
  }
  if (sizes) return `${bytes(sizes[0])} to ${bytes(sizes[1])}`;
  return "changed";
}
