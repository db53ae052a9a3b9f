// `npm test`: runs every check and every test, or those that the arguments name; see tools/test/arguments.ts.
// Plain JavaScript, so that a Node that is too old says so instead of failing at the first type.
const neededMajor = 26;

if (Number(process.versions.node.split(".")[0]) < neededMajor) {
  console.error(`The tests need Node ${neededMajor}; this is ${process.version} at ${process.execPath}.
Next: run them as \`npm test\`, which finds the Node that \`npm ci\` installed in node_modules/.bin.`);
  process.exit(1);
}
const { runTests } = await import("./test/run.ts");
process.exitCode = await runTests(process.argv.slice(2));
