import { defineProblems } from "#kernel/errors";

export const problems = defineProblems({
  dataset_version_not_found: {
    kind: "not_found",
    when: "A dataset version is named that does not exist.",
    next: "List what there is with `gyre data`, or open the project's Data page.",
  },
  data_file_missing: {
    kind: "not_found",
    when: "The file a data source names does not exist.",
    next: "Put the file there, or correct `data.<name>.source.file` in gyre.yaml.",
  },
  data_unreadable: {
    kind: "invalid",
    when: "A data file cannot be read as a table: not UTF-8, no header line, rows of different length, or empty.",
    next: "Save the file as CSV in UTF-8 with a header line and the same number of columns in each row.",
  },
  contract_missing: {
    kind: "not_found",
    when: "The contract that the charter names for a data set does not exist.",
    next: "Write the file, or remove `data.<name>.contract` from gyre.yaml.",
  },
  contract_invalid: {
    kind: "invalid",
    when: "A data contract has a mistake: an unknown key, a wrong type, or a share that is none.",
    next: "Correct the line the message names.",
  },
  data_quarantined: {
    kind: "forbidden",
    when: "A pipeline asks for a dataset version that broke its contract.",
    next: "Mend the rows the message names and import the data again, or change the contract if it is the contract that is wrong.",
  },
});
