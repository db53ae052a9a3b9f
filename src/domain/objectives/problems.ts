import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  project_file_invalid: {
    kind: "invalid",
    when: "A project file (gyre.yaml) breaks its grammar or contradicts itself.",
    next: "Mend the file at the line and column given, then check it with: gyre check",
  },
  project_not_found: {
    kind: "not_found",
    when: "A call names a project the server does not hold.",
    next: "Mend the name, or make the project known from its folder with: gyre apply",
  },
  charter_version_not_found: {
    kind: "not_found",
    when: "A call names a version of a charter that was never applied.",
    next: "Leave the version out to get the newest one.",
  },
  project_name_differs: {
    kind: "invalid",
    when: "A charter is put to one project, but names another one.",
    next: "Make the name under project: in gyre.yaml and that in the address the same.",
  },
  project_folder_refused: {
    kind: "forbidden",
    when: "A client names the folder of a project on the server's disk without being on that machine.",
    next: "Leave the folder out, or run gyre apply on the machine of the server.",
  },
});
