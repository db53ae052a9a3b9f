import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Icon } from "../components/icons.tsx";
import { PlainLink } from "../components/link.tsx";
import { Menu } from "../components/menu.tsx";
import { toast } from "../components/toasts.ts";
import { meQuery, signOut } from "../data/session.ts";

/** Who is signed in, and the way out; on the own machine simply the name. */
export function WhoAmI() {
  const { data } = useQuery(meQuery);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const principal = data?.principal;
  if (!principal || principal.via === "none") {
    return (
      <PlainLink
        to="/sign-in"
        className="flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm text-soft hover:bg-hover hover:text-ink"
      >
        <Icon name="key" />
        Sign in
      </PlainLink>
    );
  }
  const leave = async () => {
    try {
      await signOut();
      queries.clear();
      await navigate({ to: "/sign-in" });
    } catch (problem) {
      toast("bad", problem instanceof Error ? problem.message : "Signing out failed.");
    }
  };
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          className="flex h-8 min-w-0 items-center gap-2.5 rounded-md px-2.5 text-sm text-soft hover:bg-hover hover:text-ink"
        >
          <Icon name="user" className="shrink-0" />
          <span className="truncate">{principal.name}</span>
        </button>
      }
      items={[
        { heading: principal.via === "local" ? "On this machine" : `Signed in by ${principal.via}` },
        { label: "Sign in as someone else", icon: "key", perform: () => void navigate({ to: "/sign-in" }) },
        ...(principal.via === "session"
          ? [{ label: "Sign out", icon: "arrow" as const, perform: () => void leave() }]
          : []),
      ]}
    />
  );
}
