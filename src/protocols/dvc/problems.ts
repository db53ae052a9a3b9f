import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  dvc_repository_missing: {
    kind: "not_found",
    when: "A DVC command is given outside of a DVC repository: no folder above holds .dvc.",
    next: "Go to the repository, or make one with: dvc init",
  },
  dvc_file_invalid: {
    kind: "invalid",
    when: "A .dvc file, a dvc.lock, a listing of a folder or a parameter file cannot be read.",
    next: "Mend the file at the line and column given, or take it back from Git with: git checkout -- FILE",
  },
  dvc_config_invalid: {
    kind: "invalid",
    when: "The settings in .dvc/config or .dvc/config.local cannot be read or do not fit together.",
    next: "Mend the setting; dvc config --list shows all of them.",
  },
  dvc_call_invalid: {
    kind: "invalid",
    when: "A DVC command is called with arguments it does not take, or that exclude each other.",
    next: "See what it takes with: gyre dvc --help",
  },
  dvc_target_unknown: {
    kind: "not_found",
    when: "A target of a DVC command is no tracked path, no stage and no .dvc file.",
    next: "See what is tracked with: gyre dvc status",
  },
  dvc_path_missing: {
    kind: "not_found",
    when: "A path that is to be tracked, or that a stage reads or wrote, does not exist.",
    next: "Mend the path, or make the file first.",
  },
  dvc_path_refused: {
    kind: "invalid",
    when: "A path cannot be tracked: it is a DVC file, lies behind a link, is ignored, or is tracked by Git.",
    next: "Track another path; what Git tracks is let go with: git rm -r --cached PATH",
  },
  dvc_overlap: {
    kind: "conflict",
    when: "Two stages or .dvc files claim the same path, or one lies within the folder of the other.",
    next: "Let one of them go, or give it a path of its own.",
  },
  dvc_object_missing: {
    kind: "not_found",
    when: "Bytes that a .dvc file or dvc.lock names are neither in the cache nor where else they were looked for.",
    next: "Bring them with: gyre dvc pull; or make them again with: gyre dvc repro",
  },
  dvc_object_damaged: {
    kind: "failed",
    when: "An object of the cache or of a remote does not have the digest it is named by: a bit has flipped, or a write was cut off.",
    next: "It was set aside; bring the bytes again with: gyre dvc pull; or add the data again.",
  },
  dvc_unsaved_data: {
    kind: "conflict",
    when: "A checkout would remove or overwrite data that is in no cache.",
    next: "Save it with: gyre dvc add; or lose it with --force.",
  },
  dvc_stage_failed: {
    kind: "failed",
    when: "A command of a stage ended with an exit code other than 0.",
    next: "Read what it printed, mend the cause, and run again: finished stages are not repeated.",
  },
  dvc_reproduction_failed: {
    kind: "failed",
    when: "One or more stages failed, so the pipeline is not up to date.",
    next: "Mend the stages named, then run again: gyre dvc repro",
  },
  dvc_remote_unknown: {
    kind: "invalid",
    when: "A remote is named that the settings do not have, or none is named and there is no default.",
    next: "Add one with: dvc remote add -d NAME URL",
  },
  dvc_remote_unsupported: {
    kind: "invalid",
    when: "A remote's address is of a kind that gyre dvc does not reach: it reaches folders, S3 and (for reading) HTTP.",
    next: "Use dvc itself for this remote, or a folder or an S3 bucket.",
  },
  dvc_remote_failed: {
    kind: "failed",
    when: "A remote refused a request or could not be reached.",
    next: "Look at its address and credentials in .dvc/config, and run again: what arrived is not sent again.",
  },
  dvc_locked: {
    kind: "conflict",
    when: "Another DVC command works on the repository and did not end in time.",
    next: "Wait for it to end; if no such process lives, remove .dvc/tmp/lock.",
  },
  dvc_git_failed: {
    kind: "failed",
    when: "Git is needed for an earlier state of the repository and could not give it.",
    next: "Look at the revision with: git log; and at Git itself with: git status",
  },
});
