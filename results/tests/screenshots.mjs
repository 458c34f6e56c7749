/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pictures of the README: the newest run of results/runs with a violation,
   and the index. Light, as on paper, and small. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { report, results, startBrowser, withPage } from "./browser.mjs";

const runs = join(results, "runs");
const newest = readdirSync(runs).sort().findLast((run) => readFileSync(
  join(runs, run, "run.xml"), "utf8").includes("<finding "));
const browser = await startBrowser();
const look = { colorScheme: "light", viewport: { width: 1120, height: 980 } };

/* Commands as they are typed in the source tree, whosever it is. */
const typed = (page) => page.$$eval(".here", (all, tree) => all.forEach((e) => {
  e.textContent = e.textContent.replace(tree, "results/");
}), results + "/");

report(join(runs, newest));
report("--index", "--results", results);
await withPage(browser, join(runs, newest, "index.html"), look,
               async (page) => {
  const card = page.locator(".scenario.v-violation").first();

  await typed(page);
  await card.locator("details").first().evaluate((d) => { d.open = true; });
  await card.evaluate((e) => e.scrollIntoView());
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(results, "report.png") });
});
await withPage(browser, join(results, "index.html"), look, async (page) => {
  await typed(page);
  await page.screenshot({ path: join(results, "index.png") });
});
await browser.close();
