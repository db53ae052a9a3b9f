import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  python_missing: {
    kind: "failed",
    when: "No Python of the version a project asks for is found on the PATH.",
    next: "Install Python 3.10 or newer, on Debian or Ubuntu with: sudo apt-get install python3 python3-venv",
  },
  python_venv_missing: {
    kind: "failed",
    when: "Python is there, but nothing that makes environments: neither venv with ensurepip, nor virtualenv, nor uv.",
    next: "Install it, on Debian or Ubuntu with: sudo apt-get install python3-venv",
  },
  python_version_invalid: {
    kind: "invalid",
    when: "The Python version in the project file is no version rule.",
    next: "Write a rule such as >=3.10 or >=3.11,<3.14 under python: version: in gyre.yaml.",
  },
  environment_file_invalid: {
    kind: "invalid",
    when: "The file that describes the Python environment has a form that cannot be read.",
    next: "Write it anew (uv lock, pip freeze), or name another under python: requirements: in gyre.yaml.",
  },
  conda_missing: {
    kind: "failed",
    when: "The environment is described by an environment.yml, and no program that reads it is there.",
    next: "Install micromamba (https://mamba.readthedocs.io) on the PATH, or describe the environment by a requirements file.",
  },
  environment_failed: {
    kind: "failed",
    when: "The Python packages of a project could not be installed.",
    next: "Read the last lines of the installer, mend the requirements file, and run again: nothing half built is kept.",
  },
  process_not_started: {
    kind: "failed",
    when: "The operating system would not start a process.",
    next: "Check that the folder exists, and that there is memory and room for another process.",
  },
  target_unknown: {
    kind: "invalid",
    when: "A stage names a compute target that the server does not have.",
    next: "Name one of the targets that `gyre compute` lists under meta: gyre: target:, or add it to GYRE_COMPUTE.",
  },
  target_unavailable: {
    kind: "unavailable",
    when: "A compute target does not answer, or refuses the server.",
    next: "Check with `gyre doctor` that the cluster runs and its address and token are right, then run again.",
  },
  target_refused: {
    kind: "failed",
    when: "A compute target answered that it will not take a piece of work as it is.",
    next: "Read the target's own words in the message, and mend the stage or the target's settings.",
  },
  target_invalid: {
    kind: "invalid",
    when: "GYRE_COMPUTE, or the file it names, describes a compute target in a form that is not known.",
    next: "Write name=address, such as ray=http://127.0.0.1:8265 or cluster=kubernetes:, separated by commas, or name a YAML file.",
  },
  resources_unavailable: {
    kind: "invalid",
    when: "A stage asks for more than the largest machine of its compute target has.",
    next: "Ask for less under meta: gyre: resources:, or choose a target with larger machines.",
  },
  image_unsupported: {
    kind: "invalid",
    when: "A stage names a container image for a compute target that runs none.",
    next: "Take the image out of the stage, or choose a Kubernetes target.",
  },
  work_not_found: {
    kind: "not_found",
    when: "A piece of work is asked for that was never handed to a compute target.",
    next: "List the work with `gyre compute`.",
  },
  work_token_invalid: {
    kind: "unauthenticated",
    when: "A call about a piece of work came without its own token, or after the work had ended.",
    next: "Nothing: the token is made for each piece of work and ends with it.",
  },
  work_transfer_refused: {
    kind: "forbidden",
    when: "A piece of work asked for bytes that are not its inputs, or named bytes that it never sent.",
    next: "Look at what runs there: the program that Gyre starts never does this.",
  },
  work_log_gap: {
    kind: "conflict",
    when: "A part of a log arrived that does not follow on what is there.",
    next: "Nothing: it is sent again from where the log ends.",
  },
  transfer_failed: {
    kind: "failed",
    when: "Inputs of a step could not be brought to its compute target, or its outs not back.",
    next: "Check that machines of the target reach the server at the address in its settings, then run again.",
  },
  target_disk_full: {
    kind: "failed",
    when: "The disk of a machine of a compute target has no room left.",
    next: "Free space on that machine, or ask for one with a larger disk, then run again.",
  },
});
