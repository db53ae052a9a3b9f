import { TextField } from "../../components/field.tsx";
import { plain } from "../../components/format.ts";

/** What every schedule, trigger and backfill may say: which part of the pipeline, with which parameters. */
export function AutomationFields({
  targets,
  parameters,
  problem,
  onTargets,
  onParameters,
}: AutomationFieldsProps) {
  return (
    <>
      <TextField
        label="Targets"
        hint="Names of stages, one a line. Empty: the whole pipeline."
        rows={2}
        value={targets}
        onChange={(event) => onTargets(event.target.value)}
      />
      <TextField
        label="Parameters"
        hint="name=value, one a line, as in train.c=2"
        problem={problem}
        rows={2}
        value={parameters}
        onChange={(event) => onParameters(event.target.value)}
      />
    </>
  );
}

export interface AutomationFieldsProps {
  targets: string;
  parameters: string;
  problem: string | undefined;
  onTargets: (text: string) => void;
  onParameters: (text: string) => void;
}

export function linesOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** "train, evaluate · train.c 2", or that it is all of it. */
export function scopeWords(
  targets: readonly string[],
  parameters: Readonly<Record<string, unknown>>,
): string {
  const what = targets.length === 0 ? "the whole pipeline" : targets.join(", ");
  const how = Object.entries(parameters).map(([name, value]) => `${name} ${plain(value)}`);
  return [what, ...how].join(" · ");
}
