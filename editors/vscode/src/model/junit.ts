// The results of `pipe test --junit`.

import { XMLParser } from "fast-xml-parser";

/** What came of a test. */
export interface Result {
  title: string;
  file: string;
  /** From 1. */
  line: number;
  /** Why it failed; `undefined` when it passed. */
  failure: string | undefined;
  ms: number | undefined;
}

type Element = Record<string, unknown>;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  isArray: (name) => name === "testsuite" || name === "testcase" || name === "failure" || name === "error",
});

/** Throws when the text is no XML. */
export function parseResults(text: string): Result[] {
  const root = parser.parse(text) as { testsuites?: Element };
  return list(root.testsuites?.testsuite).flatMap((suite) => list(suite.testcase).map(result));
}

function result(element: Element): Result {
  const failed = [...list(element.failure), ...list(element.error)][0];
  const seconds = Number.parseFloat(text(element["@time"]));
  return {
    title: text(element["@name"]),
    file: text(element["@file"]),
    line: Number.parseInt(text(element["@line"]), 10) || 1,
    failure: failed === undefined ? undefined : text(failed["#text"]) || text(failed["@message"]) || "failed",
    ms: Number.isFinite(seconds) ? seconds * 1000 : undefined,
  };
}

function list(value: unknown): Element[] {
  return Array.isArray(value) ? value.map((each) => (typeof each === "object" && each !== null ? (each as Element) : { "#text": each })) : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
