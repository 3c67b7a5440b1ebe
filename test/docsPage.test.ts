import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { chromium, type Page } from "playwright-core";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { findProgram } from "./support/require.ts";
import { startServer } from "./support/server.ts";

const { program, skip } = findProgram("chromium", "google-chrome");

const EXAMPLES = join(import.meta.dirname, "../examples");

/** A page of a browser that asks for nothing but its own server, and complains of nothing. */
async function openPage(url: string): Promise<AsyncDisposable & { page: Page }> {
  const browser = await chromium.launch({
    executablePath: execFileSync("which", [program], { encoding: "utf8" }).trim(),
    args: ["--no-sandbox", "--disable-background-networking", "--disable-quic"],
  });
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("blob:"))
      problems.push(`asks for ${request.url()}`);
  });
  return {
    page,
    async [Symbol.asyncDispose]() {
      await browser.close();
      assert.deepEqual(problems, []);
    },
  };
}

/** Sends what the page shows. @returns the answer's outputs, by name. */
async function send(page: Page): Promise<Record<string, string>> {
  await page.getByRole("button", { name: "Send" }).first().click();
  await page.locator(".status.succeeded").waitFor();
  const names = await page.locator(".outcome dt").allInnerTexts();
  const values = await page.locator(".outcome dd").allInnerTexts();
  return Object.fromEntries(names.map((name, index) => [name, values[index]!]));
}

test("the page asks each example in its own terms", { skip }, async (t) => {
  await using server = await startServer([EXAMPLES], ["--allow-code"]);
  await using browser = await openPage(server.url);
  const { page } = browser;

  await t.test("a table: a form with units, flags of what is odd, phases", async () => {
    await page.goto(`${server.url}/docs#diabetes`);
    const before = await send(page);
    assert.ok(Number(before["progression"]) > 25);
    assert.match(await page.locator(".field").first().innerText(), /age years\s+from 19 to 79/);
    await page.getByLabel("age years").fill("300");
    await send(page);
    await page.getByText('"age" is 300, expected 19 to 79 years').waitFor();
    assert.match(await page.locator(".phases").innerText(), /before .* queue .* compute .* after/);
    for (const [language, code] of [
      ["curl", /^curl .*"age":300/s],
      ["TypeScript", /fetch\(.*predict\/diabetes/s],
      ["Python", /urllib\.request/],
    ] as const) {
      await page.getByText(language, { exact: true }).click();
      assert.match(await page.locator(".playground > div .copyable code").last().innerText(), code);
    }
  });

  await t.test("an image: drawn by hand", async () => {
    await page.goto(`${server.url}/docs#digits`);
    const box = (await page.locator("canvas").boundingBox())!;
    const at = (x: number, y: number): [number, number] => [
      box.x + x * box.width,
      box.y + y * box.height,
    ];
    await page.mouse.move(...at(0.3, 0.25));
    await page.mouse.down();
    for (const [x, y] of THREE) await page.mouse.move(...at(x, y), { steps: 4 });
    await page.mouse.up();
    await page.getByText("drawn", { exact: true }).waitFor();
    assert.equal((await send(page))["digit"], "3");
  });

  await t.test("an image: a file", async () => {
    await page.goto(`${server.url}/docs#digits`);
    await page.reload();
    await page.locator("input[type=file]").setInputFiles(join(EXAMPLES, "digits/drawn/2.png"));
    await page.getByText("2.png").first().waitFor();
    assert.equal((await send(page))["digit"], "2");
    assert.match(await page.locator("body").innerText(), /--data-binary '@2\.png'/);
  });

  await t.test("a text", async () => {
    await page.goto(`${server.url}/docs#language`);
    await page.getByLabel("text").fill("Where is the station, please?");
    assert.equal((await send(page))["language"], "en");
  });

  await t.test("an algorithm", async () => {
    await page.goto(`${server.url}/docs#delivery-route`);
    assert.match((await send(page))["route"]!, /^\[0,(\d+,)+0\]$/);
  });
});

/** Strokes of a 3, as shares of the canvas. */
const THREE = [
  [0.5, 0.2],
  [0.68, 0.3],
  [0.6, 0.45],
  [0.45, 0.5],
  [0.62, 0.58],
  [0.68, 0.72],
  [0.5, 0.82],
  [0.3, 0.78],
] as const;

test(
  "a model without terms of its own is asked in JSON, and by the protocol",
  { skip },
  async () => {
    using folder = temporaryFolder();
    writeOnnx(join(folder.path, "affine.onnx"), affineModel());
    await using server = await startServer([folder.path]);
    await using browser = await openPage(server.url);
    const { page } = browser;
    await page.goto(`${server.url}/docs`);
    for (const way of ["Plain JSON", "Open Inference Protocol v2"]) {
      await page.getByText(way, { exact: true }).click();
      await page.getByRole("button", { name: "Send" }).first().click();
      await page.locator(".status.succeeded").waitFor();
    }
  },
);
