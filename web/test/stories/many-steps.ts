import type { Step } from "../../src/data/executions.ts";

/** An execution as wide as they come: families of hundreds, chains in them, and one step that takes all of it. */
export function manySteps(amount: number, beganMs: number): Step[] {
  const wide = Math.floor((amount - 10) / 2);
  const make = (stage: string, dependsOn: string[], place: number, state: Step["state"]): Step => {
    const startedAtMs =
      state === "waiting" ? null : beganMs + Math.floor(place / 8) * 1_400 + (place % 8) * 40;
    const isDone = state === "succeeded" || state === "failed";
    return {
      id: `stp_${place}`,
      stage,
      command: `python ${stage}.py`,
      state,
      attempt: state === "waiting" || state === "cached" ? 0 : 1,
      cacheKey: null,
      reason: "It has not succeeded before.",
      waitingReason: state === "waiting" ? "waits for 1 of 8 CPUs" : null,
      runId: null,
      exitCode: null,
      lastLines: [],
      failure: null,
      readyAtMs: beganMs,
      startedAtMs: state === "cached" ? null : startedAtMs,
      endedAtMs: isDone
        ? (startedAtMs ?? 0) + 900 + ((place * 37) % 500)
        : state === "cached"
          ? beganMs
          : null,
      dependsOn,
      outs: [],
      metrics: {},
    };
  };
  const stateAt = (place: number): Step["state"] =>
    place % 97 === 5 && place < 1_500
      ? "failed"
      : place % 3 === 0
        ? "cached"
        : place < 1_400
          ? "succeeded"
          : place < 1_408
            ? "running"
            : "waiting";
  const steps: Step[] = [];
  const add = (stage: string, dependsOn: string[]) => {
    steps.push(make(stage, dependsOn, steps.length, stateAt(steps.length)));
    return stage;
  };
  const roots = ["load", "clean", "join"].map((name, index, all) =>
    add(name, index === 0 ? [] : [all[index - 1] ?? ""]),
  );
  const features = Array.from({ length: wide }, (_, index) => add(`features@${index}`, [roots.at(-1) ?? ""]));
  const models = features.map((feature, index) =>
    add(`train@${index}`, index % 10 === 0 ? [feature, features[(index + 7) % wide] ?? feature] : [feature]),
  );
  for (let index = 0; steps.length < amount - 1; index++)
    add(`report_${index}`, models.slice(index * 40, index * 40 + 40));
  add(
    "summary",
    steps.slice(-6).map((step) => step.stage),
  );
  return steps;
}
