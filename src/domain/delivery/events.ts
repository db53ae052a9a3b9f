declare module "#kernel/events" {
  interface Events {
    "release.requested": {
      readonly model: string;
      readonly number: number;
      readonly environment: string;
      readonly modelVersionId: string;
      readonly reason: string;
      readonly exception: string | null;
    };
    "release.judged": {
      readonly verdict: "passed" | "failed";
      readonly failed: readonly string[];
      readonly threshold: number | null;
    };
    "release.refused": { readonly failed: readonly string[] };
    "release.approved": { readonly by: string; readonly note: string | null; readonly missing: number };
    "release.declined": { readonly reason: string };
    "rollout.step_started": { readonly step: "shadow" | "canary" | "all"; readonly share: number | null };
    "release.live": { readonly model: string; readonly number: number; readonly replaces: string | null };
    "release.superseded": { readonly by: string };
    "release.rolled_back": { readonly reason: string; readonly restores: string | null };
  }
}

export {};
