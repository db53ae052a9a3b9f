import type { ReactNode } from "react";
import { Digest } from "../../components/code-block.tsx";
import { count } from "../../components/format.ts";
import { Icon, type IconName } from "../../components/icons.tsx";
import { TextLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { StateText } from "../../components/state-badge.tsx";
import { RelativeTime } from "../../components/time.tsx";
import type { Trace } from "../../data/predictions.ts";

interface Link {
  id: string;
  icon: IconName;
  noun: string;
  title: ReactNode;
  detail?: ReactNode;
  atMs?: number | null;
}

/** The chain from the answer back to the bytes of the data, each link with its page and its people. */
export function Origin({ project, trace }: { project: string; trace: Trace }) {
  const chain = [...released(project, trace), ...made(project, trace), ...fed(project, trace)];
  return (
    <Panel title="Where it came from" hint="each link is kept by its content">
      <ol aria-label="The chain of origin">
        {chain.map((link, index) => (
          <li key={link.id} className="relative flex gap-4 pb-5 last:pb-0">
            {index < chain.length - 1 && (
              <span
                aria-hidden="true"
                className="absolute top-9 bottom-0 left-[17.5px] w-px bg-line-strong"
              />
            )}
            <span className="flex size-9 shrink-0 items-center justify-center rounded-full border border-line bg-sunken text-soft">
              <Icon name={link.icon} />
            </span>
            <div className="grid min-w-0 flex-1 gap-x-6 gap-y-0.5 pt-1 sm:grid-cols-[7rem_1fr_auto]">
              <span className="text-sm leading-6 text-faint">{link.noun}</span>
              <div className="min-w-0">
                <div className="font-medium">{link.title}</div>
                {link.detail && <div className="text-sm text-soft">{link.detail}</div>}
              </div>
              {link.atMs !== undefined && link.atMs !== null && (
                <span className="text-xs leading-6 text-faint">
                  <RelativeTime atMs={link.atMs} />
                </span>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function released(project: string, { release }: Trace): Link[] {
  return [
    {
      id: release.id,
      icon: "release",
      noun: "Release",
      title: (
        <TextLink to="/projects/$project/releases/$release" params={{ project, release: release.id }}>
          {`${release.id} to ${release.environment}`}
        </TextLink>
      ),
      detail: (
        <>
          <StateText state={release.state} /> · asked by {release.requestedBy.name}: {release.reason}
        </>
      ),
      atMs: release.requestedAtMs,
    },
    ...release.approvals.map((approval): Link => ({
      id: `approval ${approval.by.id}`,
      icon: "user",
      noun: "Approved by",
      title: approval.by.name,
      detail: approval.note,
      atMs: approval.atMs,
    })),
  ];
}

function made(project: string, { modelVersion, runId, executionId }: Trace): Link[] {
  const { model, number, purpose } = modelVersion;
  const links: Link[] = [
    {
      id: modelVersion.id,
      icon: "model",
      noun: "Model version",
      title: (
        <TextLink
          to="/projects/$project/models/$model/$version"
          params={{ project, model, version: String(number) }}
        >
          {model} v{number}
        </TextLink>
      ),
      detail: (
        <>
          {modelVersion.kind}, registered by {modelVersion.author.name} ·{" "}
          <Digest value={modelVersion.digest} />
        </>
      ),
      atMs: modelVersion.createdAtMs,
    },
  ];
  if (runId) {
    links.push({
      id: runId,
      icon: "runs",
      noun: "Run",
      title: (
        <TextLink to="/projects/$project/runs/$run" params={{ project, run: runId }}>
          {runId.slice(0, 12)}
        </TextLink>
      ),
      detail: "its parameters, metrics and files",
    });
  }
  if (executionId) {
    links.push({
      id: executionId,
      icon: "pipeline",
      noun: "Execution",
      title: (
        <TextLink to="/projects/$project/executions/$execution" params={{ project, execution: executionId }}>
          {executionId}
        </TextLink>
      ),
      detail: purpose?.reason,
    });
  }
  return links;
}

function fed(project: string, { data, codeDigest, environmentDigest }: Trace): Link[] {
  return [
    ...data.map((version): Link => ({
      id: version.id,
      icon: "data",
      noun: "Data",
      title: (
        <TextLink
          to="/projects/$project/data/$dataset/$version"
          params={{ project, dataset: version.dataset, version: String(version.number) }}
        >
          {version.dataset} v{version.number}
        </TextLink>
      ),
      detail: (
        <>
          {version.source}, {count(version.rows, "row")} · <Digest value={version.digest} />
        </>
      ),
    })),
    ...bytes("Code", "audit", codeDigest, "the folder of the project as it was"),
    ...bytes("Environment", "screen", environmentDigest, "interpreter and packages, by their lock"),
  ];
}

function bytes(noun: string, icon: IconName, digest: string | null, detail: string): Link[] {
  return digest ? [{ id: noun, icon, noun, title: <Digest value={digest} />, detail }] : [];
}
