import { floatText } from "./scalar.ts";
import { isYamlList, isYamlMapping } from "./yaml-value.ts";
import type { YamlValue } from "./yaml-value.ts";

/** Nested keys joined by dots; a list is told as Python tells it. */
export function flatten(value: YamlValue): ReadonlyMap<string, YamlValue> {
  const flat = new Map<string, YamlValue>();
  const visit = (prefix: string, member: YamlValue): void => {
    if (isYamlMapping(member)) {
      for (const [key, inner] of Object.entries(member))
        visit(prefix === "" ? key : `${prefix}.${key}`, inner);
    } else flat.set(prefix, isYamlList(member) ? pythonText(member) : member);
  };
  visit("", value);
  return flat;
}

/** A value as Python's `str` of it; texts within a list stand in quotes. */
export function pythonText(value: YamlValue, isInside = false): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") {
    if (!isInside) return value;
    return value.includes("'") && !value.includes('"') ? `"${value}"` : `'${value.replaceAll("'", "\\'")}'`;
  }
  if (typeof value === "number") return floatText(value);
  if (isYamlList(value)) return `[${value.map((item) => pythonText(item, true)).join(", ")}]`;
  if (isYamlMapping(value)) {
    const members = Object.entries(value).map(([key, member]) => `'${key}': ${pythonText(member, true)}`);
    return `{${members.join(", ")}}`;
  }
  return typeof value === "bigint" ? String(value) : value.text;
}
