import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { describeConfig, readConfig } from "./config.ts";

describe("the settings", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "settings-"));
    await mkdir(join(folder, "shop/src/deep"), { recursive: true });
    await writeFile(join(folder, "shop/gyre.yaml"), "project: shop\n");
  });
  after(async () => await rm(folder, { recursive: true }));

  const read = (environment: Record<string, string> = {}, flags: Record<string, string> = {}, at = "shop") =>
    readConfig({ flags, environment, workingFolder: join(folder, at) });

  it("have defaults that follow from the project's folder, found from any sub-folder", () => {
    const dir = join(folder, "shop/.gyre");
    assert.deepEqual(read({ PATH: "/bin" }, {}, "shop/src/deep").config, {
      dir,
      projectFolder: join(folder, "shop"),
      host: "127.0.0.1",
      port: 7357,
      gatewayPort: 7358,
      auth: "local",
      allowedHosts: [],
      webhookHosts: [],
      secretKey: undefined,
      database: join(dir, "gyre.db"),
      blobs: join(dir, "blobs"),
      blobCacheBytes: 10_000_000_000,
      garbageGraceDays: 7,
      gpus: undefined,
      compute: "local",
      url: undefined,
      token: undefined,
      logLevel: "info",
    });
  });

  it("are taken from a flag before the environment, and the environment before the default", () => {
    const environment = { GYRE_PORT: "8000", GYRE_HOST: "::1", GYRE_ALLOWED_HOSTS: "a.org, b.org:81" };
    const { config, found } = read(environment, { port: "0" });
    assert.deepEqual([config.port, config.host, config.allowedHosts], [0, "::1", ["a.org", "b.org:81"]]);
    assert.deepEqual(
      found.filter(({ key }) => key === "port" || key === "host" || key === "auth"),
      [
        { key: "host", value: "::1", origin: "GYRE_HOST" },
        { key: "port", value: "0", origin: "--port" },
        { key: "auth", value: "local", origin: "default" },
      ],
    );
  });

  it("take a folder or a bucket for bytes, and a size in units", () => {
    const blobsOf = (blobs: string) => read({ GYRE_BLOBS: blobs }).config.blobs;
    assert.deepEqual(
      [blobsOf("s3://models/team"), blobsOf("../bytes"), blobsOf("/mnt/bytes")],
      ["s3://models/team", join(folder, "bytes"), "/mnt/bytes"],
    );
    const cacheOf = (size: string) => read({}, { blobCacheBytes: size }).config.blobCacheBytes;
    assert.deepEqual(
      ["0B", "900kB", "1.5 MB", "20GB", "2TB"].map(cacheOf),
      [0, 900_000, 1_500_000, 20_000_000_000, 2_000_000_000_000],
    );
    assert.throws(() => cacheOf("20"), { code: "setting_invalid" });
  });

  it("take a number of GPUs, or their names", () => {
    const gpusOf = (gpus: string) => read({ GYRE_GPUS: gpus }).config.gpus;
    assert.deepEqual(["0", "8", "0,2", "3,", "GPU-8932f937,MIG-1"].map(gpusOf), [
      0,
      8,
      ["0", "2"],
      ["3"],
      ["GPU-8932f937", "MIG-1"],
    ]);
    assert.throws(() => gpusOf("-1"), { code: "setting_invalid" });
    assert.throws(() => gpusOf(",1"), { code: "setting_invalid" });
  });

  it("are refused with the nearest name when a variable is misspelt", () => {
    assert.throws(() => read({ GYRE_PROT: "1" }), {
      code: "setting_unknown",
      message: "There is no setting GYRE_PROT.",
      next: "Did you mean GYRE_PORT?",
    });
  });

  it("are refused with what they must be when a value has the wrong form", () => {
    assert.throws(() => read({}, { port: "70000" }), {
      code: "setting_invalid",
      message: '--port is "70000"; it must be a whole number from 0 (any free port) to 65535.',
    });
    assert.throws(() => read({ GYRE_AUTH: "none" }), { code: "setting_invalid" });
    for (const blobs of ["gs://bucket", "s3:///prefix", "s3://key:hush@bucket"])
      assert.throws(() => read({}, { blobs }), { code: "setting_invalid", message: /^(?!.*hush)/ }, blobs);
  });

  it("are printed with their origin and without their secrets", () => {
    const { found } = read({ GYRE_TOKEN: "gyre_abc", GYRE_DATABASE_URL: "postgres://u:pw@db.example/gyre" });
    const printed = describeConfig(found);
    assert.doesNotMatch(printed, /gyre_abc|pw@/);
    assert.match(printed, /database +\(hidden, at db\.example\) +GYRE_DATABASE_URL/);
    assert.match(printed, /dir .* beside .*gyre\.yaml/);
  });
});
