import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";

/** More files than any version has: looking for changes must stay cheap. */
const MOST = 1_000;

/**
 * Differs when a file changed that may hold external data of a model: its weights may arrive after
 * it, as copying goes by the alphabet. Which files they are is only known once the model is read, and
 * that is done in a process of its own.
 *
 * In a version's folder all files count. Beside a model that shares its folder with others, or with
 * whatever else lies in a bundle, those that are named after it count, as exporters do.
 *
 * @param file the model.
 * @param folder of the model's settings: it is that of the file where there are no versions.
 */
export async function dataFingerprint(file: string, folder: string): Promise<string> {
  const own = dirname(file);
  const names = own === folder ? namedAfter(basename(file)) : await readdir(own).catch(() => []);
  const prints = names
    .slice(0, MOST)
    .filter((name) => name !== basename(file))
    .map(async (name) => {
      const found = await stat(join(own, name)).catch(() => undefined);
      return found && `${name}:${found.ino}:${found.size}:${found.mtimeMs}`;
    });
  return (await Promise.all(prints)).filter((print) => print !== undefined).join(" ");
}

/** What PyTorch, Optimum and ONNX's own tools call the external data of a model. */
function namedAfter(model: string): string[] {
  return [`${model}.data`, `${model}_data`, `${basename(model, extname(model))}.data`];
}
