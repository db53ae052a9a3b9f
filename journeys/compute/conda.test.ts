import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { it } from "node:test";
import { pathToFileURL } from "node:url";

import { createCompute } from "#compute";
import { systemClock } from "#kernel/clock";
import { temporaryFolder } from "#kernel/testing";

const maker = ["micromamba", "mamba", "conda"].find((name) => spawnSync(name, ["--version"]).status === 0);
const skip =
  maker === undefined &&
  "none of micromamba, mamba and conda is on the PATH, and no package index brings one";

it(
  "an environment.yml is built by conda from the channels it names, once, and a package that no channel has is told",
  { skip },
  async (t) => {
    const channel = await temporaryFolder();
    const script = join(import.meta.dirname, "conda", "make-channel.py");
    const line = execFileSync("python3", [script, channel], { encoding: "utf8" }).trim();
    const condaText = `channels:\n  - ${pathToFileURL(channel).href}\ndependencies:\n  - python=${line}\n  - tiny-words=1.2\n`;
    const compute = createCompute({
      clock: systemClock,
      cacheFolder: await temporaryFolder(),
      variables: {
        ...process.env,
        CONDA_PKGS_DIRS: await temporaryFolder(),
        // The channel has no pip, and nothing is asked of the network.
        CONDA_ADD_PIP_AS_PYTHON_DEPENDENCY: "false",
        CONDA_DEFAULT_CHANNELS: "",
      },
    });
    t.after(() => compute.close());
    const request = { requirementsText: "", condaText, pythonVersion: ">=3.10" };
    const { interpreter } = await compute.ensureEnvironment(request);
    const said = execFileSync(interpreter, ["-c", "import tiny_words; print(tiny_words.say())"], {
      encoding: "utf8",
    });
    assert.equal(said, "from a channel\n");
    assert.equal((await compute.ensureEnvironment(request)).interpreter, interpreter);

    const absent = { ...request, condaText: condaText.replace("tiny-words=1.2", "tiny-words=9") };
    await assert.rejects(compute.ensureEnvironment(absent), {
      code: "environment_failed",
      message: /tiny-words/,
    });
  },
);
