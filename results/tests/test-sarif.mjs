/* SPDX-License-Identifier: GPL-2.0-or-later */
/* results.sarif against the schema of SARIF 2.1.0, and what must be in it. */
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { goldenPage, require } from "./browser.mjs";

const Ajv = require("ajv");
const schema = JSON.parse(readFileSync(require.resolve(
  "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"), "utf8"));

delete schema.$schema; /* "draft-07" by an address that Ajv does not know */
const valid = new Ajv({ schemaId: "auto", allErrors: true }).compile(schema);

function sarif(name) {
  return JSON.parse(readFileSync(join(dirname(goldenPage(name)),
                                      "results.sarif"), "utf8"));
}

for (const name of ["demo", "mixed", "wide", "hostile", "interrupted", "none",
                    "sweep"]) {
  test(name + " is valid SARIF", () => {
    assert.ok(valid(sarif(name)), JSON.stringify(valid.errors?.slice(0, 3)));
  });
}

test("hostile text comes through as it is", () => {
  const text = JSON.stringify(sarif("hostile"));

  assert.ok(text.includes("<script>alert(1)</script>"));
});

test("a finding has its address, its events and a fingerprint", () => {
  const log = sarif("mixed");
  const first = log.runs[0].results[0];

  assert.equal(log.runs[0].invocations[0].exitCode, 1);
  assert.equal(first.level, "error");
  assert.equal(first.locations[0].physicalLocation.region.startLine, 12);
  assert.equal(first.relatedLocations[0].physicalLocation.address
    .relativeAddress, 0x1a2b);
  assert.equal(first.codeFlows[0].threadFlows[0].locations.length, 5);
  assert.equal(first.partialFingerprints["rigSite/v1"],
    "Init_DeRegisterInterrupt|not-released|rignic-s06.sys|MiniportHaltEx|0x08");
});
