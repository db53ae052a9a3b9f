import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after } from "node:test";

import { readConfig } from "#kernel/config";
import { temporaryFolder } from "#kernel/testing";
import { startServer } from "#main";
import type { System } from "#main";
import type { Execution } from "#pipelines";

export interface House {
  readonly system: System;
  /** Everything the server keeps. */
  readonly stateFolder: string;
  /** A folder outside of it, in which steps leave what only the test may know. */
  readonly aside: string;
  /** Ada, a contributor of the project `shop`, and a member outside projects. */
  readonly ada: string;
  run(): Promise<Execution>;
  /** The status and text of a request that shows this token. */
  as(token: string, method: string, path: string, body?: object): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A whole server on which everybody must sign in, over the projects `shop` and `bank`. */
export async function openHouse(
  files: (aside: string) => Readonly<Record<string, string>>,
  settings: Readonly<Record<string, string>> = {},
): Promise<House> {
  const root = await temporaryFolder();
  const aside = join(root, "aside");
  const stateFolder = join(root, "state");
  await write(join(root, "shop"), { "gyre.yaml": "project: shop\npipeline: dvc.yaml\n", ...files(aside) });
  await write(join(root, "bank"), { "gyre.yaml": "project: bank\n" });
  await mkdir(aside);
  const start = async (auth: string): Promise<System> => {
    const flags = { port: "0", gatewayPort: "0", logLevel: "error", dir: stateFolder, auth, ...settings };
    const { config } = readConfig({ flags, environment: {}, workingFolder: join(root, "shop") });
    return await startServer(config);
  };
  // Somebody must be able to sign in before everybody has to.
  const local = await start("local");
  const { commands } = local.access;
  const owner = { role: "owner", project: null } as const;
  const olga = await commands.addPrincipal({ name: "olga", kind: "person", grant: owner, actor: "system" });
  await commands.issueToken({ principal: olga.id, label: "laptop", expiresAtMs: null, actor: "system" });
  const grant = { role: "contributor", project: "shop" } as const;
  const { id: ada } = await commands.addPrincipal({ name: "ada", kind: "person", grant, actor: olga.id });
  // She may begin experiments and models outside projects too; of that a step has the models.
  await commands.grantRole({ principal: ada, role: "member", project: "-", actor: olga.id });
  for (const name of ["shop", "bank"])
    await local.projectFolder.apply({ folder: join(root, name), actor: olga.id });
  await local.stop();

  const system = await start("required");
  after(() => system.stop());
  return {
    system,
    stateFolder,
    aside,
    ada,
    async run() {
      const purpose = { kind: "requested", reason: "a test" } as const;
      const { id } = await system.pipelines.commands.execute({ project: "shop", purpose, actor: ada });
      await system.pipelines.awaitExecution(id, { withinMs: 300_000 });
      return await system.pipelines.getExecution(id);
    },
    async as(token, method, path, body) {
      const answer = await fetch(`${system.url()}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, text: await answer.text() };
    },
  };
}

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
