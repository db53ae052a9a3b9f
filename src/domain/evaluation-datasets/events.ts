declare module "#kernel/events" {
  interface Events {
    "evaluation_dataset.created": { readonly name: string };
    "evaluation_dataset.changed": {
      readonly name: string;
      readonly inserted: number;
      readonly updated: number;
      readonly deleted: number;
    };
    "evaluation_dataset.linked": { readonly name: string; readonly experiments: readonly string[] };
    "evaluation_dataset.unlinked": { readonly name: string; readonly experiments: readonly string[] };
    "evaluation_dataset.tagged": { readonly name: string; readonly keys: readonly string[] };
    "evaluation_dataset.deleted": { readonly name: string };
  }
}

export {};
