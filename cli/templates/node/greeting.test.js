import assert from "node:assert/strict";
import test from "node:test";
import { greeting } from "./greeting.js";

test("it greets", () => {
  assert.equal(greeting("node"), "hello, node");
});
