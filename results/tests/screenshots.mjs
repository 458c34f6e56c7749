/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pictures of the README: the newest run of results/runs, and the index.
   Light, as on paper, and small. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { report, results, startBrowser, withPage } from "./browser.mjs";

const runs = join(results, "runs");
const newest = readdirSync(runs).sort().at(-1);
const browser = await startBrowser();
const look = { colorScheme: "light", viewport: { width: 1120, height: 980 } };

report(join(runs, newest));
report("--index", "--results", results);
await withPage(browser, join(runs, newest, "index.html"), look,
               async (page) => {
  const card = page.locator(".scenario.v-violation").first();

  await card.locator("details").first().evaluate((d) => { d.open = true; });
  await card.evaluate((e) => e.scrollIntoView());
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(results, "report.png") });
});
await withPage(browser, join(results, "index.html"), look, async (page) => {
  await page.screenshot({ path: join(results, "index.png") });
});
await browser.close();
