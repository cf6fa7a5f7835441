import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { inPackage, words } from "../../src/model/words";

interface Matcher {
  name: string;
  fileLocation: string[];
  pattern: { regexp: string; file: number; line: number; column: number; severity: number; code: number; message: number };
}

interface Manifest {
  contributes: { problemMatchers: Matcher[]; taskDefinitions: { properties: Record<string, unknown> }[] };
}

const { contributes } = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;

test("a task's words", () => {
  const flags = ["--jobs", "2"];
  assert.deepEqual(words({ command: "run", target: "build", args: ["--to=x"] }, flags), ["run", "--jobs", "2", "build", "--to=x"]);
  assert.deepEqual(words({ command: "plan", target: "deploy.version()" }, flags), ["plan", "deploy.version()"]);
  assert.deepEqual(words({ command: "test", target: "-x" }, []), ["test", "--", "-x"]);
  assert.deepEqual(words({ command: "test", target: "it holds", exact: true }, []), ["test", "--exact", "--", "it holds"]);
  assert.deepEqual(words({ command: "test", exact: true }, []), ["test"]);
  assert.deepEqual(words({ command: "check" }, flags), ["check", "--format", "short"]);
  assert.deepEqual([inPackage(undefined), inPackage("web")], [[], ["-C", "web"]]);
});

test("a task can be written with all of them", () => {
  const known = Object.keys(contributes.taskDefinitions[0]?.properties ?? {});
  assert.deepEqual(known.sort(), ["args", "command", "exact", "package", "target"]);
});

test("the matcher reads what a check prints", () => {
  const [matcher] = contributes.problemMatchers;
  assert.ok(matcher !== undefined);
  assert.equal(matcher.name, "pipe");
  assert.deepEqual(matcher.fileLocation, ["relative", "${workspaceFolder}"]);
  const { regexp, ...groups } = matcher.pattern;
  const read = (line: string) => {
    const found = new RegExp(regexp).exec(line);
    return found && Object.entries(groups).map(([, group]) => found[group]);
  };
  // As lang/diagnostics/src/render/short.rs writes it.
  assert.deepEqual(read("main.pipe:2:19: error[unknown-argument]: `run` has no argument `timeuot`"), [
    "main.pipe",
    "2",
    "19",
    "error",
    "unknown-argument",
    "`run` has no argument `timeuot`",
  ]);
  assert.equal(read("lib/a b.pipe:1:1: warning[unused]: x")?.[0], "lib/a b.pipe");
  assert.equal(read("1 error, 2 warnings in 3 files"), null);
});
