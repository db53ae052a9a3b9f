import assert from "node:assert/strict";
import { it } from "node:test";

import type { Database } from "#kernel/db";
import { createTestKernel, describeOnEveryEngine, temporaryFolder } from "#kernel/testing";

import { migrations as trackingMigrations } from "#tracking";

import { migrations } from "../index.ts";
import type { Files } from "../test-project.ts";
import type { Study, Trial } from "./entities.ts";
import { openStudyProject, parabola } from "./test-study.ts";

/** A project over a kernel of its own, whose jobs run when the test settles them. */
async function createStudyProject(db: Database, files: Files) {
  const kernel = await createTestKernel({ db, migrations: [...trackingMigrations, ...migrations] });
  const project = openStudyProject(kernel, await temporaryFolder());
  await project.write(files);
  return {
    ...kernel,
    ...project,
    /** Works on a study to its end. */
    settleStudy: async ({ id }: Study): Promise<{ study: Study; trials: readonly Trial[] }> => {
      await kernel.jobs.settle();
      return { study: await project.studies.getStudy("p", id), trials: await project.studies.listTrials(id) };
    },
  };
}

const endsOf = (trials: readonly Trial[]): readonly string[] =>
  trials.map(({ number, state }) => `${number} ${state}`);

/** For each running trial of (x − 2)² its loss at step 1, once. */
async function logLosses(
  project: Awaited<ReturnType<typeof createStudyProject>>,
  study: Study,
  loggedTo: Set<string>,
): Promise<void> {
  for (const { state, execution, parameters } of await project.studies.listTrials(study.id)) {
    if (state !== "running" || execution === null) continue;
    const { steps } = await project.pipelines.getExecution(execution);
    const runId = steps.find(({ stage }) => stage === "score")?.runId ?? null;
    if (runId === null || loggedTo.has(runId)) continue;
    loggedTo.add(runId);
    const value = (Number(parameters["x"]) - 2) ** 2;
    await project.tracking.commands.logBatch({ runId, metrics: [{ key: "loss", value, step: 1, atMs: 1 }] });
  }
}

describeOnEveryEngine("a study", (open) => {
  it("tries every point of a grid once, without Python, and knows the best", async () => {
    const project = await createStudyProject(await open(), parabola());
    const grid = { sampler: "grid", trials: null, parallel: 2 } as const;
    const { study, trials } = await project.settleStudy(
      await project.begin({ x: "int(1, 3)", y: [0, 0.5] }, grid),
    );
    assert.deepEqual(
      [study.state, study.reason, study.wantedTrials],
      ["finished", "All 6 trials have ended.", 6],
    );
    assert.deepEqual(
      trials.map(({ parameters: { x, y }, values }) => [x, y, ...(values ?? [])]),
      [
        [1, 0, 1],
        [1, 0.5, 1.5],
        [2, 0, 0],
        [2, 0.5, 0.5],
        [3, 0, 1],
        [3, 0.5, 1.5],
      ],
    );
    const [{ best } = { best: [] }] = await project.studies.listStudies("p", { limit: 10 });
    assert.deepEqual(
      best.map(({ number }) => number),
      [2],
    );
  });

  it("draws the same at random for the same seed, and takes unchanged stages from the cache", async () => {
    const project = await createStudyProject(await open(), parabola());
    const [first, second] = [
      await project.settleStudy(await project.begin({ x: "float(0, 4)" })),
      await project.settleStudy(await project.begin({ x: "float(0, 4)" })),
    ];
    assert.deepEqual(
      first.trials.map(({ parameters, values }) => [parameters, values]),
      second.trials.map(({ parameters, values }) => [parameters, values]),
    );
    const stepsOf = async (trial: Trial | undefined): Promise<readonly string[]> =>
      (await project.pipelines.getExecution(trial?.execution ?? "")).steps.map(({ state }) => state);
    assert.deepEqual(await stepsOf(first.trials[1]), ["cached", "succeeded"]);
    assert.deepEqual(await stepsOf(second.trials[1]), ["cached", "cached"]);
  });

  it("tracks a run of its own, under it one for each trial, with the tags that Optuna's users know", async () => {
    const project = await createStudyProject(await open(), parabola());
    const { study, trials } = await project.settleStudy(
      await project.begin({ x: "int(1, 3)" }, { sampler: "grid", trials: null }),
    );
    const runs = await Promise.all(trials.map(({ runId }) => project.tracking.getRun(runId)));
    assert.deepEqual(
      runs.map(({ name, status, params, metrics, tags }) => [
        name,
        status,
        params,
        metrics,
        tags["mlflow.parentRunId"] === study.runId,
        tags["number"],
        tags["state"],
        tags["x_distribution"],
        tags["gyre.execution"],
      ]),
      trials.map(({ number, execution, parameters: { x } }) => [
        `tune ${number}`,
        "finished",
        { x: String(x) },
        { loss: (Number(x) - 2) ** 2 },
        true,
        String(number),
        "COMPLETE",
        "int(1, 3)",
        execution,
      ]),
    );
    const parent = await project.tracking.getRun(study.runId);
    assert.deepEqual([parent.status, parent.metrics], ["finished", { loss: 1, best_loss: 0 }]);
  });

  it("counts failed trials, ends after too many of them, and goes on when it is resumed", async () => {
    const project = await createStudyProject(await open(), parabola());
    const begun = await project.begin(
      { x: "int(1, 2)", y: [-1, 1] },
      { sampler: "grid", maximumFailures: 1 },
    );
    const failed = await project.settleStudy(begun);
    assert.deepEqual([failed.study.state, endsOf(failed.trials)], ["failed", ["0 failed"]]);
    assert.match(failed.study.reason, /^A trial failed. The last one: The stage "score" failed/);
    await project.studies.commands.resumeStudy({ id: begun.id, actor: "usr_a" });
    const resumed = await project.settleStudy(begun);
    assert.deepEqual(
      [resumed.study.state, endsOf(resumed.trials)],
      ["failed", ["0 failed", "1 complete", "2 failed"]],
    );
    await project.studies.commands.resumeStudy({ id: begun.id, actor: "usr_a" });
    const finished = await project.settleStudy(begun);
    assert.deepEqual([finished.study.state, endsOf(finished.trials).at(-1)], ["finished", "3 complete"]);
    await assert.rejects(project.studies.commands.resumeStudy({ id: begun.id, actor: "usr_a" }), {
      code: "study_complete",
    });
  });

  it("that is stopped cancels what runs; those trials do not count when it goes on", async () => {
    const project = await createStudyProject(await open(), parabola(30));
    const begun = await project.begin({ x: "int(1, 2)" }, { sampler: "grid", trials: null, parallel: 2 });
    const settled = project.settleStudy(begun);
    for (let running = 0; running < 2;) {
      running = (await project.studies.listTrials(begun.id)).filter(
        ({ execution }) => execution !== null,
      ).length;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await project.studies.commands.stopStudy(begun.id, "usr_a");
    const { study, trials } = await settled;
    assert.deepEqual(
      [study.state, study.reason, endsOf(trials)],
      ["stopped", "It was stopped.", ["0 cancelled", "1 cancelled"]],
    );
    for (const { execution } of trials) {
      const { state, cancelReason } = await project.pipelines.getExecution(execution ?? "");
      assert.deepEqual([state, cancelReason], ["cancelled", "Its study ended: It was stopped."]);
    }
    await project.studies.commands.resumeStudy({ id: begun.id, actor: "usr_a" });
    await project.studies.commands.stopStudy(begun.id, "usr_a");
    assert.equal((await project.settleStudy(begun)).study.state, "stopped");
  });

  it("with several objectives keeps the trials that no other dominates", async () => {
    const project = await createStudyProject(await open(), parabola());
    const objectives = [
      { metric: "loss", goal: "minimize" },
      { metric: "metrics.json:size", goal: "maximize" },
    ] as const;
    const begun = await project.begin({ x: "int(0, 4)" }, { sampler: "grid", trials: null, objectives });
    await project.settleStudy(begun);
    const [summary] = await project.studies.listStudies("p", { limit: 1 });
    assert.deepEqual(
      summary?.best.map(({ parameters, values }) => [parameters["x"], values]),
      [
        [2, [0, 2]],
        [3, [1, 3]],
        [4, [4, 4]],
      ],
    );
  });

  it("ends trials that fall behind by what their runs log, tells why, and counts them as no failures", async () => {
    const project = await createStudyProject(await open(), parabola(4));
    const asha = {
      rule: "asha",
      metric: "loss",
      firstStep: 1,
      factor: 2,
      startupTrials: 0,
      warmupSteps: 0,
    } as const;
    const begun = await project.begin(
      { x: "int(2, 4)" },
      { sampler: "grid", trials: null, pruning: asha, maximumFailures: 1 },
    );
    // What a training does with MLflow: a metric with its step, to the run it was told.
    const loggedTo = new Set<string>();
    const logging = setInterval(() => void logLosses(project, begun, loggedTo).catch(() => {}), 50);
    const { study, trials } = await project.settleStudy(begun);
    clearInterval(logging);
    assert.deepEqual(
      [study.state, endsOf(trials), trials.map(({ curve }) => curve)],
      ["finished", ["0 complete", "1 pruned", "2 pruned"], [[[1, 0]], [[1, 1]], [[1, 4]]]],
    );
    for (const { execution, reason, runId } of trials.slice(1)) {
      const { state, cancelReason } = await project.pipelines.getExecution(execution ?? "");
      assert.deepEqual([state, cancelReason], ["cancelled", reason]);
      const { status, tags } = await project.tracking.getRun(runId);
      assert.deepEqual([status, tags["state"], tags["mlflow.note.content"]], ["killed", "PRUNED", reason]);
    }
    assert.match(trials[2]?.reason ?? "", /^Pruned: loss was 4 at step 1, not among the best one in 2/);
  });

  it("fails a trial that gives no such number, and says where to write it", async () => {
    const project = await createStudyProject(await open(), parabola());
    const missing = { objectives: [{ metric: "f1", goal: "maximize" }], maximumFailures: 1 } as const;
    const { trials } = await project.settleStudy(await project.begin({ x: "float(0, 4)" }, missing));
    assert.match(
      trials[0]?.reason ?? "",
      /^Neither a metrics file nor a run of its steps holds a number f1. Write/,
    );
  });

  it("is refused before it begins for a parameter that is not there, or that no stage reads", async () => {
    const project = await createStudyProject(await open(), parabola());
    await assert.rejects(project.begin({ xx: "float(0, 4)" }), { code: "parameter_missing" });
    await assert.rejects(project.begin({ unused: "float(0, 4)" }), { code: "study_parameter_unused" });
  });
});
