import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Icon } from "../components/icons.tsx";
import { Menu } from "../components/menu.tsx";
import { projectsQuery } from "../data/projects.ts";

/** The project in hand, and the way to the others. */
export function ProjectSwitcher({ project }: { project: string | undefined }) {
  const { data } = useQuery(projectsQuery);
  const navigate = useNavigate();
  const projects = data?.projects ?? [];
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          className="flex h-10 w-full items-center gap-2.5 rounded-md px-2 text-left hover:bg-hover"
        >
          <span
            aria-hidden="true"
            className="flex size-6 shrink-0 items-center justify-center rounded bg-accent-wash text-xs font-semibold text-accent-strong uppercase"
          >
            {project?.slice(0, 1) ?? "–"}
          </span>
          <span className="min-w-0 flex-1 truncate text-base font-medium">
            {project ?? "Choose a project"}
          </span>
          {project && <span className="sr-only">, change project</span>}
          <Icon name="updown" size={14} className="text-faint" />
        </button>
      }
      items={[
        { heading: "Projects" },
        ...projects.map((each) => ({
          label: each.id,
          checked: each.id === project,
          perform: () => void navigate({ to: "/projects/$project", params: { project: each.id } }),
        })),
        "line",
        {
          label: "All projects",
          icon: "list",
          perform: () => void navigate({ to: "/", search: { all: true } }),
        },
      ]}
    />
  );
}
