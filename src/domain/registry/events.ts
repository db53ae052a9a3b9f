import type { ModelKind } from "./runtimes/index.ts";

declare module "#kernel/events" {
  interface Events {
    "model_version.registered": {
      readonly model: string;
      readonly number: number;
      readonly kind: ModelKind;
      readonly digest: string;
      readonly executionId: string | null;
      readonly purpose: string | null;
    };
    "model_version.rejected": { readonly model: string; readonly number: number; readonly reason: string };
    "model_alias.set": { readonly model: string; readonly alias: string; readonly number: number };
  }
}
