import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { CodeBlock, Digest } from "../../components/code-block.tsx";
import { bound, day, money, number, words } from "../../components/format.ts";
import { Icon, type IconName } from "../../components/icons.tsx";
import { KeyValueList } from "../../components/key-values.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { Stat, StatRow } from "../../components/stat.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { charterQuery, type Charter, type Objective } from "../../data/charter.ts";
import { Answer } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { Actor } from "../../shell/actor.tsx";
import { releasesQuery } from "../../data/releases.ts";
import { GateEvidence } from "./gate-evidence.tsx";
import { TextLink } from "../../components/link.tsx";

/** What the project is for, and what is generated from saying so. */
export function CharterPage() {
  const { project } = useParams({ from: "/projects/$project/charter" });
  const { tab } = useSearch({ strict: false });
  const query = useQuery(charterQuery(project));
  return (
    <Answer query={query}>
      {(charter) => (
        <>
          <PageHeader
            crumbs={crumbs(project)}
            title="Charter"
            lead={
              charter.projectFile.objective?.decision ??
              "No objective yet: add one to gyre.yaml, and gates and monitors follow from it."
            }
            meta={
              <>
                <span>version {charter.version}</span>
                <span>
                  applied <RelativeTime atMs={charter.appliedAtMs} /> by <Actor id={charter.actor} />
                </span>
                <Digest value={charter.digest} />
              </>
            }
          />
          <Tabs
            label="Views of the charter"
            current={tab === "file" ? "file" : "generated"}
            items={[
              { value: "generated", label: "Objective and what follows" },
              { value: "file", label: "gyre.yaml" },
            ]}
          />
          {tab === "file" ? (
            <CodeBlock label="gyre.yaml" code={charter.yaml} maximumHeight={900} />
          ) : (
            <Generated project={project} charter={charter} />
          )}
        </>
      )}
    </Answer>
  );
}

function Generated({ project, charter }: { project: string; charter: Charter }) {
  const releases = useQuery(releasesQuery(project)).data?.releases ?? [];
  const judged = releases.find((release) => release.gates.length > 1);
  const objective = charter.projectFile.objective;
  return (
    <div className="space-y-5">
      {objective && <ObjectivePanel objective={objective} />}
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <Rules
          title="Release gates"
          icon="gates"
          hint={
            judged ? (
              <TextLink to="/projects/$project/releases/$release" params={{ project, release: judged.id }}>
                as judged for v{judged.number}
              </TextLink>
            ) : (
              "generated"
            )
          }
          rules={charter.gates.map((gate) => ({
            sentence: gate.sentence,
            line: gate.source.line,
            ...(judged ? { evidence: <GateEvidence release={judged} gate={gate.id} /> } : {}),
          }))}
          none="No gates: nothing is said in ready_when."
        />
        <Rules title="Monitors" icon="monitoring" rules={charter.monitors} none="No monitors." />
        <Rules
          title="Decision and retraining"
          icon="feedback"
          rules={[charter.decisionRule, charter.retrainingPolicy].filter((rule) => rule !== null)}
          none="The model is not retrained by itself."
        />
        <Rules
          title="Rollout"
          icon="release"
          rules={charter.rolloutPlans}
          none="A release goes to all traffic at once."
        />
      </div>
    </div>
  );
}

function ObjectivePanel({ objective }: { objective: Objective }) {
  const { kpi, costs, timeBox, budget } = objective;
  return (
    <Panel title="Objective">
      <StatRow>
        {kpi && (
          <Stat
            label={words(kpi.name)}
            value={kpi.now}
            note={kpi.target && `target ${bound(kpi.target.comparison)} ${number(kpi.target.threshold)}`}
          />
        )}
        {costs && (
          <>
            <Stat label="A missed case costs" value={money(costs.falseNegative, costs.currency)} />
            <Stat label="A false alarm costs" value={money(costs.falsePositive, costs.currency)} />
          </>
        )}
        {timeBox && (
          <Stat label="Time box" value={day(Date.parse(timeBox))} note="then: extend, stop or ship" />
        )}
      </StatRow>
      <div className="mt-5 border-t border-line pt-4">
        <KeyValueList
          columns={2}
          items={[
            { name: "Task", value: objective.task },
            { name: "Target", value: objective.target },
            { name: "Decides on", value: objective.positive },
            { name: "Baseline without ML", value: objective.baseline },
            { name: "Budget", value: budget ? money(budget.amount, budget.currency) : undefined },
          ]}
        />
      </div>
    </Panel>
  );
}

function Rules({
  title,
  icon,
  hint = "generated",
  rules,
  none,
}: {
  title: string;
  icon: IconName;
  hint?: ReactNode;
  rules: readonly { sentence: string; line?: number; evidence?: ReactNode }[];
  none: string;
}) {
  return (
    <Panel title={title} hint={hint} flush>
      {rules.length === 0 ? (
        <p className="px-5 pb-5 text-soft">{none}</p>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {rules.map((rule) => (
            <li key={rule.sentence} className="flex items-start gap-3 px-5 py-2.5">
              <Icon name={icon} className="mt-1 shrink-0 text-faint" />
              <span className="min-w-0 flex-1">
                {rule.sentence}
                {rule.evidence}
              </span>
              {rule.line !== undefined && (
                <span className="font-mono text-xs leading-6 text-faint">line {number(rule.line)}</span>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
