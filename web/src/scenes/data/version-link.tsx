import { useQuery } from "@tanstack/react-query";
import { TextLink } from "../../components/link.tsx";
import { datasetVersionsQuery } from "../../data/datasets.ts";

/** A version of a data set by its id, told by its number. */
export function DatasetVersionLink({
  project,
  dataset,
  id,
}: {
  project: string;
  dataset: string;
  id: string;
}) {
  const { data } = useQuery(datasetVersionsQuery(project, dataset));
  const version = data?.versions.find((each) => each.id === id);
  if (!version) return <code className="font-mono text-xs">{id}</code>;
  return (
    <TextLink
      to="/projects/$project/data/$dataset/$version"
      params={{ project, dataset, version: String(version.number) }}
    >
      {dataset} v{version.number}
    </TextLink>
  );
}
