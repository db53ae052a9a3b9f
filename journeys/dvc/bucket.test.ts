import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { after, before, describe, it } from "node:test";

import { openBucket, readS3Settings } from "#kernel/s3";
import { noS3Server, startS3Server } from "#kernel/testing";
import type { S3Server } from "#kernel/testing";

import { findDvc } from "./environment.ts";
import { makeTeamRepository } from "./repository.ts";
import type { Said, TeamRepository } from "./repository.ts";

const dvc = await findDvc();
const why = noS3Server ?? (dvc.startsWith("no dvc") ? dvc : undefined);

describe("a bucket as the remote of both programs", { skip: why ?? false }, () => {
  let s3: S3Server;
  const made: TeamRepository[] = [];
  before(async () => void (s3 = await startS3Server()));
  after(() => {
    s3.stop();
    for (const { root } of made) rmSync(dirname(root), { recursive: true, force: true });
  });

  async function openTeam(): Promise<{ team: TeamRepository; url: string }> {
    const url = `s3://${await s3.createBucket()}/data/team`;
    const team = makeTeamRepository(dvc);
    made.push(team);
    const { AWS_ACCESS_KEY_ID: key = "", AWS_SECRET_ACCESS_KEY: secret = "" } = s3.environment;
    team.write(
      ".dvc/config",
      `[core]\n    remote = store\n['remote "store"']\n    url = ${url}\n    endpointurl = ${s3.endpoint}\n    access_key_id = ${key}\n    secret_access_key = ${secret}\n`,
    );
    for (let index = 0; index < 30; index++) team.write(`raw/${index} ä.txt`, `content ${index}\n`);
    team.write("one.csv", "a,b\n1,2\n");
    return { team, url };
  }

  for (const [sender, receiver] of [
    ["gyre", "dvc"],
    ["dvc", "gyre"],
  ] as const) {
    it(`gives ${receiver} what ${sender} has pushed`, async () => {
      const { team, url } = await openTeam();
      ok(team[sender]("add", "raw", "one.csv"));
      ok(team[sender]("push", "-q"));
      const keys = [];
      for await (const { key } of openBucket(readS3Settings(url, s3.environment)).list("files/md5/"))
        keys.push(key);
      assert.equal(keys.length, 32);
      const other = team.copy();
      made.push(other);
      other.remove(".dvc/cache", "raw", "one.csv");
      ok(other[receiver]("pull", "-q"));
      assert.deepEqual(other.state(), team.state());
    });
  }

  it("is told as what it is when it cannot be reached, without its credentials", async () => {
    const { team, url } = await openTeam();
    ok(team.gyre("add", "one.csv"));
    team.write(
      ".dvc/config.local",
      "['remote \"store\"']\n    endpointurl = http://127.0.0.1:9\n    secret_access_key = hush\n",
    );
    const refused = team.gyre("push");
    assert.notEqual(refused.code, 0);
    assert.match(
      refused.err,
      new RegExp(`remote 'store' \\(${url}\\).*127\\.0\\.0\\.1:9 could not be reached`),
    );
    assert.doesNotMatch(refused.out + refused.err, /hush/);
  });
});

function ok({ code, out, err }: Said): void {
  assert.equal(code, 0, `${out}\n${err}`);
}
