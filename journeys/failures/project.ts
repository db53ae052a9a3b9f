import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The files of a project by their path. */
export type Files = Readonly<Record<string, string>>;

/** A project that needs no Python: a rule as its model, a contract for its data, a pipeline of shell commands. */
export const soundFiles: Files = {
  "gyre.yaml": `project: shop
objective:
  decision: Which messages are answered first?
  task: classification
  target: sentiment
  positive: negative
  costs: { false_negative: 12, false_positive: 1.5, currency: EUR }
  baseline: baseline.yaml
  ready_when:
    - recall: ">= 0.85"
data:
  messages:
    source: { file: data/messages.csv }
    contract: contract.yaml
pipeline: dvc.yaml
`,
  "baseline.yaml": `version: 1
inputs: [text]
labels: [negative, positive]
rules:
  - when: { text: { contains_any: [lost, late] } }
    then: { label: negative, score: 0.8 }
otherwise: { label: positive, score: 0.7 }
`,
  "contract.yaml": `columns:
  text: { type: text, required: true }
  sentiment: { type: text, one_of: [negative, positive] }
`,
  "dvc.yaml": `stages:
  count:
    cmd: wc -l < data/messages.csv > count.txt
    deps: [data/messages.csv]
    outs: [count.txt]
`,
  "data/messages.csv": `message_id,text,sentiment
m1,my bag is lost,negative
m2,thank you,positive
m3,so late again,negative
m4,well done,positive
`,
};

/** Writes the sound project with some files put differently. */
export function writeProject(folder: string, different: Files = {}): void {
  for (const [name, text] of Object.entries({ ...soundFiles, ...different })) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
