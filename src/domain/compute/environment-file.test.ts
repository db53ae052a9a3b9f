import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { systemClock } from "#kernel/clock";
import { temporaryFolder } from "#kernel/testing";

import { createCompute, readEnvironmentFile } from "./index.ts";

const read = async (path: string, files: Readonly<Record<string, string>>) =>
  await readEnvironmentFile(path, async (wanted) => files[wanted]);

const registry = `source = { registry = "https://index.example/simple" }`;
const wheel = (hash: string): string =>
  `wheels = [{ url = "https://index.example/a.whl", hash = "sha256:${hash}", size = 1 }]`;

/** As uv writes it for a project with a marker, an extra, two versions of one package, and a group for development. */
const lock = `
version = 1
revision = 3
requires-python = ">=3.10"

[[package]]
name = "shop"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "numpy", version = "2.4.6", ${registry}, marker = "python_full_version == '3.11.*'" },
    { name = "numpy", version = "2.5.5", ${registry}, marker = "python_full_version >= '3.12'" },
    { name = "requests", extra = ["socks"] },
    { name = "tqdm" },
]

[package.dev-dependencies]
dev = [{ name = "pytest" }]

[[package]]
name = "colorama"
version = "0.4.6"
${registry}
${wheel("c")}

[[package]]
name = "idna"
version = "3.20"
${registry}
sdist = { url = "https://index.example/idna.tar.gz", hash = "sha256:s", size = 1 }
${wheel("i")}

[[package]]
name = "numpy"
version = "2.4.6"
${registry}
resolution-markers = ["python_full_version == '3.11.*'"]
${wheel("n1")}

[[package]]
name = "numpy"
version = "2.5.5"
${registry}
resolution-markers = ["python_full_version >= '3.12'"]
${wheel("n2")}

[[package]]
name = "pysocks"
version = "1.7.1"
${registry}
${wheel("p")}

[[package]]
name = "pytest"
version = "9.0.0"
${registry}
dependencies = [{ name = "colorama" }]
${wheel("t")}

[[package]]
name = "requests"
version = "2.32.3"
${registry}
dependencies = [{ name = "idna" }]
${wheel("r")}

[package.optional-dependencies]
socks = [{ name = "pysocks", marker = "sys_platform != 'darwin'" }]

[[package]]
name = "tqdm"
version = "4.70.1"
${registry}
dependencies = [{ name = "colorama", marker = "sys_platform == 'win32'" }]
${wheel("q")}
`;

describe("the file of an environment", () => {
  it("may be a uv.lock: what the project runs with, under its markers, with hashes", async () => {
    const expected = {
      requirementsText: [
        "colorama==0.4.6 ; (sys_platform == 'win32') --hash=sha256:c",
        "idna==3.20 --hash=sha256:i --hash=sha256:s",
        "numpy==2.4.6 ; (python_full_version == '3.11.*') --hash=sha256:n1",
        "numpy==2.5.5 ; (python_full_version >= '3.12') --hash=sha256:n2",
        "pysocks==1.7.1 ; (sys_platform != 'darwin') --hash=sha256:p",
        "requests==2.32.3 --hash=sha256:r",
        "tqdm==4.70.1 --hash=sha256:q",
        "",
      ].join("\n"),
    };
    assert.deepEqual(await read("uv.lock", { "uv.lock": lock }), expected);
    // The lock beside a project counts, and not what its author wrote by hand.
    const files = { "ml/uv.lock": lock, "ml/pyproject.toml": `[project]\ndependencies = ["other"]\n` };
    assert.deepEqual(await read("ml/pyproject.toml", files), expected);
  });

  it("may be a pyproject.toml without a lock, or plain requirements, or absent", async () => {
    const project = `[project]\nname = "x"\ndependencies = ["numpy>=2", "tqdm ; python_version < '3.12'"]\n`;
    assert.deepEqual(await read("pyproject.toml", { "pyproject.toml": project }), {
      requirementsText: "numpy>=2\ntqdm ; python_version < '3.12'\n",
    });
    assert.deepEqual(await read("requirements.txt", { "requirements.txt": "a==1\n" }), {
      requirementsText: "a==1\n",
    });
    assert.deepEqual(await read("requirements.txt", {}), { requirementsText: "" });
  });

  it("that cannot be read says what is wrong with it", async () => {
    for (const [path, text, message] of [
      ["uv.lock", "version = 2\n", /no uv\.lock of version 1/],
      ["uv.lock", "version = [", /no valid TOML/],
      [
        "uv.lock",
        lock.replace(`name = "idna"\nversion`, `name = "other"\nversion`),
        /needs idna and does not lock it/,
      ],
      [
        "uv.lock",
        lock.replace(
          `version = "3.20"\n${registry}`,
          `version = "3.20"\nsource = { directory = "libs/idna" }`,
        ),
        /idna as a folder/,
      ],
      ["pyproject.toml", "[tool.poetry]\n", /no \[project\] table/],
    ] as const) {
      await assert.rejects(read(path, { [path]: text }), { code: "environment_file_invalid", message });
    }
  });

  it("of conda needs a program of conda, and has a digest of its own", async () => {
    const condaText = "dependencies:\n  - python=3.12\n";
    const text = await read("environment.yml", { "environment.yml": condaText });
    assert.deepEqual(text, { requirementsText: "", condaText });
    const compute = createCompute({
      clock: systemClock,
      cacheFolder: await temporaryFolder(),
      variables: { PATH: await temporaryFolder() },
    });
    const request = { ...text, pythonVersion: ">=3.10" };
    await assert.rejects(compute.ensureEnvironment(request), { code: "conda_missing", next: /micromamba/ });
    const same = await compute.environmentDigest({ ...request, condaText: `# why\n${condaText}\n` });
    assert.equal(await compute.environmentDigest(request), same);
    const other = await compute.environmentDigest({
      ...request,
      condaText: condaText.replace("3.12", "3.13"),
    });
    assert.notEqual(other, same);
  });
});
