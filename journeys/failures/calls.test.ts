import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { gyre, isWellTold, startServer } from "./gyre.ts";
import { writeProject } from "./project.ts";

interface Call {
  readonly words: readonly string[];
  readonly code: number;
  readonly says: RegExp;
  readonly next: RegExp;
}

describe("a command that cannot do what was asked", async () => {
  const empty = await temporaryFolder();
  const folder = await temporaryFolder();
  writeProject(folder);
  await startServer({ folder });

  const refuses = async (
    { words, code, says, next }: Call,
    where: Parameters<typeof gyre>[1],
  ): Promise<void> => {
    const ended = await gyre(words, where);
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, says);
    assert.match(ended.stderr, next);
    assert.equal(isWellTold(ended), null);
    assert.equal(ended.stdout, "");
  };

  const noServer = [
    "run",
    "why count",
    "runs",
    "data",
    "models",
    "releases",
    "deployments",
    "incidents",
  ].concat([
    "release shop@1",
    "approve rel_1",
    "decline rel_1",
    "rollback",
    "trace prd_1",
    "audit",
    "people",
    "diff a b",
  ]);
  for (const line of noServer) {
    it(`gyre ${line} without a server says how to start one`, async () => {
      await refuses(
        {
          words: line.split(" "),
          code: 1,
          says: /^error\[server_not_running\]: No server is running for this folder\.$/m,
          next: /^next: Start it with: gyre up/m,
        },
        { folder: empty },
      );
    });
  }

  for (const line of ["check", "apply"]) {
    it(`gyre ${line} in a folder without a project says how to make one`, async () => {
      await refuses(
        {
          words: [line],
          code: 4,
          says: /^error\[project_folder_missing\]: There is no gyre\.yaml in .* or above it\.$/m,
          next: /^next: Make a project with: gyre new NAME$/m,
        },
        { folder: empty },
      );
    });
  }

  const unknown: readonly Call[] = [
    {
      words: ["models", "shpo"],
      code: 4,
      says: /There is no model "shpo"; there is shop\./,
      next: /Did you mean "shop"\?/,
    },
    { words: ["models", "shop@9"], code: 4, says: /shop has no version 9\./, next: /gyre models/ },
    {
      words: ["data", "mesages"],
      code: 4,
      says: /There is no data set "mesages"; there is messages\./,
      next: /Did you mean "messages"\?/,
    },
    {
      words: ["data", "messages@9"],
      code: 4,
      says: /Version 9 of messages does not exist\./,
      next: /gyre data/,
    },
    {
      words: ["data", "messages@newest"],
      code: 2,
      says: /"newest" is no version of a data set/,
      next: /messages@3/,
    },
    {
      words: ["runs", "--project", "shpo"],
      code: 4,
      says: /There is no project "shpo"; there is shop\./,
      next: /Did you mean "shop"\?/,
    },
    {
      words: ["run", "cuont"],
      code: 4,
      says: /The pipeline has no stage "cuont"\./,
      next: /Did you mean "count"\?/,
    },
    {
      words: ["why", "cuont"],
      code: 4,
      says: /The pipeline has no stage "cuont"\./,
      next: /Did you mean "count"\?/,
    },
    {
      words: ["run", "-p", "depth"],
      code: 2,
      says: /"depth" is no parameter of the form key=value/,
      next: /gyre run -p/,
    },
    { words: ["runs", "0123"], code: 4, says: /0123/, next: /^next: List the runs/m },
    { words: ["release", "shop@9"], code: 4, says: /shop has no version 9\./, next: /gyre models/ },
    {
      words: ["approve", "rel_1"],
      code: 4,
      says: /There is no release rel_1 in shop\./,
      next: /gyre releases/,
    },
    {
      words: ["releases", "rel_1"],
      code: 4,
      says: /There is no release rel_1 in shop\./,
      next: /gyre releases/,
    },
    { words: ["incidents", "inc_1"], code: 4, says: /There is no incident inc_1\./, next: /gyre incidents/ },
    {
      words: ["deployments", "dep_1"],
      code: 4,
      says: /There is no deployment dep_1 in shop\./,
      next: /gyre deployments/,
    },
    { words: ["trace", "prd_1"], code: 4, says: /no prediction prd_1/, next: /prediction_id/ },
    {
      words: ["predict", "shop", "nowhere.csv"],
      code: 4,
      says: /There is no file nowhere\.csv\./,
      next: /Check the path/,
    },
    {
      words: ["predict", "shop", "data/messages.csv"],
      code: 4,
      says: /No version of shop is live/,
      next: /gyre release shop@1/,
    },
  ];
  for (const call of unknown) {
    it(`gyre ${call.words.join(" ")} ends with ${call.code} and a next step`, async () => {
      await refuses(call, { folder });
    });
  }

  it("with a token that is unknown is refused with 3", async () => {
    await refuses(
      {
        words: ["models"],
        code: 3,
        says: /^error\[token_invalid\]: This token is unknown here, or it was revoked\.$/m,
        next: /^next: Ask an owner for a new token/m,
      },
      { folder, variables: { GYRE_TOKEN: "gyre_wrong" } },
    );
  });

  it("by somebody who may not is refused with 3, naming the permission", async () => {
    const added = await gyre(["people", "add", "vera", "--role", "viewer"], { folder });
    const viewer = { folder, variables: { GYRE_TOKEN: added.stdout.trim() } };
    assert.equal((await gyre(["models"], viewer)).code, 0);
    const refused = { code: 3, says: /^error\[permission_denied\]: .*vera/m, next: /^next: \S/m };
    await refuses({ words: ["run"], ...refused }, viewer);
    await refuses({ words: ["release", "shop@1"], ...refused }, viewer);
    await refuses({ words: ["people", "add", "wim"], ...refused }, viewer);
  });

  it("with a server that was named and does not answer says which, and from where it has the address", async () => {
    await refuses(
      {
        words: ["models"],
        code: 1,
        says: /^error\[server_not_running\]: No server answers at http:\/\/127\.0\.0\.1:2 \(from GYRE_URL\): .*ECONNREFUSED.*\.$/m,
        next: /^next: Start it with: gyre up$/m,
      },
      { folder, variables: { GYRE_URL: "http://127.0.0.1:2" } },
    );
  });
});
