import type { ReactNode } from "react";
import { Digest } from "../../components/code-block.tsx";
import { count, plain } from "../../components/format.ts";
import { Badge } from "../../components/state-badge.tsx";
import type { Difference, Explanation, KeyParts } from "../../data/executions.ts";

/**
 * All that a result depends on, what differs first: each component with its value before and now. What is
 * the same can be opened, so that nobody has to believe it.
 */
export function Differences({ explanation }: { explanation: Explanation }) {
  const { differences, now, last } = explanation;
  const same =
    now === null || last === null ? [] : componentsOf(now).filter(({ key }) => !differs(differences, key));
  return (
    <div className="space-y-3">
      {differences.length > 0 && (
        <div
          className="scroll-quiet -mx-5 overflow-x-auto"
          tabIndex={0}
          role="region"
          aria-label="What differs"
        >
          <table className="w-full text-sm">
            <thead>
              <tr className="text-left text-xs text-faint">
                <th className="py-1.5 pr-3 pl-5 font-medium">Component</th>
                <th className="px-3 py-1.5 font-medium">Before</th>
                <th className="py-1.5 pr-5 pl-3 font-medium">Now</th>
              </tr>
            </thead>
            <tbody>
              {differences.map((difference) => (
                <Row key={`${difference.part} ${difference.name}`} difference={difference} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {same.length > 0 && (
        <details className="text-sm">
          <summary className="w-fit rounded-md py-1 text-soft hover:text-ink">
            {count(same.length, "component is", "components are")} the same
          </summary>
          <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
            {same.map(({ key, part, name, value }) => (
              <div key={key} className="contents">
                <dt className="text-faint">{partWord(part, name)}</dt>
                <dd className="min-w-0 wrap-anywhere">
                  <Value value={value} />
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </div>
  );
}

function Row({ difference }: { difference: Difference }) {
  const { part, name, before, now, files } = difference;
  const change = before === null ? "new" : now === null ? "gone" : "changed";
  return (
    <tr className="border-t border-line align-top">
      <th scope="row" className="py-2 pr-3 pl-5 text-left font-normal">
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Badge tone={change === "changed" ? "warn" : "busy"}>{change}</Badge>
          <span className="wrap-anywhere">{partWord(part, name)}</span>
        </span>
        {files && files.length > 0 && (
          <ul className="mt-1 font-mono text-xs text-faint">
            {files.slice(0, 8).map((file) => (
              <li key={file}>{file}</li>
            ))}
            {files.length > 8 && <li>and {files.length - 8} more</li>}
          </ul>
        )}
      </th>
      <td className="px-3 py-2 wrap-anywhere text-soft">
        <Value value={before} />
      </td>
      <td className="py-2 pr-5 pl-3 wrap-anywhere">
        <Value value={now} />
      </td>
    </tr>
  );
}

/** Digests by their first digits, text as it is. */
function Value({ value }: { value: string | null }): ReactNode {
  if (value === null) return <span className="text-faint">none</span>;
  if (/^(sha256[:-])?[0-9a-f]{32,64}$/.test(value))
    return (
      <span className="whitespace-nowrap">
        <Digest value={value} length={8} />
      </span>
    );
  return <code className="font-mono text-xs whitespace-pre-wrap">{value}</code>;
}

interface Component {
  key: string;
  part: string;
  name: string;
  value: string | null;
}

function componentsOf(parts: KeyParts): Component[] {
  const component = (part: string, name: string, value: string | null) => ({
    key: `${part} ${name}`,
    part,
    name,
    value,
  });
  return [
    component("command", "", parts.commands.join("\n")),
    component("wdir", "", parts.wdir),
    component("environment", "", parts.environment),
    ...(parts.image ? [component("image", "", parts.image)] : []),
    ...(parts.platform ? [component("platform", "", parts.platform)] : []),
    ...(parts.interpreter ? [component("interpreter", "", parts.interpreter)] : []),
    ...Object.entries(parts.deps).map(([path, digest]) => component("dependency", path, digest)),
    ...Object.entries(parts.params).flatMap(([file, values]) =>
      Object.entries(values).map(([key, value]) => component("parameter", `${key} in ${file}`, plain(value))),
    ),
    component("outs", "", parts.outs.join("\n")),
    ...(parts.secrets ? [component("secrets", "", parts.secrets.join(", "))] : []),
  ];
}

function differs(differences: readonly Difference[], key: string): boolean {
  return differences.some(({ part, name }) => `${part} ${name}` === key);
}

function partWord(part: string, name: string): ReactNode {
  const words: Record<string, string> = {
    command: "Command",
    wdir: "Folder it runs in",
    environment: "Environment",
    image: "Container image",
    platform: "Platform where it runs",
    interpreter: "Python where it runs",
    outs: "List of outs",
    secrets: "Names of secrets",
  };
  return words[part] ?? <code className="font-mono text-xs">{name}</code>;
}
