import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  command_unknown: {
    kind: "invalid",
    when: "The command line names a command there is not.",
    next: "See the commands with: gyre --help",
  },
  not_reproducible: {
    kind: "failed",
    when: "A cached stage that was run again gave other bytes, or failed.",
    next: "Fix its seed, its clock or what else it reads beside its inputs; then its result means what its key says.",
  },
  verification_ended: {
    kind: "failed",
    when: "A verification was cancelled, or could not be brought to its end.",
    next: "See how far it came with: gyre verify --show <verification>, or begin another one.",
  },
  call_invalid: {
    kind: "invalid",
    when: "A command was given an option or an argument it does not take, or lacks one it needs.",
    next: "See what the command takes with: gyre <command> --help",
  },
  server_not_running: {
    kind: "unavailable",
    when: "A command needs the server, and none answers.",
    next: "Start it with: gyre up",
  },
  server_answer_strange: {
    kind: "failed",
    when: "What answers at the address is not this version of Gyre.",
    next: "Check GYRE_URL, and that the server and this program are of the same version.",
  },
  project_unclear: {
    kind: "invalid",
    when: "A command is about a project, and neither the folder nor the server tells which.",
    next: "Name it with --project, or go into the folder that holds its gyre.yaml.",
  },
  project_folder_missing: {
    kind: "not_found",
    when: "There is no gyre.yaml in this folder or above it.",
    next: "Make a project with: gyre new NAME",
  },
  project_name_invalid: {
    kind: "invalid",
    when: "The name of a new project is not one a project can have.",
    next: "Use lower-case letters, digits and hyphens, beginning with a letter, for instance: gyre new airline-care",
  },
  folder_not_empty: {
    kind: "conflict",
    when: "A new project would be written into a folder that holds something already.",
    next: "Choose another name, or another folder with --dir.",
  },
  blueprint_unknown: {
    kind: "not_found",
    when: "A new project is to be made from a template there is not.",
    next: "Leave --blueprint out, or name one of those there are.",
  },
  check_failed: {
    kind: "invalid",
    when: "The files of a project hold mistakes.",
    next: "Mend them at the lines given, then check again with: gyre check",
  },
  execution_failed: {
    kind: "failed",
    when: "A step of a pipeline failed while the command watched it.",
    next: "Read the last lines of the step, mend it, and run again: finished steps are kept.",
  },
  study_failed: {
    kind: "failed",
    when: "A study ended because too many of its trials failed, or it could not go on.",
    next: "Look at the trials with: gyre study show NAME, mend the cause, and go on with: gyre study resume NAME",
  },
  execution_cancelled: {
    kind: "failed",
    when: "A run of the pipeline was cancelled while the command watched it.",
    next: "Run it again with: gyre run",
  },
  parameter_invalid: {
    kind: "invalid",
    when: "A parameter of a run is not written as key=value.",
    next: "Write it as in: gyre run -p train.depth=4",
  },
  filter_invalid: {
    kind: "invalid",
    when: "A filter of a list is not written as key=value, or names a column there is not.",
    next: "Write it as in: gyre releases --where state=live",
  },
  reference_invalid: {
    kind: "invalid",
    when: "A version is not written as NAME@VERSION.",
    next: "Write it as in: airline-care@3, or with an alias: airline-care@live",
  },
  nothing_found: {
    kind: "not_found",
    when: "A command names something the server does not have.",
    next: "List what there is with the command of the same name, without an argument.",
  },
  release_refused: {
    kind: "forbidden",
    when: "A release failed a gate, was declined or was rolled back while the command watched it.",
    next: "See the gates with: gyre releases ID",
  },
  rows_invalid: {
    kind: "invalid",
    when: "The records to predict are neither CSV nor JSON.",
    next: "Give a CSV file with a header, a file of JSON lines, or one JSON object.",
  },
  ledger_broken: {
    kind: "failed",
    when: "The hash chain of the ledger does not hold: an event was altered, removed or inserted behind the system's back.",
    next: "Keep a copy of the database, compare it with the last good backup, and find out who could write to it.",
  },
  ledger_unreadable: {
    kind: "not_found",
    when: "There is no ledger where the audit looks for one.",
    next: "Go into the folder of the project, or name the folder of the state with --dir.",
  },
  doctor_found_failures: {
    kind: "failed",
    when: "The doctor found something that keeps Gyre from working here.",
    next: "Do the step named beside each line marked fail, then look again with: gyre doctor",
  },
  login_refused: {
    kind: "unauthenticated",
    when: "A token was to be stored that the server does not accept, or none was given.",
    next: "Ask an owner for a token, and give it on standard input: gyre login < token.txt",
  },
  login_file_open: {
    kind: "forbidden",
    when: "The file with the stored tokens can be read by others on this machine.",
    next: "Close it with chmod 600, and ask for new tokens if others use this machine.",
  },
});
