import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ModelConfigFile } from "./modelConfigFile.ts";
import { Places } from "./places.ts";

const root = mkdtempSync(join(tmpdir(), "longshore-places-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** A model's folder; what is in its files does not matter to a scan. */
function lay(name: string): string {
  mkdirSync(join(root, name, "1"), { recursive: true });
  writeFileSync(join(root, name, "1", "model.onnx"), "");
  return join(root, name);
}

const namesAt = async (places: Places): Promise<string[]> => [
  ...(await places.find()).byName.keys(),
];
const listed = (name: string) => ({
  name,
  basePath: join(root, name),
  versions: "all" as const,
  labels: new Map([["stable", "1"]]),
});

test("a list stands for paths and file until the file says something else", async () => {
  const [path] = [lay("a"), lay("b"), lay("c"), lay("d")];
  const file = join(root, "models.config");
  const write = (name: string): void =>
    writeFileSync(
      file,
      `model_config_list { config { name: "${name}" base_path: "${join(root, name)}"
         version_labels { key: "file" value: 1 } } }`,
    );
  write("b");
  const places = new Places([path], false, new ModelConfigFile(file, assert.fail));
  assert.deepEqual(await namesAt(places), ["a", "b"]);
  assert.deepEqual([...places.labels("b")], [["file", "1"]]);

  await places.follow([listed("c")]);
  for (let look = 0; look < 2; look++) assert.deepEqual(await namesAt(places), ["c"]);
  assert.deepEqual([...places.labels("c")], [["stable", "1"]]);
  assert.deepEqual([...places.labels("b")], []);
  await places.follow([]);
  assert.deepEqual(await namesAt(places), []);

  await places.follow([listed("c")]);
  write("d");
  assert.deepEqual(await namesAt(places), ["a", "d"]);
  assert.deepEqual([...places.labels("d")], [["file", "1"]]);
});

test("without a file, until there is another list", async () => {
  const places = new Places([lay("a")], false, undefined);
  lay("c");
  await places.follow([listed("c")]);
  for (let look = 0; look < 2; look++) assert.deepEqual(await namesAt(places), ["c"]);
  assert.deepEqual([...(await places.findListed([listed("a")])).byName.keys()], ["a"]);
  assert.deepEqual(await namesAt(places), ["c"]);
});
