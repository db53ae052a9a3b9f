import { fanOut, openBenchProject } from "./bench-project.ts";

// Plans a fan-out and says how long that took and how much memory the whole process ever had.
const project = await openBenchProject(process.argv[2] ?? ".", { slots: 2 });
await project.write({ "dvc.yaml": fanOut(5), in: "1" });
const startedMs = performance.now();
const before = process.cpuUsage();
const execution = await project.start();
const planMs = performance.now() - startedMs;
const used = process.cpuUsage(before);
const cpuMs = (used.user + used.system) / 1_000;
const steps = execution.steps.length;
const peakBytes = process.resourceUsage().maxRSS * 1_024;
console.log(JSON.stringify({ planMs, cpuMs, peakBytes, steps }));
await project.close();
