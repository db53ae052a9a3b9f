import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { bytes } from "../../components/format.ts";
import { Icon } from "../../components/icons.tsx";
import { Panel } from "../../components/panel.tsx";
import { artifactsQuery } from "../../data/runs.ts";
import { Answer } from "../../shell/answer.tsx";
import { ArtifactPreview } from "./artifact-preview.tsx";

/** The files of a run as a tree, and beside it what is in the chosen one. The choice stands in the URL. */
export function Artifacts({ project, run }: { project: string; run: string }) {
  const { at } = useSearch({ strict: false });
  const navigate = useNavigate();
  const choose = (path: string) =>
    void navigate({
      to: ".",
      search: (before: Record<string, unknown>) => ({ ...before, at: path }),
      replace: true,
      resetScroll: false,
    });
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(16rem,22rem)_minmax(0,1fr)]">
      <Panel flush>
        <nav aria-label="Files" className="scroll-quiet max-h-[70vh] overflow-auto py-1.5">
          <Folder project={project} run={run} path="" depth={0} chosen={at} choose={choose} />
        </nav>
      </Panel>
      {at ? (
        <ArtifactPreview key={at} project={project} run={run} path={at} />
      ) : (
        <Panel>
          <EmptyState icon="data" title="Choose a file to look into it" />
        </Panel>
      )}
    </div>
  );
}

function Folder(props: {
  project: string;
  run: string;
  path: string;
  depth: number;
  chosen: string | undefined;
  choose: (path: string) => void;
}) {
  const { project, run, path, depth, chosen, choose } = props;
  const query = useQuery(artifactsQuery(project, run, path));
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const inset = { paddingLeft: 16 + depth * 18 };
  return (
    <Answer query={query} skeleton={<Skeleton lines={2} className="p-5" />}>
      {({ entries }) => {
        if (entries.length === 0 && depth === 0)
          return <EmptyState icon="download" title="No files were logged" />;
        return (
          <ul>
            {entries.map((artifact) => {
              const name = artifact.path.split("/").at(-1) ?? artifact.path;
              // What leads to the chosen file is open from the start.
              const isOpen =
                toggled.has(artifact.path) !== (chosen?.startsWith(`${artifact.path}/`) ?? false);
              return (
                <li key={artifact.path}>
                  {artifact.isFolder ? (
                    <button
                      type="button"
                      aria-expanded={isOpen}
                      style={inset}
                      className="flex h-8 w-full items-center gap-2 pr-4 text-left text-sm -outline-offset-2 hover:bg-hover"
                      onClick={() => setToggled(toggle(toggled, artifact.path))}
                    >
                      <Icon name={isOpen ? "down" : "right"} size={14} className="shrink-0 text-faint" />
                      <span className="truncate">{name}</span>
                    </button>
                  ) : (
                    <button
                      type="button"
                      aria-current={artifact.path === chosen || undefined}
                      style={inset}
                      className="flex h-8 w-full items-center gap-2 pr-4 text-left text-sm -outline-offset-2 hover:bg-hover aria-[current]:bg-accent-wash"
                      onClick={() => choose(artifact.path)}
                    >
                      <span className="w-3.5 shrink-0" />
                      <span className="min-w-0 flex-1 truncate">{name}</span>
                      <span className="tabular shrink-0 text-xs text-faint">{bytes(artifact.sizeBytes)}</span>
                    </button>
                  )}
                  {artifact.isFolder && isOpen && (
                    <Folder {...props} path={artifact.path} depth={depth + 1} />
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

function toggle(set: ReadonlySet<string>, path: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(path)) next.add(path);
  return next;
}
