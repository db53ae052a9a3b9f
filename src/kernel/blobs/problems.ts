import { defineProblems } from "../errors.ts";

export const problems = defineProblems({
  blob_missing: {
    kind: "not_found",
    when: "Content is asked for by a digest the blob store does not hold.",
    next: "Check the digest; if it was there before, restore the blob folder from the backup.",
  },
  blob_corrupt: {
    kind: "failed",
    when: "Stored or arriving bytes do not have the digest they are named by.",
    next: "Send the file again; if stored bytes are damaged, check the disk and restore the blob from the backup.",
  },
  upload_part_missing: {
    kind: "invalid",
    when: "An upload in parts was to be completed with a part that has not arrived, or not with these bytes.",
    next: "Send the part again, then complete the upload.",
  },
  garbage_listing_unreadable: {
    kind: "conflict",
    when: "Garbage is to be collected, but the listing of a folder that is in use is missing or damaged, so that nobody knows which files are in use with it.",
    next: "Restore the listing from the backup; if it is lost for good, collect once with --accept-missing.",
  },
  garbage_grace_too_short: {
    kind: "invalid",
    when: "Garbage is to be collected with a grace in which somebody who is storing something could be overtaken.",
    next: "Take two days or more; or make sure that nobody stores anything, and say so with --while-nobody-writes.",
  },
  unsafe_path: {
    kind: "invalid",
    when: "A path in a tree of files is absolute, climbs out with `..`, or holds NUL, a backslash or a drive letter, or a link.",
    next: "Use relative paths with forward slashes, and plain files in place of links.",
  },
});
