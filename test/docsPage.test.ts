import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { findProgram } from "./support/require.ts";
import { startServer } from "./support/server.ts";

const { program, skip } = findProgram("chromium", "google-chrome");

test("the docs page sends its example and shows the answer", { skip }, async () => {
  await using server = await startServer([join(import.meta.dirname, "../examples")]);
  const browser = await chromium.launch({
    executablePath: execFileSync("which", [program], { encoding: "utf8" }).trim(),
    args: ["--no-sandbox", "--disable-background-networking", "--disable-quic"],
  });
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url)) problems.push(`asks for ${request.url()}`);
    });
    for (const model of ["digits", "breast-cancer", "diabetes"]) {
      await page.goto(`${server.url}/docs#${model}`);
      await page.getByRole("button", { name: "Send" }).first().click();
      await page
        .getByText(/\b200\b/)
        .first()
        .waitFor();
    }
    assert.match(await page.locator("body").innerText(), /progression/);
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
  }
});
