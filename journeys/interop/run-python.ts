import { spawn } from "node:child_process";

/** What a program says that has these variables and Python's standard library alone; throws it if it fails. */
export async function runPython(
  source: string,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  const child = spawn("python3", ["-"], { env: { PATH: process.env["PATH"] ?? "", ...variables } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  }
  child.stdin.end(source);
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(said);
  return said;
}
