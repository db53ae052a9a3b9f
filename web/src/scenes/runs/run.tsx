import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { CodeBlock } from "../../components/code-block.tsx";
import { dateTime, duration } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { TextLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Stat, StatRow } from "../../components/stat.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { runQuery, type RunDetail } from "../../data/runs.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { Artifacts } from "./artifacts.tsx";
import { MetricCharts } from "./metric-charts.tsx";

const tabs = ["overview", "charts", "artifacts"] as const;

/** One run: what went in, what came out, how it went. */
export function RunPage() {
  const { project, run: id } = useParams({ from: "/projects/$project/runs/$run" });
  const { tab } = useSearch({ strict: false });
  const query = useQuery(runQuery(project, id));
  const current = tabs.find((each) => each === tab) ?? "overview";
  return (
    <Answer query={query}>
      {(run) => (
        <>
          <PageHeader
            crumbs={crumbs(project, "runs")}
            title={run.name || run.id.slice(0, 8)}
            state={<StateBadge state={run.status} />}
            meta={
              <>
                <span>by {run.userName || run.actor}</span>
                <span>{dateTime(run.startedAtMs)}</span>
                {run.endedAtMs !== null && <span>took {duration(run.endedAtMs - run.startedAtMs)}</span>}
                <code className="font-mono text-xs">{run.id}</code>
              </>
            }
          />
          <Tabs
            label="Views of this run"
            current={current}
            items={[
              { value: "overview", label: "Overview" },
              { value: "charts", label: "Charts", count: Object.keys(run.metrics).length },
              { value: "artifacts", label: "Artifacts" },
            ]}
          />
          {current === "overview" && <Overview project={project} run={run} />}
          {current === "charts" && (
            <MetricCharts
              project={project}
              runs={[{ id: run.id, label: run.name, startedAtMs: run.startedAtMs }]}
              keys={Object.keys(run.metrics)}
              isLive={run.status === "running"}
            />
          )}
          {current === "artifacts" && <Artifacts project={project} run={run.id} />}
        </>
      )}
    </Answer>
  );
}

function Overview({ project, run }: { project: string; run: RunDetail }) {
  const execution = run.tags["gyre.execution"];
  const tags = Object.entries(run.tags).filter(
    ([name]) => !name.startsWith("mlflow.log-model") && name !== "mlflow.runName",
  );
  return (
    <div className="space-y-5">
      <Panel title="Metrics" hint="last values">
        {Object.keys(run.metrics).length === 0 ? (
          <p className="text-soft">No metrics were logged.</p>
        ) : (
          <StatRow>
            {Object.entries(run.metrics)
              .slice(0, 24)
              .map(([key, value]) => (
                <Stat key={key} label={key} value={value} />
              ))}
          </StatRow>
        )}
      </Panel>
      <div className="grid gap-5 lg:grid-cols-2">
        <Panel title="Parameters">
          <KeyValueList items={Object.entries(run.params).map(([name, value]) => ({ name, value }))} />
          {Object.keys(run.params).length === 0 && <p className="text-soft">None.</p>}
        </Panel>
        <Panel title="Where it belongs">
          <KeyValueList
            items={[
              {
                name: "Execution",
                value: execution ? (
                  <TextLink
                    to="/projects/$project/executions/$execution"
                    params={{ project, execution }}
                    search={{ at: run.tags["gyre.stage"] }}
                  >
                    {run.tags["gyre.stage"] ?? execution}
                  </TextLink>
                ) : undefined,
              },
              ...run.inputs.map((input) => ({
                name: input.context ? `Data for ${input.context}` : "Data",
                value: `${input.name} ${input.digest}`,
              })),
              ...tags.map(([name, value]) => ({
                name,
                value: value.length > 300 ? <CodeBlock code={value} maximumHeight={160} /> : value,
              })),
            ]}
          />
        </Panel>
      </div>
    </div>
  );
}
