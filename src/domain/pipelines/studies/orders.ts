import { join } from "node:path";

import { Problem } from "#kernel/errors";
import { createId } from "#kernel/ids";
import { nearest } from "#kernel/nearest";

import type { StudyDeclaration } from "#objectives";

import { snapshotCode } from "../planning/snapshot.ts";
import { refuseUnusedParameters } from "./check-space.ts";
import type { StudyCommands } from "./commands.ts";
import type { Study } from "./entities.ts";
import type { StudyParts } from "./parts.ts";
import { problems } from "./problems.ts";
import { gridSize } from "./samplers/grid.ts";
import { insertStudy, readStudy, reopenStudy, requestStop } from "./store/studies.ts";
import { countTrials, listTrials } from "./store/trials.ts";
import { startStudyRun } from "./trial-runs.ts";

export function createStudyOrders(parts: StudyParts): StudyCommands {
  const { db, clock, ledger } = parts;
  const enqueue = async (study: Study): Promise<void> => {
    const { id, project } = study;
    await parts.jobs.enqueue({ kind: "studies.drive", payload: { study: id }, key: id, project });
  };
  return {
    async startStudy(order) {
      const declaration = order.declaration ?? (await declaredStudy(parts, order.project, order.name));
      const datasets = await parts.datasets.resolve(order.project, {});
      const project = await parts.projects.getProject(order.project);
      const snapshotFile = join(parts.snapshotsFolder, `${order.project}.json`);
      const dataPaths = datasets.map(({ path }) => path);
      const { code } = await snapshotCode(parts.blobs, project, dataPaths, snapshotFile);
      await refuseUnusedParameters(parts.blobs, { project, code, datasets, declaration });
      const size = declaration.sampler === "grid" ? gridSize(declaration.space) : Number.POSITIVE_INFINITY;
      const wanted: Omit<Study, "runId"> = {
        id: createId("study", clock),
        project: order.project,
        name: order.name,
        declaration,
        state: "running",
        reason: "It is about to begin.",
        wantedTrials: Math.min(size, declaration.trials ?? size),
        codeDigest: code.digest,
        datasetVersions: Object.fromEntries(datasets.map(({ name, versionId }) => [name, versionId])),
        actor: order.actor,
        createdAtMs: clock.nowMs(),
        endedAtMs: null,
        failuresCountFrom: 0,
      };
      return await db.transaction(async () => {
        const study = { ...wanted, runId: await startStudyRun(parts, wanted) };
        await insertStudy(db, study);
        const { id, name, project: of, actor, wantedTrials } = study;
        const data = { name, wantedTrials, sampler: declaration.sampler };
        await ledger.append({ kind: "study.started", subject: id, project: of, actor, data });
        await enqueue(study);
        return study;
      });
    },
    async stopStudy(id, actor) {
      return await db.transaction(async () => {
        const study = await requireStudy(parts, id);
        if (study.state !== "running") return study;
        await requestStop(db, id);
        const { name, project } = study;
        await ledger.append({ kind: "study.stop_requested", subject: id, project, actor, data: { name } });
        // The job of one that was given up is not there any more.
        await enqueue(study);
        return study;
      });
    },
    async resumeStudy({ id, actor, trials }) {
      return await db.transaction(async () => {
        const study = await requireStudy(parts, id);
        const wantedTrials = trials ?? study.wantedTrials;
        const had = await listTrials(db, id);
        await refuseNothingToDo(parts, study, wantedTrials);
        const again = { reason: "It is about to go on.", wantedTrials, failuresCountFrom: had.length };
        if (!(await reopenStudy(db, id, again))) {
          throw new Problem(problems.study_is_running, { message: `The study ${study.name} is running.` });
        }
        await parts.runs.reopen(study.runId, actor);
        const data = { name: study.name, wantedTrials };
        await ledger.append({ kind: "study.resumed", subject: id, project: study.project, actor, data });
        await enqueue(study);
        return await requireStudy(parts, id);
      });
    },
  };
}

async function declaredStudy(parts: StudyParts, project: string, name: string): Promise<StudyDeclaration> {
  const declared = await parts.declared(project);
  const found = declared[name];
  if (found !== undefined) return found;
  const meant = nearest(name, Object.keys(declared));
  throw new Problem(problems.study_not_declared, {
    message: `The charter of ${project} declares no study "${name}".`,
    ...(meant === undefined ? {} : { next: `Did you mean ${meant}?` }),
    data: { study: name, known: Object.keys(declared) },
  });
}

async function refuseNothingToDo(parts: StudyParts, study: Study, wantedTrials: number): Promise<void> {
  if (study.state === "running") {
    throw new Problem(problems.study_is_running, { message: `The study ${study.name} is running.` });
  }
  const counts = (await countTrials(parts.db, [study.id])).get(study.id);
  const had = (counts?.complete ?? 0) + (counts?.pruned ?? 0) + (counts?.failed ?? 0);
  if (had < wantedTrials) return;
  throw new Problem(problems.study_complete, {
    message: `The study ${study.name} has had ${had} of ${wantedTrials} trials.`,
  });
}

async function requireStudy(parts: StudyParts, id: string): Promise<Study> {
  const study = await readStudy(parts.db, id);
  if (study !== undefined) return study;
  throw new Problem(problems.study_not_found, { message: `There is no study ${id}.`, data: { study: id } });
}
