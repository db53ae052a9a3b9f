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
});
