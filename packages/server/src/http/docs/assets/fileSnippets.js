import { shellQuote } from "./shell.js";

/**
 * Sending one file, in three languages.
 *
 * @param {string} url
 * @param {Blob} file
 */
export function fileSnippets(url, file) {
  const name = nameOf(file);
  const type = `"content-type": ${JSON.stringify(file.type)}`;
  return [
    {
      language: "curl",
      code: `curl ${shellQuote(url)} \\\n  -H ${shellQuote(`content-type: ${file.type}`)} \\\n  --data-binary ${shellQuote(`@${name}`)}`,
    },
    {
      language: "TypeScript",
      code:
        'import { readFile } from "node:fs/promises";\n\n' +
        `const response = await fetch(${JSON.stringify(url)}, {\n  method: "POST",\n  headers: { ${type} },\n` +
        `  body: await readFile(${JSON.stringify(name)}),\n});\n${PRINT}`,
    },
    {
      language: "Python",
      code:
        "from pathlib import Path\nimport urllib.request\n\nrequest = urllib.request.Request(\n" +
        `    ${JSON.stringify(url)},\n    data=Path(${JSON.stringify(name)}).read_bytes(),\n    headers={${type}},\n)\n${PYTHON_PRINT}`,
    },
  ];
}

/**
 * Sending fields with files among them, in three languages. Python's own library knows no forms:
 * there, the same goes as JSON with the files in base64.
 *
 * @param {string} url
 * @param {{ name: string, value: string | Blob }[]} form
 */
export function formSnippets(url, form) {
  const parts = form.map(({ name, value }) =>
    typeof value === "string"
      ? `--form-string ${shellQuote(`${name}=${value}`)}`
      : `-F ${shellQuote(`${name}=@${nameOf(value)};type=${value.type}`)}`,
  );
  const appended = form.map(({ name, value }) => {
    const part =
      typeof value === "string"
        ? JSON.stringify(value)
        : `await openAsBlob(${JSON.stringify(nameOf(value))}, { type: ${JSON.stringify(value.type)} })`;
    return `form.append(${JSON.stringify(name)}, ${part});\n`;
  });
  const entries = form.map(({ name, value }) => {
    const part =
      typeof value === "string"
        ? JSON.stringify(value)
        : `b64encode(Path(${JSON.stringify(nameOf(value))}).read_bytes()).decode()`;
    return `    ${JSON.stringify(name)}: ${part},\n`;
  });
  return [
    { language: "curl", code: [`curl ${shellQuote(url)}`, ...parts].join(" \\\n  ") },
    {
      language: "TypeScript",
      code:
        'import { openAsBlob } from "node:fs";\n\nconst form = new FormData();\n' +
        `${appended.join("")}const response = await fetch(${JSON.stringify(url)}, { method: "POST", body: form });\n${PRINT}`,
    },
    {
      language: "Python",
      code:
        "from base64 import b64encode\nimport json\nfrom pathlib import Path\nimport urllib.request\n\n" +
        `inputs = {\n${entries.join("")}}\nrequest = urllib.request.Request(\n    ${JSON.stringify(url)},\n` +
        '    data=json.dumps({"inputs": inputs}).encode(),\n    headers={"content-type": "application/json"},\n)\n' +
        PYTHON_PRINT,
    },
  ];
}

const PRINT =
  "if (!response.ok) throw new Error(await response.text());\nconsole.log(await response.text());\n";
const PYTHON_PRINT =
  "with urllib.request.urlopen(request) as response:\n    print(response.read().decode())\n";

/** @param {Blob} file */
function nameOf(file) {
  const extension = file.type.replace(/^.*\//, "").replace("jpeg", "jpg");
  const name = file instanceof File ? file.name : "";
  return name.includes(".") ? name : `${name || "file"}.${extension}`;
}
