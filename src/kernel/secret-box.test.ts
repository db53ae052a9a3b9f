import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { createSecretBox } from "./secret-box.ts";
import { temporaryFolder } from "./testing/index.ts";

describe("the secret box", () => {
  const filePath = async (): Promise<string> => join(await temporaryFolder(), "state", "secret.key");

  it("gives back what was sealed, also after a restart, and makes its key file for its user alone", async () => {
    const file = await filePath();
    const sealed = await createSecretBox({ file }).seal("hunter2 ✓", "whk_1");
    assert.equal(await createSecretBox({ file }).open(sealed, "whk_1"), "hunter2 ✓");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.doesNotMatch(sealed, /hunter2/);
    assert.notEqual(sealed, await createSecretBox({ file }).seal("hunter2 ✓", "whk_1"));
  });

  it("takes the key it is told and then writes no file", async () => {
    const file = await filePath();
    const sealed = await createSecretBox({ file, key: "correct horse battery staple" }).seal("s", "a");
    assert.equal(await createSecretBox({ file, key: "correct horse battery staple" }).open(sealed, "a"), "s");
    assert.equal(existsSync(file), false);
    await assert.rejects(createSecretBox({ file, key: "another key" }).open(sealed, "a"), {
      code: "secret_unreadable",
    });
  });

  it("opens nothing that was moved to another place, cut or changed", async () => {
    const box = createSecretBox({ file: await filePath() });
    const sealed = await box.seal("s", "whk_1");
    // Not the last letter: of that some bits mean nothing.
    const flipped = sealed.slice(0, -4) + (sealed.at(-4) === "A" ? "B" : "A") + sealed.slice(-3);
    for (const [text, place] of [
      [sealed, "whk_2"],
      [sealed.slice(0, 20), "whk_1"],
      ["v1.", "whk_1"],
      [flipped, "whk_1"],
    ] satisfies [string, string][]) {
      await assert.rejects(box.open(text, place), { code: "secret_unreadable" });
    }
  });

  it("refuses a key file that other users can read", async () => {
    const file = await filePath();
    const sealed = await createSecretBox({ file }).seal("s", "a");
    chmodSync(file, 0o640);
    await assert.rejects(createSecretBox({ file }).open(sealed, "a"), { code: "secret_key_file_open" });
    assert.ok(readFileSync(file, "utf8").length > 40);
  });
});
