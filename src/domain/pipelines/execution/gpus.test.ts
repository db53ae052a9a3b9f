import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { declaredGpus, findGpus, numberedGpus, variablesOf } from "./gpus.ts";

async function machine(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

const nvidia = {
  "dev/nvidia0": "",
  "dev/nvidia1": "",
  "dev/nvidia2": "",
  "dev/nvidiactl": "",
  "dev/nvidia-uvm": "",
};

describe("the GPUs of a machine", () => {
  it("are those of NVIDIA's driver, of AMD's, or none", async () => {
    const nodes = "sys/class/kfd/kfd/topology/nodes";
    const amd = {
      [`${nodes}/0/gpu_id`]: "0\n",
      [`${nodes}/1/gpu_id`]: "4567\n",
      [`${nodes}/2/gpu_id`]: "89\n",
    };
    assert.deepEqual(findGpus({}, await machine(nvidia)), { vendor: "nvidia", devices: ["0", "1", "2"] });
    assert.deepEqual(findGpus({}, await machine(amd)), { vendor: "amd", devices: ["0", "1"] });
    assert.deepEqual(findGpus({}, await machine({})).devices, []);
  });

  it("are only those the server was given itself", async () => {
    const root = await machine(nvidia);
    for (const [list, devices] of [
      ["2,1", ["2", "1"]],
      ["", []],
      ["-1", []],
      ["1,7,0", ["1"]],
      ["MIG-3eb87630-93d5-b2f6-b8ff-9b359caf4ee2", ["MIG-3eb87630-93d5-b2f6-b8ff-9b359caf4ee2"]],
    ] as const)
      assert.deepEqual(findGpus({ CUDA_VISIBLE_DEVICES: list }, root).devices, devices, list);
  });

  it("are those that were declared where none can be found, of the vendor that is there", async () => {
    const none = findGpus({}, await machine({}));
    assert.deepEqual(declaredGpus(2, none), { vendor: "nvidia", devices: ["0", "1"] });
    const names = ["GPU-8932f937", "GPU-5a1b", "GPU-8932f937"];
    assert.deepEqual(declaredGpus(names, { vendor: "amd", devices: [] }), {
      vendor: "amd",
      devices: ["GPU-8932f937", "GPU-5a1b"],
    });
    assert.deepEqual(declaredGpus(0, none).devices, []);
  });

  it("are told to a step that holds some in the variables of their vendor, and to no other", () => {
    assert.deepEqual(variablesOf(numberedGpus(4), ["3", "0"]), {
      CUDA_VISIBLE_DEVICES: "3,0",
      NVIDIA_VISIBLE_DEVICES: "3,0",
      CUDA_DEVICE_ORDER: "PCI_BUS_ID",
    });
    assert.deepEqual(variablesOf(numberedGpus(4, "amd"), ["1"]), { ROCR_VISIBLE_DEVICES: "1" });
    assert.deepEqual(variablesOf(numberedGpus(4), []), {});
  });
});
