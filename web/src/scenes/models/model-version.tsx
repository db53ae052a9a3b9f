import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "../../components/button.tsx";
import { Digest } from "../../components/code-block.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { TextField } from "../../components/field.tsx";
import { bytes, count, number, plain } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { ButtonLink, TextLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Notice, Panel } from "../../components/panel.tsx";
import { Badge, StateBadge } from "../../components/state-badge.tsx";
import { Stat, StatRow } from "../../components/stat.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { modelFileHref, modelVersionQuery, type Lineage, type ModelVersion } from "../../data/models.ts";
import { requestRelease } from "../../data/releases.ts";
import { Answer } from "../../shell/answer.tsx";
import { useOrder } from "../../shell/use-order.ts";
import { crumbs } from "../crumbs.tsx";
import { Actor } from "../../shell/actor.tsx";
import { useRefusal } from "../../shell/who.ts";
import { metricName } from "../metrics.ts";
import { AliasHistory } from "./alias-history.tsx";
import { LineageLink, LineagePanel } from "./lineage.tsx";

const tabs = ["overview", "lineage", "files", "aliases"] as const;

/** One version of a model: its proof, its signature, its files, and everything it came from. */
export function ModelVersionPage() {
  const {
    project,
    model,
    version: number_,
  } = useParams({ from: "/projects/$project/models/$model/$version" });
  const { tab } = useSearch({ strict: false });
  const query = useQuery(modelVersionQuery(project, model, number_));
  return (
    <Answer query={query}>
      {({ version, lineage }) => (
        <>
          <PageHeader
            crumbs={crumbs(project, "models")}
            title={`${version.model} v${version.number}`}
            state={
              <>
                <StateBadge state={version.state} />
                {version.aliases.map((alias) => (
                  <Badge key={alias} tone="accent">
                    {alias}
                  </Badge>
                ))}
              </>
            }
            meta={
              <>
                <span>{version.kind}</span>
                <span>
                  registered <RelativeTime atMs={version.createdAtMs} /> by <Actor id={version.actor} />
                </span>
                <Digest value={version.digest} />
              </>
            }
            actions={
              <>
                <ButtonLink
                  to="/projects/$project/models/$model/compare"
                  params={{ project, model }}
                  search={{ at: String(Math.max(1, version.number - 1)), other: String(version.number) }}
                >
                  Compare
                </ButtonLink>
                {version.state === "ready" && <AskForRelease project={project} version={version} />}
              </>
            }
          />
          {version.rejection && (
            <div className="mb-5">
              <Notice tone="bad" title="This version was rejected">
                {version.rejection}
              </Notice>
            </div>
          )}
          <Tabs
            label="Views of this version"
            current={tabs.find((each) => each === tab) ?? "overview"}
            items={[
              { value: "overview", label: "Overview" },
              { value: "lineage", label: "Lineage" },
              { value: "files", label: "Files", count: version.files.length },
              { value: "aliases", label: "Aliases" },
            ]}
          />
          {tab === "files" ? (
            <Files project={project} version={version} />
          ) : tab === "lineage" ? (
            <LineagePanel project={project} version={version} lineage={lineage} height={560} />
          ) : tab === "aliases" ? (
            <AliasHistory project={project} model={model} />
          ) : (
            <Overview project={project} version={version} lineage={lineage} />
          )}
        </>
      )}
    </Answer>
  );
}

function Overview({
  project,
  version,
  lineage,
}: {
  project: string;
  version: ModelVersion;
  lineage: Lineage;
}) {
  const { parity, signature } = version;
  return (
    <div className="space-y-5">
      <Panel title="Measured by its run">
        {Object.keys(version.metrics).length === 0 ? (
          <p className="text-soft">Nothing was measured. The gates of a release measure for themselves.</p>
        ) : (
          <StatRow>
            {Object.entries(version.metrics).map(([key, value]) => (
              <Stat key={key} label={metricName(key)} value={value} />
            ))}
          </StatRow>
        )}
      </Panel>
      <LineagePanel project={project} version={version} lineage={lineage} height={340} />
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <Panel title="Signature">
          <KeyValueList
            items={[
              ...signature.inputs.map((input) => ({
                name: input.name,
                value: `${input.datatype}${input.optional ? ", optional" : ""}`,
              })),
              { name: "Answers", value: signature.labels.join(", ") || undefined },
            ]}
          />
        </Panel>
        <Panel title="Export and origin">
          <KeyValueList
            items={[
              {
                name: "ONNX parity",
                value: parity ? (
                  <span className="inline-flex flex-wrap items-center gap-2">
                    <StateBadge state={parity.agrees ? "passed" : "failed"} />
                    {number(parity.rows)} rows, largest difference {number(parity.largestDifference)} of{" "}
                    {number(parity.tolerance)} allowed, {count(parity.labelsDiffer, "label")} differ
                  </span>
                ) : undefined,
              },
              {
                name: "Run",
                value: version.origin.runId ? (
                  <TextLink to="/projects/$project/runs/$run" params={{ project, run: version.origin.runId }}>
                    {version.origin.runId.slice(0, 12)}
                  </TextLink>
                ) : undefined,
              },
              {
                name: "Execution",
                value: version.origin.executionId ? (
                  <TextLink
                    to="/projects/$project/executions/$execution"
                    params={{ project, execution: version.origin.executionId }}
                  >
                    {version.origin.executionId}
                  </TextLink>
                ) : undefined,
              },
              {
                name: "Code",
                value: version.origin.codeDigest ? <Digest value={version.origin.codeDigest} /> : undefined,
              },
              {
                name: "Environment",
                value: version.origin.environmentDigest ? (
                  <Digest value={version.origin.environmentDigest} />
                ) : undefined,
              },
              ...Object.entries(version.origin.datasetVersions).map(([dataset, id]) => ({
                name: "Data",
                value: <LineageLink lineage={lineage} id={id} fallback={`${dataset} ${id}`} />,
              })),
              ...Object.entries(version.origin.parameters).map(([name, value]) => ({
                name,
                value: plain(value),
              })),
            ]}
          />
        </Panel>
      </div>
    </div>
  );
}

function Files({ project, version }: { project: string; version: ModelVersion }) {
  return (
    <Panel flush>
      <ul className="divide-y divide-line">
        {version.files.map((file) => (
          <li key={file.path} className="flex flex-wrap items-center gap-x-4 px-5 py-2 text-sm">
            <a
              href={modelFileHref(project, version, file.path)}
              download
              className="min-w-0 flex-1 font-mono text-xs break-all text-accent underline decoration-accent-line underline-offset-3"
            >
              {file.path}
            </a>
            <span className="tabular text-faint">{bytes(file.sizeBytes)}</span>
            <Digest value={file.digest} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function AskForRelease({ project, version }: { project: string; version: ModelVersion }) {
  const refusal = useRefusal(project, "release:request");
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const navigate = useNavigate();
  const order = useOrder(async () => {
    const { release } = await requestRelease(project, {
      model: version.model,
      version: String(version.number),
      ...(reason ? { reason } : {}),
    });
    await navigate({ to: "/projects/$project/releases/$release", params: { project, release: release.id } });
  }, "The release is being judged by its gates.");
  return (
    <>
      <Button look="primary" icon="release" refused={refusal} onClick={() => setOpen(true)}>
        Release
      </Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={`Release ${version.model} v${version.number} to production`}
        actions={
          <>
            <Button look="quiet" onClick={() => setOpen(false)}>
              Not now
            </Button>
            <Button look="primary" busy={order.isPending} onClick={() => order.mutate(undefined)}>
              Ask for release
            </Button>
          </>
        }
      >
        <p className="mb-4 text-soft">
          The gates of the charter measure this version first. Then someone other than you approves, and the
          rollout begins.
        </p>
        <TextField
          label="Why"
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          hint="Kept with the release. May be empty."
        />
      </Dialog>
    </>
  );
}
