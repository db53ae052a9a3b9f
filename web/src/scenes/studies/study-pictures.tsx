import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { BarList } from "../../components/charts/bar-list.tsx";
import { ParallelChart } from "../../components/charts/parallel-chart.tsx";
import type { AxisValue } from "../../components/charts/parallel-lines.ts";
import { ScatterChart } from "../../components/charts/scatter-chart.tsx";
import { TimeChart } from "../../components/charts/time-chart.tsx";
import { Choice } from "../../components/field.tsx";
import { number, share } from "../../components/format.ts";
import { Panel } from "../../components/panel.tsx";
import type { Importance, SearchDomain, Study, Trial } from "../../data/studies.ts";
import { bestSoFar, measured } from "./study-words.ts";

/** What came of a study, in pictures: history, importances, all parameters side by side, and one against the value. */
export function StudyPictures({ project, study }: { project: string; study: Study }) {
  const { objectives, space } = study.declaration;
  const names = Object.keys(space);
  const [chosen, setChosen] = useState(objectives[0]?.metric ?? "");
  const [parameter, setParameter] = useState(names[0] ?? "");
  const navigate = useNavigate();
  const index = Math.max(
    0,
    objectives.findIndex(({ metric }) => metric === chosen),
  );
  const objective = objectives[index];
  const found = measured(study.trials, index);
  if (!objective || found.length === 0)
    return (
      <Panel>
        <EmptyState icon="chart" title="Nothing to draw yet">
          The pictures come with the first completed trial.
        </EmptyState>
      </Panel>
    );
  const open = (key: string): void => {
    const trial = study.trials.find((one) => String(one.number) === key);
    if (trial?.execution)
      void navigate({
        to: "/projects/$project/executions/$execution",
        params: { project, execution: trial.execution },
      });
  };
  const axes = names.map((name) => axisOf(name, space[name]));
  const axis = axes.find(({ id }) => id === parameter) ?? axes[0];
  const items = found.map(({ trial, value }) => ({
    key: String(trial.number),
    label: `trial ${trial.number}: ${objective.metric} ${number(value)}`,
    values: [...axes.map((one) => one.valueOf(trial)), value],
  }));
  return (
    <div className="grid gap-5 lg:grid-cols-2">
      <Panel
        title="History"
        hint={`${objective.goal} ${objective.metric}`}
        actions={
          objectives.length > 1 && (
            <Choice
              label="Objective"
              value={chosen}
              options={objectives.map(({ metric }) => ({ value: metric, label: metric }))}
              onChange={setChosen}
            />
          )
        }
      >
        <TimeChart
          title={`${objective.metric} by trial`}
          showTitle={false}
          at={found.map(({ trial }) => trial.number)}
          isTime={false}
          atLabel="trial"
          atFormat={(at) => `trial ${at}`}
          series={[
            { key: "value", label: objective.metric, values: found.map(({ value }) => value) },
            {
              key: "best",
              label: "best so far",
              values: bestSoFar(
                found.map(({ value }) => value),
                objective.goal,
              ),
            },
          ]}
        />
      </Panel>
      <Importances importance={study.importances[index] ?? null} completed={found.length} />
      <Panel title="Parallel coordinates" hint="coloured by the objective" className="lg:col-span-2">
        <ParallelChart
          axes={[...axes, { id: `value.${objective.metric}`, label: objective.metric }]}
          items={items}
          onOpen={open}
        />
      </Panel>
      <Panel
        title="Slice"
        hint={`${objective.metric} over one parameter`}
        className="lg:col-span-2"
        actions={
          <Choice
            label="Parameter"
            value={parameter}
            options={names.map((name) => ({ value: name, label: name }))}
            onChange={setParameter}
          />
        }
      >
        <ScatterChart
          x={axis?.label ?? parameter}
          y={objective.metric}
          items={found.map(({ trial, value }) => ({
            key: String(trial.number),
            label: `trial ${trial.number}`,
            x: axis?.valueOf(trial) ?? null,
            y: value,
          }))}
          onOpen={open}
        />
      </Panel>
    </div>
  );
}

/** A parameter as an axis: one that is searched by orders of magnitude is drawn by them. */
function axisOf(name: string, domain: SearchDomain | undefined) {
  const isLog = domain !== undefined && domain.kind !== "choice" && domain.log;
  return {
    id: name,
    label: isLog ? `log10 ${name}` : name,
    valueOf({ parameters }: Trial): AxisValue {
      const value = parameters[name];
      if (typeof value === "number") return isLog ? Math.log10(value) : value;
      return value === undefined ? null : String(value);
    },
  };
}

function Importances({ importance, completed }: { importance: Importance | null; completed: number }) {
  if (!importance)
    return (
      <Panel title="What mattered">
        <EmptyState icon="chart" title="Too early to tell">
          {`${completed} completed so far; four that differ are the least.`}
        </EmptyState>
      </Panel>
    );
  const rows = [
    ...importance.parameters.map(({ name, share: value }) => ({ name, value })),
    { name: "together", value: importance.together },
  ];
  return (
    <Panel
      title="What mattered"
      hint="share of the variance over the whole space"
      footnote={`From ${importance.trials} completed trials. "together" is what only several parameters at once explain.`}
    >
      <BarList label={`Importance for ${importance.metric}`} items={rows} format={(value) => share(value)} />
      <details className="mt-4">
        <summary className="w-fit cursor-pointer rounded text-sm text-accent">As a table</summary>
        <table className="mt-2 w-full text-sm">
          <thead>
            <tr className="text-left text-xs text-faint">
              <th className="py-1.5 font-medium">Parameter</th>
              <th className="py-1.5 text-right font-medium">Share of the variance</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, value }) => (
              <tr key={name} className="border-t border-line">
                <td className="py-1.5">{name}</td>
                <td className="tabular py-1.5 text-right">{share(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </Panel>
  );
}
