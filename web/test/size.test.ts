import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);

/** The promise of the architecture: shell and first page, compressed. */
const budgetBytes = 200_000;

test("the shell and the home page come in at most 200 kB", () => {
  const manifest: Record<string, { file: string; css?: string[]; imports?: string[] }> = JSON.parse(
    readFileSync(new URL(".vite/manifest.json", dist), "utf8"),
  );
  const files = new Set<string>();
  const collect = (name: string) => {
    const chunk = manifest[name];
    if (!chunk || files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const css of chunk.css ?? []) files.add(css);
    for (const imported of chunk.imports ?? []) collect(imported);
  };
  collect("index.html");
  collect("src/scenes/home/home.tsx");
  const total = [...files].reduce(
    (all, file) => all + gzipSync(readFileSync(new URL(file, dist))).byteLength,
    0,
  );
  assert.ok(files.size > 2, "the manifest names the entry and the home page");
  assert.ok(total <= budgetBytes, `${total} bytes in ${files.size} files`);
});

test("the page itself holds no script and no style", () => {
  const html = readFileSync(new URL("index.html", dist), "utf8");
  assert.deepEqual(html.match(/<style|<script(?![^>]*\bsrc=)|\son[a-z]+=|style=/g), null);
});
