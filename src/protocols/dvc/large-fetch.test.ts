import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { dvcVerbs } from "./index.ts";
import { openTestRepository, refusalOf } from "./test-repository.ts";

const config = "    remote = store\n['remote \"store\"']\n    url = ../store\n";
// From so many objects on, threads fetch them.
const many = 700;

describe("fetching many objects from a folder", () => {
  it("keeps every whole one and nothing of a damaged one, tells of it, and lists what is missing", async (test) => {
    const texts = [
      ...Array.from({ length: many }, (_, index) => `text ${index}`),
      "large ".repeat(1_000_000),
      "large, and damaged ".repeat(300_000),
    ];
    const files = Object.fromEntries(texts.map((text, index) => [`data/${index % 9}/${index}`, text]));
    const repository = openTestRepository(test, files, config);
    await repository.add("data");
    const everything = repository.objects();
    const push = await dvcVerbs.push();
    await repository.run(async (session) => await push(session, { targets: [] }));
    rmSync(join(repository.root, ".dvc/cache"), { recursive: true });

    const inStore = (text: string): string => {
      const md5 = hash("md5", text, "hex");
      return join(repository.root, "store/files/md5", md5.slice(0, 2), md5.slice(2));
    };
    const damaged = ["text 7", texts.at(-1) ?? ""];
    for (const text of damaged) flipFirstBit(inStore(text));
    rmSync(inStore("text 8"));
    const { fetchObjects } = await dvcVerbs.fetch();
    const fetchAll = async () =>
      await repository.run(async (session) => await fetchObjects(session, { targets: [] }));

    assert.equal((await refusalOf(fetchAll())).code, "dvc_object_damaged");
    const whole = Object.entries(everything).filter(([, text]) => ![...damaged, "text 8"].includes(text));
    assert.deepEqual(repository.objects(), Object.fromEntries(whole));

    for (const text of damaged) flipFirstBit(inStore(text));
    const { count, missing } = await fetchAll();
    assert.deepEqual(
      [count, missing.map(({ digest }) => digest.md5)],
      [damaged.length, [hash("md5", "text 8", "hex")]],
    );
  });
});

function flipFirstBit(place: string): void {
  const bytes = readFileSync(place);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  chmodSync(place, 0o644);
  writeFileSync(place, bytes);
}
