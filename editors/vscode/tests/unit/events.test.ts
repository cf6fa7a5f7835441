import assert from "node:assert/strict";
import { test } from "node:test";

import { Lines, parseEvent } from "../../src/model/events";

test("a step is read", () => {
  const event = parseEvent('{"v":1,"event":"step","id":4,"name":"build","state":"ran","ms":412,"file":"main.pipe","line":21}');
  assert.equal(event?.event, "step");
  assert.deepEqual(event?.event === "step" && [event.id, event.state, event.ms, event.line], [4, "ran", 412, 21]);
});

test("what is not known is skipped", () => {
  const lines = ["", "no JSON", "3", "null", '{"v":2,"event":"step","id":1,"name":"a","state":"ran"}', '{"v":1,"event":"new"}', '{"v":1,"event":"step","id":"x"}'];
  assert.deepEqual(lines.map(parseEvent), lines.map(() => undefined));
});

test("pieces become lines", () => {
  const found: string[] = [];
  const lines = new Lines((line) => found.push(line));
  ["a", "b\nc", "\n", "\nd"].forEach((piece) => lines.push(piece));
  assert.deepEqual(found, ["ab", "c", ""]);
  lines.end();
  assert.deepEqual(found, ["ab", "c", "", "d"]);
});
