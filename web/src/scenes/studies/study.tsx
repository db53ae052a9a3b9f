import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Button } from "../../components/button.tsx";
import { Digest } from "../../components/code-block.tsx";
import { dateTime, number, plain } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { TextLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Notice, Panel } from "../../components/panel.tsx";
import { Stat, StatRow } from "../../components/stat.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { resumeStudy, stopStudy, studyQuery, type Study } from "../../data/studies.ts";
import { Actor } from "../../shell/actor.tsx";
import { Answer } from "../../shell/answer.tsx";
import { useOrder } from "../../shell/use-order.ts";
import { useRefusal } from "../../shell/who.ts";
import { crumbs } from "../crumbs.tsx";
import { DatasetVersionLink } from "../data/version-link.tsx";
import { StudyPictures } from "./study-pictures.tsx";
import { hadOf, objectiveText } from "./study-words.ts";
import { TrialTable } from "./trial-table.tsx";

/** One study: where it stands, the best trials, what mattered, and each trial. */
export function StudyPage() {
  const { project, study } = useParams({ from: "/projects/$project/studies/$study" });
  const query = useQuery(studyQuery(project, study));
  return <Answer query={query}>{(found) => <Loaded project={project} study={found} />}</Answer>;
}

function Loaded({ project, study }: { project: string; study: Study }) {
  const { counts, declaration } = study;
  return (
    <>
      <PageHeader
        crumbs={crumbs(project, "studies")}
        title={study.name}
        state={<StateBadge state={study.state} />}
        meta={
          <>
            <span>
              {objectiveText(declaration)} by {declaration.sampler}
            </span>
            <span>
              begun by <Actor id={study.actor} />
            </span>
            <span title={dateTime(study.createdAtMs)}>
              <RelativeTime atMs={study.createdAtMs} />
            </span>
            <code className="font-mono text-xs">{study.id}</code>
          </>
        }
        actions={<Orders project={project} study={study} />}
      />
      <div className="space-y-5">
        {study.state === "failed" && (
          <Notice tone="bad" title={study.reason}>
            Look at the trials that failed, mend the cause, and go on with it.
          </Notice>
        )}
        <StatRow>
          <Stat
            label="Trials"
            value={hadOf(counts)}
            note={`of ${number(study.wantedTrials)}; ${number(counts.running)} running`}
          />
          <Stat label="Complete" value={counts.complete} />
          <Stat label="Pruned" value={counts.pruned} note="ended early, behind the others" />
          <Stat
            label="Failed"
            value={counts.failed}
            note={`the study ends at ${declaration.maximumFailures}`}
          />
        </StatRow>
        <Best project={project} study={study} />
        <StudyPictures project={project} study={study} />
        <TrialTable project={project} study={study} />
        <Panel title="What it works with">
          <KeyValueList
            items={[
              { name: "State", value: study.reason },
              { name: "Code", value: <Digest value={study.codeDigest} /> },
              ...Object.entries(study.datasetVersions).map(([dataset, version]) => ({
                name: `Data: ${dataset}`,
                value: <DatasetVersionLink project={project} dataset={dataset} id={version} />,
              })),
              {
                name: "Run",
                value: (
                  <TextLink to="/projects/$project/runs/$run" params={{ project, run: study.runId }}>
                    {study.runId}
                  </TextLink>
                ),
              },
              { name: "Seed", value: plain(declaration.seed) },
              { name: "At once", value: plain(declaration.parallel) },
              {
                name: "Pruning",
                value: declaration.pruning
                  ? `${declaration.pruning.rule}, by ${declaration.pruning.metric}`
                  : undefined,
              },
            ]}
          />
        </Panel>
      </div>
    </>
  );
}

function Orders({ project, study }: { project: string; study: Study }) {
  const refusal = useRefusal(project, "pipeline:run");
  const stop = useOrder(() => stopStudy(project, study.id), "The study is being stopped.");
  const resume = useOrder(() => resumeStudy(project, study.id), "The study goes on.");
  if (study.state === "running")
    return (
      <Button icon="stop" refused={refusal} busy={stop.isPending} onClick={() => stop.mutate(undefined)}>
        Stop
      </Button>
    );
  if (study.state === "finished") return null;
  return (
    <Button icon="play" refused={refusal} busy={resume.isPending} onClick={() => resume.mutate(undefined)}>
      Go on
    </Button>
  );
}

function Best({ project, study }: { project: string; study: Study }) {
  if (study.best.length === 0) return null;
  const { objectives } = study.declaration;
  return (
    <Panel
      title={study.best.length === 1 ? "The best trial" : "The best trials"}
      hint={objectives.length > 1 ? "none is better in everything" : undefined}
    >
      <ul className="space-y-4">
        {study.best.slice(0, 12).map((trial) => (
          <li key={trial.number}>
            <KeyValueList
              items={[
                {
                  name: "Trial",
                  value: trial.execution ? (
                    <TextLink
                      to="/projects/$project/executions/$execution"
                      params={{ project, execution: trial.execution }}
                    >
                      {`trial ${trial.number}`}
                    </TextLink>
                  ) : (
                    `trial ${trial.number}`
                  ),
                },
                ...objectives.map(({ metric }, index) => ({
                  name: metric,
                  value: number(trial.values?.[index]),
                })),
                ...Object.entries(trial.parameters).map(([name, value]) => ({ name, value: plain(value) })),
              ]}
            />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
