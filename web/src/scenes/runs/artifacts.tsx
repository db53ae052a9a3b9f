import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { bytes } from "../../components/format.ts";
import { Icon } from "../../components/icons.tsx";
import { Panel } from "../../components/panel.tsx";
import { artifactHref, artifactsQuery } from "../../data/runs.ts";
import { Answer } from "../../shell/answer.tsx";

/** The files of a run; folders open in place, files are downloaded. */
export function Artifacts({ project, run }: { project: string; run: string }) {
  return (
    <Panel flush>
      <Folder project={project} run={run} path="" depth={0} />
    </Panel>
  );
}

function Folder({
  project,
  run,
  path,
  depth,
}: {
  project: string;
  run: string;
  path: string;
  depth: number;
}) {
  const query = useQuery(artifactsQuery(project, run, path));
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const inset = { paddingLeft: 20 + depth * 20 };
  return (
    <Answer query={query} skeleton={<Skeleton lines={2} className="p-5" />}>
      {({ entries }) => {
        if (entries.length === 0 && depth === 0)
          return <EmptyState icon="download" title="No files were logged" />;
        return (
          <ul>
            {entries.map((artifact) => {
              const name = artifact.path.split("/").at(-1) ?? artifact.path;
              return (
                <li key={artifact.path}>
                  {artifact.isFolder ? (
                    <button
                      type="button"
                      aria-expanded={open.has(artifact.path)}
                      style={inset}
                      className="flex h-9 w-full items-center gap-2 pr-5 text-left -outline-offset-2 hover:bg-hover"
                      onClick={() => setOpen(toggled(open, artifact.path))}
                    >
                      <Icon
                        name={open.has(artifact.path) ? "down" : "right"}
                        size={14}
                        className="text-faint"
                      />
                      {name}
                    </button>
                  ) : (
                    <a
                      href={artifactHref(project, run, artifact.path)}
                      download
                      style={inset}
                      className="flex h-9 items-center gap-2 pr-5 -outline-offset-2 hover:bg-hover"
                    >
                      <Icon name="download" size={14} className="text-faint" />
                      <span className="min-w-0 flex-1 truncate">{name}</span>
                      <span className="tabular text-sm text-faint">{bytes(artifact.sizeBytes)}</span>
                    </a>
                  )}
                  {open.has(artifact.path) && (
                    <Folder project={project} run={run} path={artifact.path} depth={depth + 1} />
                  )}
                </li>
              );
            })}
          </ul>
        );
      }}
    </Answer>
  );
}

function toggled(set: ReadonlySet<string>, path: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(path)) next.add(path);
  return next;
}
