/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A headless Chromium by Playwright, and the pages that it is shown: built by
   `rig report` from golden directories, into a directory of their own.
   Environment: RIG, RESULTS (this repository's results/), OUT, CHROMIUM. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import assert from "node:assert/strict";

export const results = resolve(process.env.RESULTS ?? "results");
export const out = resolve(process.env.OUT ?? "build/results/html");
const rig = resolve(process.env.RIG ?? "build/rig/rig");
export const require = createRequire(join(out, "../node/package.json"));
const { chromium } = require("playwright-core");

export function report(...args) {
  return execFileSync(rig, ["report", ...args],
                      { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/* The page of a golden run, built again. */
export function goldenPage(name) {
  const dir = join(out, name);

  rmSync(dir, { recursive: true, force: true });
  cpSync(join(results, "tests/golden", name), dir, { recursive: true });
  report(dir);
  return join(dir, "index.html");
}

/* The page of a run.xml given as text. */
export function madePage(name, xml) {
  const dir = join(out, name);

  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "run.xml"), xml);
  report(dir);
  return join(dir, "index.html");
}

export function indexPage(from, name) {
  const dir = join(out, name);

  rmSync(dir, { recursive: true, force: true });
  if (from && existsSync(from)) {
    cpSync(from, dir, { recursive: true });
  } else {
    mkdirSync(join(dir, "runs"), { recursive: true });
  }
  report("--index", "--results", dir);
  return join(dir, "index.html");
}

export async function startBrowser() {
  mkdirSync(out, { recursive: true });
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
}

/* Show @file to @test. What it complains about, and what it asks for beside
   itself, is an error. */
export async function withPage(browser, file, options, test) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const said = [];
  const url = pathToFileURL(file).href;

  page.on("console", (m) => said.push(m.text()));
  page.on("pageerror", (e) => said.push(e.message));
  page.on("dialog", (d) => { said.push(d.message()); d.dismiss(); });
  page.on("request", (r) => {
    const asked = r.url().split("#")[0];

    if (asked !== url && !asked.startsWith("data:")) {
      said.push("asks for " + r.url());
    }
  });
  try {
    await page.goto(url + (options.hash ?? ""));
    await test(page);
    assert.deepEqual(said, []);
  } finally {
    await context.close();
  }
}

export const openAll = (page) => page.evaluate(() => {
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
});

export const shown = (page, selector) => page.$$eval(selector, (all) =>
  all.filter((e) => e.getClientRects().length).length);

/* The lowest contrast of any text (WCAG 2.1, 1.4.3), and of what. */
export const lowestContrast = (page) => page.evaluate(() => {
  const canvas = document.createElement("canvas").getContext("2d",
    { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  let low = [99, ""];

  for (const e of document.querySelectorAll("body *")) {
    const inDrawing = e.closest("svg");

    if ((inDrawing && e.tagName !== "text") || !e.checkVisibility() ||
        ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) {
      continue;
    }
    const style = getComputedStyle(e);
    const fore = rgb(inDrawing ? style.fill : style.color);
    let back = [0, 0, 0, 0];

    for (let at = e; at && back[3] < 255; at = at.parentElement) {
      back = rgb(getComputedStyle(at).backgroundColor);
    }
    for (const [what, under] of [[".phase text", ".phase rect"],
                                 [".lane text", ".st-armed rect"]]) {
      const rect = e.matches(what) &&
        e.closest("g[class^=phase], .lane").querySelector(under.split(" ")[0]
          === ".phase" ? "rect" : under);

      if (rect) {
        back = rgb(getComputedStyle(rect).fill);
      }
    }
    const [a, b] = [light(fore), light(back)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);

    if (ratio < low[0]) {
      low = [ratio, e.outerHTML.slice(0, 200)];
    }
  }
  return low;
});
