import { stringify } from "yaml";

const long = "x".repeat(140);

/**
 * What people do call their stages: with a digit first, like a number or a truth, with quotes and other signs,
 * in other scripts, too long for most orchestrators and alike in all that those would keep; many at once; and
 * with settings that only Gyre reads.
 */
export const unusualPipeline = {
  "params.yaml": "publish: false\n",
  "dvc.yaml": stringify({
    stages: {
      "01-fetch": { cmd: "echo 1 > fetched.txt", outs: ["fetched.txt"] },
      yes: { cmd: "cat fetched.txt", deps: ["fetched.txt"] },
      "0o17": { cmd: "cat fetched.txt", deps: ["fetched.txt"] },
      "1_000": { cmd: "cat fetched.txt", deps: ["fetched.txt"] },
      [long]: { cmd: "cat fetched.txt", deps: ["fetched.txt"] },
      [`${long}y`]: { cmd: "cat fetched.txt", deps: ["fetched.txt"] },
      shape: {
        foreach: [
          "a.b",
          "a-b",
          "it's",
          'say "so"',
          "back\\slash",
          "data/a.csv",
          "../up",
          "日本",
          "{{ item }}",
          "50%",
          "two  words",
          "12:30:45",
        ],
        do: { cmd: "cat fetched.txt", deps: ["fetched.txt"], desc: 'as "it" is: ${item}' },
      },
      part: {
        foreach: Array.from({ length: 45 }, (_, index) => index),
        do: { cmd: "cp fetched.txt ${item}.part", deps: ["fetched.txt"], outs: ["${item}.part"] },
      },
      report: {
        cmd: "cat 0.part 44.part > report.txt",
        deps: ["0.part", "44.part"],
        outs: ["report.txt"],
        meta: {
          gyre: {
            timeout: "10m",
            resources: { cpu: 0.5, memory: "100MB" },
            priority: 5,
            retry: { times: 2, on: [75, "lost"], backoff: "1s" },
          },
        },
      },
      publish: {
        cmd: "cp report.txt published.txt",
        deps: ["report.txt"],
        outs: ["published.txt"],
        meta: { gyre: { when: "params.publish" } },
      },
    },
  }),
};
