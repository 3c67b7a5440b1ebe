/**
 * Names of files in packed bundles: relative paths with `/`, that mean the same file on every
 * system.
 */

/** What the prefix and the name of a ustar header hold, with the `/` between them. */
export const MAX_NAME_BYTES = 256;
const MAX_DEPTH = 16;

/** Windows opens devices under these names, whatever the extension. */
const DEVICE = /^(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?:\.|$)/i;

/** What is wrong with a file's name in a packed bundle; undefined for a good one. */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "a file has no name";
  const quoted = JSON.stringify(name.length <= 120 ? name : `${name.slice(0, 119)}…`);
  const problem = pathProblem(name) ?? name.split("/").map(segmentProblem).find(Boolean);
  return problem === undefined ? undefined : `the name ${quoted} ${problem}`;
}

function pathProblem(name: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) return "has a control character in it";
  if (name.includes("\\")) return "has a backslash in it, which is a separator on Windows";
  if (name.startsWith("/") || /^[a-z]:/i.test(name)) return "is an absolute path";
  if (name !== name.normalize("NFC"))
    return "writes accents as characters of their own (not Unicode NFC)";
  if (!name.isWellFormed()) return "is no valid Unicode";
  if (name.split("/").length > MAX_DEPTH) return `lies more than ${MAX_DEPTH} folders deep`;
  return undefined;
}

function segmentProblem(segment: string): string | undefined {
  if (segment === "..") return "leads out of the bundle";
  if (segment === "" || segment === ".") return "has an empty part";
  if (segment.startsWith(".")) return "is hidden; hidden files are no part of a bundle";
  if (/[<>:"|?*]/.test(segment)) return 'has one of <>:"|?* in it, which Windows does not take';
  if (/[. ]$/.test(segment)) return "has a part that ends in a dot or a blank";
  if (DEVICE.test(segment)) return "is that of a device on Windows";
  return undefined;
}

/**
 * Watches over names that come one after another: in the order of their bytes, none twice, none
 * that a system which ignores case takes for another, none both file and folder.
 *
 * @returns what is wrong with a name after those before it.
 */
export function watchNames(): (name: string) => string | undefined {
  const taken = new Map<string, { readonly name: string; readonly isFolder: boolean }>();
  let last: Buffer | undefined;
  return (name) => {
    const bytes = Buffer.from(name);
    const order = last === undefined ? 1 : Buffer.compare(bytes, last);
    if (order === 0) return `"${name}" stands twice`;
    const clash = placesOf(name)
      .map((place) => ({ place, other: taken.get(fold(place.name)) }))
      .find(
        ({ place, other }) =>
          other !== undefined && (other.name !== place.name || !other.isFolder || !place.isFolder),
      );
    if (clash !== undefined)
      return `"${clash.place.name}" and "${clash.other!.name}" are the same name on some systems`;
    if (order < 0) return `"${name}" stands out of order`;
    for (const place of placesOf(name)) taken.set(fold(place.name), place);
    last = bytes;
    return undefined;
  };
}

/** A file and the folders that it lies in. */
function placesOf(name: string): { name: string; isFolder: boolean }[] {
  const parts = name.split("/");
  return parts.map((_, index) => ({
    name: parts.slice(0, index + 1).join("/"),
    isFolder: index < parts.length - 1,
  }));
}

function fold(name: string): string {
  return name.toUpperCase().normalize("NFC");
}

/** As the names of files stand in an archive: by their bytes, which no locale changes. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
