import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { byBytes, nameProblem, watchNames } from "./names.ts";
import { ArchiveProblem, type Entry } from "./tarHeader.ts";

/** What lies in a bundle's folder. */
export interface BundleFiles {
  /** In the order of an archive. */
  readonly files: readonly Entry[];
  /** Hidden files and what editors, Python and npm leave behind; folders end in `/`. */
  readonly leftOut: readonly string[];
}

/** More files are a mistake: a virtual environment, a data set. */
export const MAX_FILES = 10_000;
/** Of all files together. */
export const MAX_BYTES: number = 16 * 2 ** 30;

const JUNK =
  /^\.|~$|^#.*#$|\.(?:swp|swo|tmp|pyc)$|^(?:Thumbs\.db|desktop\.ini|__pycache__|node_modules)$/;

/**
 * The files of a bundle: all that lie in its folder. What a model needs cannot be told from its
 * manifest alone (external data, modules that modules import), so nothing is left out but junk.
 *
 * @throws ArchiveProblem for links, special files, names that some system does not take, too many.
 */
export async function listFiles(folder: string): Promise<BundleFiles> {
  const files: Entry[] = [];
  const leftOut: string[] = [];
  const visit = async (within: string): Promise<void> => {
    for (const entry of await readdir(join(folder, within), { withFileTypes: true })) {
      const name = within === "" ? entry.name : `${within}/${entry.name}`;
      if (JUNK.test(entry.name)) {
        leftOut.push(entry.isDirectory() ? `${name}/` : name);
      } else if (entry.isDirectory()) {
        await visit(name);
      } else if (entry.isFile()) {
        files.push({ name, bytes: (await lstat(join(folder, name))).size });
        if (files.length > MAX_FILES)
          throw new ArchiveProblem(`holds more than ${MAX_FILES} files; is a data set among them?`);
      } else {
        const kind = entry.isSymbolicLink()
          ? "a symbolic link; put the file itself there"
          : "no regular file";
        throw new ArchiveProblem(`"${name}" is ${kind}`);
      }
    }
  };
  await visit("");
  files.sort((a, b) => byBytes(a.name, b.name));
  checkFiles(files);
  return { files, leftOut: leftOut.toSorted(byBytes) };
}

function checkFiles(files: readonly Entry[]): void {
  const watch = watchNames();
  for (const { name } of files) {
    const problem = nameProblem(name) ?? watch(name);
    if (problem !== undefined) throw new ArchiveProblem(problem);
  }
  if (files.reduce((sum, { bytes }) => sum + bytes, 0) > MAX_BYTES)
    throw new ArchiveProblem(`holds more than ${MAX_BYTES / 2 ** 30} GiB`);
}
