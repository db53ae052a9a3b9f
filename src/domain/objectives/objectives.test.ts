import assert from "node:assert/strict";
import { it } from "node:test";

import { z } from "zod";

import type { Principal } from "#kernel/auth";
import { dayMs } from "#kernel/clock";
import { digestOf } from "#kernel/digest";
import { createServer } from "#kernel/http";
import type { Server } from "#kernel/http";
import { createTestKernel, describeOnEveryEngine } from "#kernel/testing";
import type { TestKernel } from "#kernel/testing";

import { exampleYaml } from "./example.ts";
import { createObjectives, generate, migrations, parseProjectFile } from "./index.ts";
import type { Objectives } from "./index.ts";

interface World extends TestKernel {
  readonly objectives: Objectives;
  readonly server: Server;
}

const ada: Principal = { id: "usr_ada", name: "ada", kind: "person", via: "local" };
const stricter = exampleYaml.replace('">= 0.85"', '">= 0.9"');
const startMs = Date.UTC(2027, 0, 1);

describeOnEveryEngine("objectives", (open) => {
  async function build(principal: Principal = ada): Promise<World> {
    const kernel = await createTestKernel({ db: await open(), migrations, startMs });
    const objectives = createObjectives(kernel);
    const server = createServer({
      ...kernel,
      routes: objectives.routes,
      authenticate: async () => principal,
      authorise: async () => {},
      host: "127.0.0.1",
      port: 0,
    });
    return { ...kernel, objectives, server };
  }

  async function events({ ledger }: World) {
    return (await ledger.list({})).map(({ kind, subject, actor, data }) => ({ kind, subject, actor, data }));
  }

  it("makes a project of a charter and tells the ledger", async () => {
    const world = await build();
    const { commands, getProject, getCharter } = world.objectives;
    const digest = digestOf(exampleYaml);
    const projectFile = parseProjectFile(exampleYaml);

    const applied = await commands.applyCharter({ text: exampleYaml, folder: "/srv/care", actor: "usr_ada" });
    const { changed } = applied;

    assert.deepEqual(applied, {
      project: "airline-care",
      version: 1,
      digest,
      created: true,
      applied: true,
      changed,
    });
    assert.ok(changed.includes("gate:recall:for_each:airline") && changed.includes("decision_rule"));
    assert.deepEqual(await getProject("airline-care"), {
      id: "airline-care",
      folder: "/srv/care",
      createdAtMs: startMs,
      charterVersion: 1,
    });
    assert.deepEqual(await getCharter("airline-care"), {
      project: "airline-care",
      version: 1,
      digest,
      text: exampleYaml,
      actor: "usr_ada",
      appliedAtMs: startMs,
      projectFile,
      ...generate(projectFile),
    });
    const about = { subject: "airline-care", actor: "usr_ada" };
    assert.deepEqual(await events(world), [
      { ...about, kind: "project.created", data: { folder: "/srv/care" } },
      { ...about, kind: "charter.applied", data: { version: 1, digest, changed } },
    ]);
  });

  it("changes nothing when the same text is applied again", async () => {
    const world = await build();
    const { applyCharter } = world.objectives.commands;
    await applyCharter({ text: exampleYaml, actor: "usr_ada" });
    const before = await events(world);

    const again = await applyCharter({ text: exampleYaml, actor: "usr_bob" });

    assert.deepEqual(again, {
      project: "airline-care",
      version: 1,
      digest: digestOf(exampleYaml),
      created: false,
      applied: false,
      changed: [],
    });
    assert.deepEqual(await events(world), before);
  });

  it("numbers the versions and keeps the old ones; going back to an old text is a new version", async () => {
    const { objectives, clock } = await build();
    const { applyCharter } = objectives.commands;
    await applyCharter({ text: exampleYaml, actor: "usr_ada" });
    clock.advanceMs(dayMs);
    const second = await applyCharter({ text: stricter, actor: "usr_bob" });
    await applyCharter({ text: exampleYaml, actor: "usr_ada" });

    assert.deepEqual(second.changed, ["section:objective", "gate:recall", "monitor:performance:recall"]);
    assert.deepEqual(
      (await objectives.listCharterVersions("airline-care")).map(({ version, actor }) => [version, actor]),
      [
        [3, "usr_ada"],
        [2, "usr_bob"],
        [1, "usr_ada"],
      ],
    );
    assert.equal((await objectives.getCharter("airline-care", 2)).text, stricter);
    assert.equal((await objectives.getCharter("airline-care")).version, 3);
  });

  it("gives two writers at once a version each", async () => {
    const { objectives } = await build();
    const { applyCharter } = objectives.commands;
    await Promise.all([
      applyCharter({ text: exampleYaml, actor: "usr_ada" }),
      applyCharter({ text: stricter, actor: "usr_bob" }),
    ]);
    const versions = await objectives.listCharterVersions("airline-care");
    assert.deepEqual(
      versions.map(({ version }) => version),
      [2, 1],
    );
  });

  it("remembers where a project has moved to, and forgets it not when nobody says", async () => {
    const { objectives } = await build();
    const { applyCharter } = objectives.commands;
    await applyCharter({ text: exampleYaml, folder: "/srv/old", actor: "usr_ada" });
    await applyCharter({ text: exampleYaml, folder: "/srv/new", actor: "usr_ada" });
    await applyCharter({ text: stricter, actor: "usr_ada" });
    assert.equal((await objectives.getProject("airline-care")).folder, "/srv/new");
  });

  it("writes nothing for a file that is wrong", async () => {
    const world = await build();
    const text = exampleYaml.replace("project:", "projekt:");
    await assert.rejects(world.objectives.commands.applyCharter({ text, actor: "usr_ada" }), {
      code: "project_file_invalid",
    });
    assert.deepEqual([await world.objectives.listProjects(), await events(world)], [[], []]);
  });

  it("knows no project and no version that was never applied", async () => {
    const { objectives } = await build();
    await assert.rejects(objectives.getCharter("nowhere"), { code: "project_not_found" });
    await objectives.commands.applyCharter({ text: "project: tiny", actor: "usr_ada" });
    await assert.rejects(objectives.getCharter("tiny", 2), {
      code: "charter_version_not_found",
      message: "The charter of tiny has no version 2; its newest is 1.",
    });
  });

  it("speaks HTTP: check, apply, read", async () => {
    const { server } = await build();
    const url = "/api/v1/projects/airline-care/charter";

    const checked = await server.inject({ method: "POST", url: `${url}/check`, body: { yaml: exampleYaml } });
    const put = await server.inject({ method: "PUT", url, body: { yaml: exampleYaml, folder: "/srv/care" } });
    const read = await server.inject({ url });
    const list = await server.inject({ url: "/api/v1/projects" });

    const check = z.looseObject({ valid: z.boolean(), changes: z.array(z.string()) }).parse(checked.json());
    assert.equal(check.valid, true);
    const answer = z.looseObject({ changed: z.array(z.string()) }).parse(put.json());
    assert.deepEqual(answer.changed, check.changes);
    const charter = z
      .looseObject({ yaml: z.string(), gates: z.array(z.unknown()), projectFile: z.unknown() })
      .parse(read.json());
    const projectFile = parseProjectFile(exampleYaml);
    assert.deepEqual([charter.yaml, charter.projectFile], [exampleYaml, projectFile]);
    assert.deepEqual(charter.gates, generate(projectFile).gates);
    assert.deepEqual(list.json(), {
      projects: [{ id: "airline-care", folder: "/srv/care", createdAtMs: startMs, charterVersion: 1 }],
    });
  });

  it("answers a wrong file with the place of its mistake", async () => {
    const { server } = await build();
    const yaml = exampleYaml.replace("- recall:", "- recal:");
    const url = "/api/v1/projects/airline-care/charter";
    const put = await server.inject({ method: "PUT", url, body: { yaml } });
    const check = await server.inject({ method: "POST", url: `${url}/check`, body: { yaml } });

    assert.equal(put.status, 400);
    const problem = z.looseObject({ code: z.string(), position: z.unknown() }).parse(put.json());
    assert.deepEqual(
      [problem.code, problem.position],
      ["project_file_invalid", { file: "gyre.yaml", line: 20, column: 7 }],
    );
    const { valid, faults } = z
      .looseObject({ valid: z.boolean(), faults: z.array(z.looseObject({ suggestion: z.string() })) })
      .parse(check.json());
    assert.deepEqual([valid, faults.map(({ suggestion }) => suggestion)], [false, ["recall"]]);
  });

  it("puts no charter to another project than the one it names", async () => {
    const { server } = await build();
    const url = "/api/v1/projects/other/charter";
    const { status, json } = await server.inject({ method: "PUT", url, body: { yaml: exampleYaml } });
    assert.deepEqual(
      [status, z.looseObject({ code: z.string() }).parse(json()).code],
      [400, "project_name_differs"],
    );
  });

  it("lets nobody from afar name a folder on its disk", async () => {
    const { server } = await build({ ...ada, via: "token" });
    const url = "/api/v1/projects/airline-care/charter";
    const body = { yaml: exampleYaml, folder: "/etc" };
    assert.equal((await server.inject({ method: "PUT", url, body })).status, 403);
    assert.equal((await server.inject({ method: "PUT", url, body: { yaml: exampleYaml } })).status, 200);
  });

  it("publishes the JSON Schema of the project file", async () => {
    const { server } = await build();
    const { status, json } = await server.inject({ url: "/api/v1/gyre.schema.json" });
    assert.deepEqual(
      [status, z.looseObject({ required: z.unknown() }).parse(json()).required],
      [200, ["project"]],
    );
  });
});
