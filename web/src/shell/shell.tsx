import { Outlet, useNavigate, useParams, useRouterState } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useOffer, type Action } from "../components/actions.ts";
import { IconButton } from "../components/button.tsx";
import { useDialog } from "../components/dialog.tsx";
import { Icon } from "../components/icons.tsx";
import { later } from "../components/later.tsx";
import { PlainLink } from "../components/link.tsx";
import { useShortcutKeys } from "../components/shortcuts.ts";
import { Toasts } from "../components/toast.tsx";
import { meQuery } from "../data/session.ts";
import { Navigation } from "./navigation.tsx";
import { places } from "./places.ts";
import { RouteAnnouncer } from "./route-announcer.tsx";
import { chooseTheme } from "./theme.ts";
import { useLive } from "./use-live.ts";
import { Wordmark } from "./wordmark.tsx";

/** Only opened on request, so only loaded then. */
const CommandPalette = later(async () => (await import("../components/command-palette.tsx")).CommandPalette);
const ShortcutSheet = later(async () => (await import("../components/shortcut-sheet.tsx")).ShortcutSheet);

/** What stands around every page: navigation, commands, messages, and the live connection. */
export function Shell() {
  const { project } = useParams({ strict: false });
  const [opened, setOpened] = useState<"palette" | "keys" | "drawer" | undefined>();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const live = useLive(project);
  useQuery(meQuery);
  useShortcutKeys();
  useOffer(useGlobalActions(project, setOpened));
  useEffect(() => setOpened(undefined), [path]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setOpened((before) => (before === "palette" ? undefined : "palette"));
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
  const close = () => setOpened(undefined);
  const drawer = useDialog(opened === "drawer");

  return (
    <>
      <a
        href="#content"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-md bg-accent-fill px-4 py-2 text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <div className="flex min-h-dvh flex-col lg:flex-row">
        <aside className="sticky top-0 hidden h-dvh w-60 shrink-0 border-r border-line bg-ground lg:block">
          <Navigation project={project} live={live} onSearch={() => setOpened("palette")} />
        </aside>
        <header className="sticky top-0 z-30 flex h-13 items-center gap-2 border-b border-line bg-ground px-3 lg:hidden">
          <IconButton
            icon="menu"
            label="Open navigation"
            aria-expanded={opened === "drawer"}
            onClick={() => setOpened("drawer")}
          />
          <PlainLink to="/" className="rounded-md">
            <Wordmark />
          </PlainLink>
          {project && (
            <span className="min-w-0 truncate text-sm text-faint">
              <span aria-hidden="true">/ </span>
              {project}
            </span>
          )}
          <IconButton icon="search" label="Search" className="ml-auto" onClick={() => setOpened("palette")} />
        </header>
        <dialog
          ref={drawer}
          aria-label="Navigation"
          onClose={close}
          onClick={(event) => event.target === event.currentTarget && close()}
          className="fixed inset-y-0 left-0 m-0 h-dvh max-h-none w-72 max-w-[85vw] border-r border-line bg-ground p-0 shadow-float"
        >
          {opened === "drawer" && (
            <Navigation project={project} live={live} onSearch={() => setOpened("palette")} onClose={close} />
          )}
        </dialog>
        <main id="content" tabIndex={-1} className="min-w-0 flex-1 outline-none">
          <div className="mx-auto w-full max-w-[84rem] px-4 py-6 sm:px-8 sm:py-8">
            <Outlet />
          </div>
        </main>
      </div>
      {opened === "palette" && <CommandPalette open onClose={close} />}
      {opened === "keys" && <ShortcutSheet open onClose={close} />}
      <RouteAnnouncer />
      <Toasts />
      {live === "lost" && project && (
        <p
          role="status"
          className="fixed bottom-4 left-1/2 z-40 flex -translate-x-1/2 items-center gap-2 rounded-full border border-warn-line bg-warn-wash px-4 py-1.5 text-sm text-warn shadow-float"
        >
          <Icon name="pause" size={14} />
          Paused: the server does not answer. Trying again.
        </p>
      )}
    </>
  );
}

function useGlobalActions(
  project: string | undefined,
  open: (what: "palette" | "keys") => void,
): readonly Action[] {
  const navigate = useNavigate();
  return useMemo(() => {
    const pages: Action[] = project
      ? places.map((place) => ({
          id: place.to,
          label: place.label,
          group: "Go to",
          icon: place.icon,
          key: place.key,
          perform: () => void navigate({ to: place.to, params: { project } }),
        }))
      : [];
    return [
      ...pages,
      {
        id: "projects",
        label: "All projects",
        group: "Go to",
        icon: "list",
        perform: () => void navigate({ to: "/", search: { all: true } }),
      },
      {
        id: "keys",
        label: "Keyboard shortcuts",
        group: "Help",
        icon: "keyboard",
        key: "?",
        perform: () => open("keys"),
      },
      {
        id: "filter",
        label: "Filter this list",
        group: "View",
        icon: "search",
        key: "/",
        perform: () => document.querySelector<HTMLElement>("main [data-filter]")?.focus(),
      },
      {
        id: "rows",
        label: "Into the list of this page",
        group: "View",
        icon: "list",
        key: "j",
        perform: () => document.querySelector<HTMLElement>("main [data-row-link]")?.focus(),
      },
      { id: "light", label: "Light theme", group: "View", icon: "sun", perform: () => chooseTheme("light") },
      { id: "dark", label: "Dark theme", group: "View", icon: "moon", perform: () => chooseTheme("dark") },
      {
        id: "system",
        label: "Theme of the system",
        group: "View",
        icon: "screen",
        perform: () => chooseTheme("system"),
      },
    ];
  }, [project, navigate, open]);
}
