declare module "#kernel/events" {
  interface Events {
    /** The subject is the project. `folder` is where it lies on the server's disk, if it does. */
    "project.created": { readonly folder: string | null };
    /** The subject is the project. `changed` as `changesBetween` names it: `gate:recall`, `section:model`. */
    "charter.applied": {
      readonly version: number;
      readonly digest: string;
      readonly changed: readonly string[];
    };
  }
}
