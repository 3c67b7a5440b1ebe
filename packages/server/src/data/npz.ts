import { fail, type Tensor } from "@longshore/core";
import { readNpy } from "./npy.ts";
import { readZip } from "./zip.ts";

/**
 * The arrays of an archive as `numpy.savez` or `savez_compressed` writes it, by name. An array is
 * unpacked when it is read.
 *
 * @param file what error messages call the archive.
 * @throws LongshoreError DATA_INVALID; so does reading an array, see `readNpy`.
 */
export function openNpz(bytes: Uint8Array, file: string): ReadonlyMap<string, () => Tensor> {
  const arrays = new Map<string, () => Tensor>();
  for (const entry of readZip(bytes, file)) {
    const name = entry.name.replace(/\.npy$/, "");
    if (name === entry.name) {
      const problem = `holds "${entry.name}", which is no array; expected what numpy.savez writes`;
      throw fail("DATA_INVALID", { file, problem });
    }
    arrays.set(name, () => readNpy(entry.read(), `${file}: array "${name}"`));
  }
  if (arrays.size === 0) throw fail("DATA_INVALID", { file, problem: "holds no arrays" });
  return arrays;
}
