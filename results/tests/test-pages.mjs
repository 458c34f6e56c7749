/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages in a real browser: quiet and alone, readable by everyone, working
   by mouse, keyboard, on a phone, in the dark and on paper. */
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { goldenPage, indexPage, lowestContrast, openAll, out, report, results,
         shown, startBrowser, withPage } from "./browser.mjs";

const golden = { demo: 9, mixed: 8, wide: 1, hostile: 1, interrupted: 0,
                 none: 2, sweep: 1 };
const pages = {};
let browser;

before(async () => {
  browser = await startBrowser();
  for (const name of Object.keys(golden)) {
    pages[name] = goldenPage(name);
  }
  pages.index = indexPage(join(results, "tests/nights"), "nights");
  pages.empty = indexPage(null, "empty");
  pages.diff = join(out, "diff.html");
  report("--diff", join(results, "tests/nights/runs/20261124-010100-aaaa"),
         join(results, "tests/nights/runs/20261125-010100-aaaa"),
         "-o", pages.diff);
});
after(() => browser.close());

const everyPage = ["demo", "mixed", "wide", "hostile", "interrupted", "none",
                   "sweep", "index", "empty", "diff"];

for (const name of everyPage) {
  test(name + " is quiet, alone and well built", () =>
    withPage(browser, pages[name], {}, async (page) => {
      if (name in golden) {
        assert.equal(await shown(page, ".scenario"), golden[name]);
      }
      await openAll(page);
      assert.deepEqual(await page.evaluate(() => {
        const all = (s) => [...document.querySelectorAll(s)];
        const named = (e) => e.getAttribute("aria-label") ||
          e.getAttribute("aria-labelledby") || e.closest("label");
        const wrong = [];
        const ids = all("[id]").map((e) => e.id);

        if (new Set(ids).size !== ids.length) {
          wrong.push("an id is there twice");
        }
        all("a[href^='#'], use").filter((a) => !document.getElementById(
          a.getAttribute("href").slice(1)))
          .forEach((a) => wrong.push("leads nowhere: " + a.outerHTML));
        all("h1, h2, h3, h4").forEach((h, i, hs) => {
          if (i && h.tagName[1] - hs[i - 1].tagName[1] > 1) {
            wrong.push("heading skips a level: " + h.textContent);
          }
        });
        all("th").filter((t) => !t.scope)
          .forEach((t) => wrong.push("no scope: " + t.textContent));
        all("input, select, [role=region], [role=group]")
          .filter((e) => !named(e))
          .forEach((e) => wrong.push("no name: " + e.outerHTML));
        /* A drawing has a text, or is none to those who cannot see it. */
        all("svg").filter((s) => !s.closest("[aria-hidden=true]") &&
                          !(s.getAttribute("role") === "img" &&
                            s.getAttribute("aria-label")) &&
                          !s.closest(".legend"))
          .forEach((s) => wrong.push("no text: " + s.outerHTML.slice(0, 90)));
        if (!document.querySelector("main") ||
            !document.querySelector("header") ||
            !document.querySelector("a.skip")) {
          wrong.push("a landmark is missing");
        }
        if (/NaN|Infinity/.test(document.body.innerHTML)) {
          wrong.push("a number went wrong");
        }
        return wrong;
      }), []);
    }));

  test(name + " is readable, light, dark and on a phone", () =>
    withPage(browser, pages[name], {}, async (page) => {
      await openAll(page);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        const [ratio, what] = await lowestContrast(page);

        assert.ok(ratio >= 4.5, `${colorScheme}: ${ratio} of ${what}`);
      }
      await page.setViewportSize({ width: 360, height: 740 });
      assert.deepEqual(await page.evaluate(() =>
        document.scrollingElement.scrollWidth <= 360 ? [] :
        [...document.querySelectorAll("body *")].filter((e) =>
          e.getBoundingClientRect().right > 361 && !e.closest(".scroll"))
          .map((e) => e.outerHTML.slice(0, 80)).slice(0, 3)), []);
    }));
}

test("hostile text is shown as text", () =>
  withPage(browser, pages.hostile, {}, async (page) => {
    await openAll(page);
    assert.equal(await page.evaluate(() => document.scripts.length), 3);
    assert.equal(await shown(page, "img, iframe, b > b"), 0);
    assert.equal(await page.evaluate(() =>
      [...document.querySelectorAll("*")].some((e) =>
        [...e.attributes].some((a) => /^on/.test(a.name)))), false);
    assert.ok((await page.textContent(".scenario h3"))
      .startsWith("</title><script>alert(1)</script>"));
    assert.ok((await page.innerText("body")).includes("網卡 драйвер"));
    /* Not even a filter by it makes it more than text. */
    assert.equal(await page.evaluate(() => window.broken), undefined);
  }));

test("filters by verdict, without any script", () =>
  withPage(browser, pages.demo, { javaScriptEnabled: false }, async (page) => {
    await page.click("[for=f-pass]");
    assert.equal(await shown(page, ".scenario"), 3);
    assert.equal(await shown(page, ".item"), 3);
    await page.click("[for=f-broken]");
    assert.equal(await shown(page, ".scenario"), 0);
    assert.equal(await shown(page, ".none"), 1);
    await page.click("[for=f-all]");
    assert.equal(await shown(page, ".scenario"), 9);
  }));

test("filters by driver, NIC and text, and the address keeps them", () =>
  withPage(browser, pages.mixed, {}, async (page) => {
    const count = () => page.textContent("#shown");

    assert.equal(await count(), "8 scenarios");
    await page.selectOption("select[name=driver]", "acme-nic.sys");
    await page.waitForFunction(() => location.hash.includes("driver"));
    const n = await shown(page, ".item");

    assert.ok(n > 0 && n < 8);
    assert.equal(await count(), `${n} of 8 scenarios`);
    assert.equal(await shown(page, ".scenario"), n);
    await page.fill("input[name=q]", "crash");
    await page.waitForFunction(() => location.hash.includes("q=crash"));
    assert.equal(await shown(page, ".item"), 1);

    const url = page.url();

    await page.goto("about:blank");
    await page.goto(url);
    assert.equal(await shown(page, ".item"), 1);
    assert.equal(await page.inputValue("input[name=q]"), "crash");
    await page.click("[type=reset]");
    await page.waitForFunction(() => !location.hash.includes("q="));
    assert.equal(await shown(page, ".item"), 8);
  }));

test("sorts by a click on a column, and back", () =>
  withPage(browser, pages.mixed, {}, async (page) => {
    const first = () => page.textContent(".item:first-child th");
    const before = await first();

    await page.click("th:nth-child(3) button");
    assert.equal(await page.getAttribute("th:nth-child(3)", "aria-sort"),
                 "ascending");
    assert.equal(await first(), "crash-in-cleanup");
    await page.click("th:nth-child(3) button");
    await page.click("th:nth-child(3) button");
    assert.equal(await first(), before);
  }));

test("works by keyboard alone", () =>
  withPage(browser, pages.mixed, {}, async (page) => {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className),
                 "skip");
    await page.focus("#f-all");
    await page.keyboard.press("ArrowRight");
    assert.equal(await shown(page, ".item"), 5);
    assert.equal(await page.evaluate(() => getComputedStyle(
      document.querySelector("[for=f-odd]")).outlineStyle), "solid");

    /* Everything that can be used is reached, and shows that it is. */
    await page.focus("#theme");
    for (let i = 0; i < 25; i++) {
      await page.keyboard.press("Tab");
      const bad = await page.evaluate(() => {
        const e = document.activeElement;
        const at = e.matches(".filter") ?
          document.querySelector(`[for=${e.id}]`) : e;
        const s = getComputedStyle(at);

        return s.outlineStyle === "none" && s.boxShadow === "none" ?
          e.outerHTML.slice(0, 100) : "";
      });
      assert.equal(bad, "");
    }
    await page.focus("#s2 .graph");
    await page.locator("#s2 .zoom").first().waitFor(); /* when it is seen */
    const width = () => page.$eval("#s2 .chart", (e) => e.clientWidth);
    const natural = await width();

    await page.keyboard.press("+");
    assert.ok(await width() > 1.4 * natural);
    await page.keyboard.press("0");
    assert.equal(await width(), natural);
    await page.keyboard.press("f");
    assert.ok(await width() <= await page.$eval("#s2 .graph",
                                                (e) => e.clientWidth) + 1);
  }));

test("the timeline zooms and pans by buttons, wheel and mouse", () =>
  withPage(browser, pages.mixed, {}, async (page) => {
    const graph = page.locator("#s2 .graph").first();
    const left = () => graph.evaluate((e) => e.scrollLeft);
    const bar = page.locator("#s2 .zoom").first();

    await graph.scrollIntoViewIfNeeded();
    await bar.locator("[data-zoom=in]").click();
    await bar.locator("[data-zoom=in]").click();
    assert.equal(await bar.locator("output").textContent(), "225 %");
    /* Text keeps its shape. */
    assert.ok(await page.$eval("#s2 .axis text", (e) =>
      e.getBoundingClientRect().width < 8 * e.textContent.length));
    const box = await graph.boundingBox();
    const was = await left();

    await page.mouse.move(box.x + 600, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + 400, box.y + 60, { steps: 4 });
    await page.mouse.up();
    assert.equal(await left(), was + 200);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -300);
    await page.keyboard.up("Control");
    await page.waitForFunction(() => document.querySelector("#s2 .zoom output")
      .textContent !== "225 %");
    await bar.locator("[data-zoom=reset]").click();
    assert.equal(await bar.locator("output").textContent(), "100 %");
  }));

test("events lead from proof to timeline, and to their row", () =>
  withPage(browser, pages.demo, {}, async (page) => {
    await openAll(page);
    await page.click("#s4f2 .proof tbody tr:last-child a");
    assert.equal(await page.locator(".pin:target").count(), 1);
    const call = page.locator("#s4 .call[data-row]").first();
    const row = await call.getAttribute("data-row");

    await page.locator("#s4 .graph").first().scrollIntoViewIfNeeded();
    await page.waitForTimeout(100);
    await call.locator("rect").first().click({ force: true });
    assert.equal(await page.evaluate(() => location.hash), "#" + row);
    assert.match(await page.textContent("#s4 .as-table .command pre"),
                 /^rig events \/.*demo\/vm-1\/events.bin --from \d+ --to \d+$/);
  }));

test("marks, lanes and labels stand where run.xml says", () =>
  withPage(browser, pages.demo, {}, async (page) => {
    await openAll(page);
    const xml = await page.evaluate(() => {
      const g = document.getElementById("s4c1-g");
      const c = g.closest("svg");
      const column = (e) => (e.x - c.getBoundingClientRect().x -
                             c.dataset.x0) / c.dataset.cw;
      const span = g.querySelector("[data-vector='1'] .st-armed");

      return { mark: column(g.querySelector(".mark-line")
                 .getBoundingClientRect()),
               from: column(span.querySelector("rect")
                 .getBoundingClientRect()), said: Number(span.dataset.from) };
    });

    assert.ok(Math.abs(xml.from - xml.said) < .2, JSON.stringify(xml));
    for (const name of ["demo", "wide", "mixed"]) {
      await withPage(browser, pages[name], {}, async (p) => {
        await openAll(p);
        assert.equal(await p.evaluate(() => {
          let over = 0;

          for (const chart of document.querySelectorAll(".chart")) {
            const r = [...chart.querySelectorAll(
              ".label text, .axis text, .pin text")]
              .map((e) => e.getBoundingClientRect());

            r.forEach((a, i) => r.forEach((b, j) => {
              over += i < j &&
                Math.min(a.right, b.right) - Math.max(a.x, b.x) > 1 &&
                Math.min(a.bottom, b.bottom) - Math.max(a.y, b.y) > 4;
            }));
          }
          return over;
        }), 0);
      });
    }
  }));

test("the colours are switched, and remembered", () =>
  withPage(browser, pages.demo, { colorScheme: "light" }, async (page) => {
    const ground = () => page.evaluate(
      () => getComputedStyle(document.body).backgroundColor);
    const light = await ground();

    await page.click("#theme");
    assert.equal(await ground(), light);
    await page.click("#theme");
    assert.notEqual(await ground(), light);
    await page.reload();
    assert.notEqual(await ground(), light);
    assert.equal(await page.textContent("#theme span"), "Colours: dark");
  }));

test("paper shows everything, in black on white", () =>
  withPage(browser, pages.demo, { colorScheme: "dark" }, async (page) => {
    const file = join(out, "demo.pdf");

    await page.click("[for=f-skipped]");
    await page.pdf({ path: file, printBackground: true,
                     preferCSSPageSize: true });
    const text = execFileSync("pdftotext", [file, "-"], { encoding: "utf8" })
      .replace(/\s/g, "");

    assert.ok(text.includes("Deregistered,butthedevice"));
    assert.ok(text.includes("rigrunscenarios/control-no-traffic"));
    assert.ok(text.split("callbacks").length > 9);
    assert.ok(!text.includes("Openall"));
    assert.ok(text.includes("Environmentandartifacts"));
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.evaluate(
      () => getComputedStyle(document.body).backgroundColor),
      "rgb(255, 255, 255)");
  }));

test("the index filters by class, and leads to runs", () =>
  withPage(browser, pages.index, {}, async (page) => {
    assert.match(await page.textContent("h1"),
                 /^1 newly failing, 2 still failing, of \d+ scenarios$/);
    await page.click("[for=f-newly-failing]");
    await page.waitForFunction(() => location.hash.includes("newly-failing"));
    assert.equal(await shown(page, ".item"), 1);
    assert.equal(await page.getAttribute(".item:not([hidden]) th a", "href"),
                 "./runs/20261125-010100-aaaa/index.html#q=reset");
    assert.equal(await page.locator(".trend-svg a").count(), 6);
    assert.equal(await page.locator(".nights tbody tr").count(), 6);
  }));

test("an empty index says what to do", () =>
  withPage(browser, pages.empty, {}, async (page) => {
    assert.ok((await page.innerText("main")).includes("rig run scenarios"));
  }));

test("the difference of two runs names what changed", () =>
  withPage(browser, pages.diff, {}, async (page) => {
    assert.equal(await page.textContent("h1"),
                 "1 newly failing, 1 newly passing");
    await page.selectOption("select[name=state]", "F");
    await page.waitForFunction(() => location.hash.includes("state=F"));
    assert.equal(await shown(page, ".item"), 1);
  }));
