import type { VersionKind } from "./index.ts";

declare module "#kernel/events" {
  interface Events {
    "model_version.registered": {
      readonly model: string;
      readonly number: number;
      readonly kind: VersionKind;
      readonly digest: string;
      readonly executionId: string | null;
      readonly purpose: string | null;
    };
    "model_version.rejected": { readonly model: string; readonly number: number; readonly reason: string };
    /** `before`: the number it pointed at; null when it was new. */
    "model_alias.set": {
      readonly model: string;
      readonly alias: string;
      readonly number: number;
      readonly before: number | null;
      readonly reason: string | null;
    };
    "model_alias.removed": {
      readonly model: string;
      readonly alias: string;
      readonly number: number;
      readonly reason: string | null;
    };
    /** Only what a client registered can be deleted; what a project made is kept. */
    "model_version.deleted": { readonly model: string; readonly number: number };
    /** A label of a version: its description, a tag, its stage. */
    "model_version.labelled": {
      readonly model: string;
      readonly number: number;
      readonly change: string;
      readonly tag?: TagChange;
      readonly stage?: { readonly from: string; readonly to: string };
      readonly reason?: string | null;
    };
    /** The subject is the name. */
    "registered_model.created": { readonly model: string };
    "registered_model.changed": { readonly change: string; readonly tag?: TagChange };
    "registered_model.deleted": { readonly model: string };
  }
}

/** A value of null: the tag was deleted. */
export interface TagChange {
  readonly key: string;
  readonly value: string | null;
}
