import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Skeleton } from "../../components/answers.tsx";
import { Digest } from "../../components/code-block.tsx";
import { Choice } from "../../components/field.tsx";
import { bytes, count, number, share } from "../../components/format.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { Notice, Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Stat, StatRow } from "../../components/stat.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { RelativeTime } from "../../components/time.tsx";
import {
  datasetVersionQuery,
  datasetVersionsQuery,
  previewQuery,
  type ContractBreach,
  type DatasetVersion,
} from "../../data/datasets.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { Profile } from "./profile.tsx";
import { Actor } from "../../shell/actor.tsx";

/** One version of a data set: does it keep its contract, what is in it, where did it come from. */
export function DatasetVersionPage() {
  const {
    project,
    dataset,
    version: number_,
  } = useParams({ from: "/projects/$project/data/$dataset/$version" });
  const { tab } = useSearch({ strict: false });
  const query = useQuery(datasetVersionQuery(project, dataset, number_));
  const versions = useQuery(datasetVersionsQuery(project, dataset));
  return (
    <Answer query={query}>
      {({ version, profile }) => (
        <>
          <PageHeader
            crumbs={crumbs(project, "data")}
            title={`${dataset} v${version.number}`}
            state={<StateBadge state={version.state} />}
            meta={
              <>
                <span>{version.source}</span>
                <span>
                  arrived <RelativeTime atMs={version.createdAtMs} /> by <Actor id={version.actor} />
                </span>
                <Digest value={version.digest} />
              </>
            }
            actions={
              <VersionChoice
                project={project}
                current={version}
                versions={versions.data?.versions ?? [version]}
              />
            }
          />
          {version.breaches.length > 0 && <Breaches breaches={version.breaches} />}
          <Panel className="mb-5">
            <StatRow>
              <Stat label="Rows" value={version.rows} />
              <Stat label="Columns" value={version.columns.length} />
              <Stat label="Size" value={bytes(version.sizeBytes)} />
              <Stat label="Missing values" value={share(missingShare(profile))} />
            </StatRow>
          </Panel>
          <Tabs
            label="Views of this version"
            current={tab === "rows" ? "rows" : "profile"}
            items={[
              { value: "profile", label: "Profile", count: profile.length },
              { value: "rows", label: "First rows" },
            ]}
          />
          {tab === "rows" ? (
            <Rows project={project} dataset={dataset} number={number_} />
          ) : (
            <Profile columns={profile} rows={version.rows} />
          )}
        </>
      )}
    </Answer>
  );
}

function VersionChoice({
  project,
  current,
  versions,
}: {
  project: string;
  current: DatasetVersion;
  versions: readonly DatasetVersion[];
}) {
  const navigate = useNavigate();
  return (
    <Choice
      label="Version"
      value={String(current.number)}
      options={versions.map((each) => ({
        value: String(each.number),
        label: `v${each.number}${each.state === "quarantined" ? " (quarantined)" : ""}`,
      }))}
      onChange={(version) =>
        void navigate({
          to: "/projects/$project/data/$dataset/$version",
          params: { project, dataset: current.dataset, version },
          search: (before) => before,
        })
      }
    />
  );
}

function Breaches({ breaches }: { breaches: readonly ContractBreach[] }) {
  return (
    <div className="mb-5">
      <Notice
        tone="warn"
        title={`${count(breaches.length, "rule")} of the contract ${breaches.length === 1 ? "is" : "are"} broken: nothing trains on this version`}
      >
        <ul className="mt-2 space-y-2">
          {breaches.map((breach) => (
            <li key={`${breach.column} ${breach.rule}`}>
              <p>{breach.message}</p>
              <p className="text-faint">
                {count(breach.count, "row")} ({share(breach.share)})
                {breach.examples.length > 0 && (
                  <>
                    , for example{" "}
                    {breach.examples
                      .slice(0, 3)
                      .map((example) => `row ${number(example.row)}: ${example.value ?? "missing"}`)
                      .join("; ")}
                  </>
                )}
              </p>
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}

function Rows({ project, dataset, number: version }: { project: string; dataset: string; number: string }) {
  const query = useQuery(previewQuery(project, dataset, version));
  return (
    <Answer query={query} skeleton={<Skeleton height={360} />}>
      {({ columns, rows }) => (
        <Panel flush>
          <div
            role="region"
            aria-label="First rows"
            tabIndex={0}
            className="scroll-quiet max-h-[40rem] overflow-auto -outline-offset-2"
          >
            <table className="w-full text-sm">
              <thead>
                <tr>
                  {columns.map((column) => (
                    <th
                      key={column}
                      scope="col"
                      className="sticky top-0 border-b border-line bg-panel px-4 py-2 text-left font-mono text-xs font-medium text-faint"
                    >
                      {column}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row, index) => (
                  <tr key={index} className="border-b border-line last:border-0">
                    {row.map((value, column) => (
                      <td key={column} className="max-w-sm truncate px-4 py-2" title={value ?? undefined}>
                        {value ?? <span className="text-faint">missing</span>}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
      )}
    </Answer>
  );
}

function missingShare(profile: readonly { count: number; missing: number }[]): number | null {
  const cells = profile.reduce((all, column) => all + column.count + column.missing, 0);
  return cells === 0 ? null : profile.reduce((all, column) => all + column.missing, 0) / cells;
}
