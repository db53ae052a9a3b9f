export { parseYaml } from "./parse.ts";
export type { YamlFile, YamlReading } from "./parse.ts";
export { faultsOf, throwFaults } from "./faults.ts";
export type { YamlFault, YamlPath } from "./faults.ts";
export { explainSyntax } from "./syntax.ts";
export { removeYamlValue, setYamlValue } from "./edit.ts";
export { problems as yamlProblems } from "./problems.ts";
