import assert from "node:assert/strict";
import { test } from "node:test";

import { parseResults } from "../../src/model/junit";

test("results are read, whatever their titles hold", () => {
  const results = parseResults(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="p" tests="2" failures="1" errors="0">
    <testsuite name="main.pipe" tests="2" disabled="0" errors="0" failures="1">
        <testcase name="1 &lt; &quot;2&quot; &amp; é" classname="main" time="0.002" file="main.pipe" line="3">
        </testcase>
        <testcase name="0.50" classname="main" file="main.pipe" line="7">
            <failure message="expected">expected
  a &lt; b</failure>
        </testcase>
    </testsuite>
</testsuites>`);
  assert.deepEqual(results, [
    { title: '1 < "2" & é', file: "main.pipe", line: 3, failure: undefined, ms: 2 },
    { title: "0.50", file: "main.pipe", line: 7, failure: "expected\n  a < b", ms: undefined },
  ]);
});

test("a report may be empty", () => {
  assert.deepEqual(parseResults('<testsuites name="p"/>'), []);
});
