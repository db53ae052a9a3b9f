/** Parameters as one writes them: `name=value`, one a line; a value that is JSON is that, else text. */
export function readParameters(text: string): { parameters: Record<string, unknown>; problem?: string } {
  const found: Record<string, unknown> = {};
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const at = line.indexOf("=");
    const name = line.slice(0, at).trim();
    if (at < 1 || name === "")
      return { parameters: {}, problem: `Line ${index + 1} is not of the form name=value.` };
    found[name] = valueOf(line.slice(at + 1).trim());
  }
  return { parameters: found };
}

export function writeParameters(parameters: Readonly<Record<string, unknown>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${isPlain(value) ? value : JSON.stringify(value)}`)
    .join("\n");
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Text that would be read back as something else than text needs its quotes. */
function isPlain(value: unknown): value is string {
  return typeof value === "string" && valueOf(value) === value;
}
