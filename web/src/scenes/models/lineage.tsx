import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { GraphView } from "../../components/graph/graph-view.tsx";
import { TextLink } from "../../components/link.tsx";
import { Panel } from "../../components/panel.tsx";
import { deploymentsQuery, type Deployment } from "../../data/deployments.ts";
import type { Lineage, ModelVersion } from "../../data/models.ts";
import { releasesQuery, type Release } from "../../data/releases.ts";

/** From the source to where it serves: what a version came from, its releases, and who it answers now. */
export function LineagePanel({ project, version, lineage, height }: LineagePanelProps) {
  const navigate = useNavigate();
  const releases = useQuery(releasesQuery(project)).data?.releases;
  const deployments = useQuery(deploymentsQuery(project)).data?.deployments;
  const whole = useMemo(
    () => extended(project, version, lineage, releases ?? [], deployments ?? []),
    [project, version, lineage, releases, deployments],
  );
  return (
    <Panel title="Lineage" hint="from the source to where it serves; Enter opens" flush>
      <GraphView
        label="Lineage"
        height={height}
        focus={version.id}
        nodes={whole.nodes}
        edges={whole.edges}
        onSelect={(id) => {
          const link = whole.nodes.find((node) => node.id === id)?.link;
          if (link) void navigate({ to: link });
        }}
      />
    </Panel>
  );
}

interface LineagePanelProps {
  project: string;
  version: ModelVersion;
  lineage: Lineage;
  height: number;
}

/** A thing of the lineage as a link, where it has a page. */
export function LineageLink({ lineage, id, fallback }: { lineage: Lineage; id: string; fallback: string }) {
  const node = lineage.nodes.find((each) => each.id === id);
  return node?.link ? <TextLink to={node.link}>{node.label}</TextLink> : <>{fallback}</>;
}

const icons = {
  source: "external",
  dataset_version: "data",
  label_snapshot: "labels",
  code: "audit",
  environment: "screen",
  execution: "pipeline",
  step: "pipeline",
  run: "runs",
  model_version: "model",
  release: "release",
  deployment: "serving",
} as const;

function extended(
  project: string,
  version: ModelVersion,
  lineage: Lineage,
  releases: readonly Release[],
  deployments: readonly Deployment[],
) {
  const own = releases.filter((release) => release.modelVersionId === version.id);
  const served = deployments.flatMap((deployment) =>
    deployment.variants.flatMap((variant) =>
      variant.modelVersionId === version.id ? [{ deployment, variant }] : [],
    ),
  );
  return {
    nodes: [
      ...lineage.nodes.map((node) => ({
        ...node,
        kind: node.kind.replaceAll("_", " "),
        ...(node.kind in icons ? { icon: icons[node.kind as keyof typeof icons] } : {}),
      })),
      ...own.map((release) => ({
        id: release.id,
        label: `to ${release.environment}`,
        kind: "release",
        icon: icons.release,
        state: release.state,
        link: `/projects/${project}/releases/${release.id}`,
      })),
      ...served.map(({ deployment, variant }) => ({
        id: deployment.id,
        label: deployment.environment,
        kind: `answers as ${variant.role}`,
        icon: icons.deployment,
        state: deployment.state,
        link: `/projects/${project}/serving/${deployment.id}`,
      })),
    ],
    edges: [
      ...lineage.edges,
      ...own.map((release) => ({ from: version.id, to: release.id, label: "released as" })),
      ...served.map(({ deployment, variant }) => ({
        from: variant.releaseId,
        to: deployment.id,
        label: variant.role,
      })),
    ],
  };
}
