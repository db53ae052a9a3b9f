import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The GPUs that steps of this machine may have. */
export interface Gpus {
  readonly vendor: "nvidia" | "amd";
  /** By what their driver is told of them: numbers, or the names of parts of one. */
  readonly devices: readonly string[];
}

/** So many, numbered from 0. */
export function numberedGpus(count: number, vendor: Gpus["vendor"] = "nvidia"): Gpus {
  return { vendor, devices: Array.from({ length: count }, (_, number) => String(number)) };
}

/** Those an operator declared, of the vendor whose driver is there: so many, or by their names. */
export function declaredGpus(declared: number | readonly string[], found: Gpus = findGpus({})): Gpus {
  if (typeof declared === "number") return numberedGpus(declared, found.vendor);
  return { vendor: found.vendor, devices: [...new Set(declared)] };
}

/**
 * What the processes of a step are told of the GPUs it holds. A step that asked for none is told nothing, as
 * it would be without us: an existing script goes on finding the GPU of a laptop.
 *
 * One vendor's variables at a time: HIP reads CUDA's too, and would count them within what ROCR left.
 */
export function variablesOf({ vendor }: Gpus, held: readonly string[]): Readonly<Record<string, string>> {
  if (held.length === 0) return {};
  const list = held.join(",");
  if (vendor === "amd") return { ROCR_VISIBLE_DEVICES: list };
  return {
    CUDA_VISIBLE_DEVICES: list,
    NVIDIA_VISIBLE_DEVICES: list,
    // The order in which the driver numbers them; CUDA would otherwise begin with the fastest.
    CUDA_DEVICE_ORDER: "PCI_BUS_ID",
  };
}

/** The GPUs of this machine, of them those that this process was given itself. */
export function findGpus(
  variables: Readonly<Record<string, string | undefined>> = process.env,
  root = "/",
): Gpus {
  const nvidia = listOf(join(root, "dev")).filter((name) => /^nvidia\d+$/.test(name)).length;
  if (nvidia > 0) return given(numberedGpus(nvidia), variables["CUDA_VISIBLE_DEVICES"]);
  const nodes = join(root, "sys/class/kfd/kfd/topology/nodes");
  // A node without an id is a processor.
  const amd = listOf(nodes).filter((node) => textOf(join(nodes, node, "gpu_id")) > "0").length;
  if (amd === 0) return numberedGpus(0);
  return given(numberedGpus(amd, "amd"), variables["ROCR_VISIBLE_DEVICES"]);
}

function given(all: Gpus, list: string | undefined): Gpus {
  if (list === undefined) return all;
  const names = list.split(",").map((name) => name.trim());
  // As the drivers read such a list: what comes after a device that there is not does not count.
  const end = names.findIndex((name) => name === "" || name.startsWith("-") || !isThere(name, all));
  return { ...all, devices: end < 0 ? names : names.slice(0, end) };
}

function isThere(name: string, { devices }: Gpus): boolean {
  return devices.includes(name) || /^(GPU|MIG)-/.test(name);
}

function listOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}
