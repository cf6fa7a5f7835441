import assert from "node:assert/strict";
import { test } from "node:test";

import { flags, form, problem } from "../../src/model/flags";
import { named, Parameter, parseListing } from "../../src/model/listing";

const LISTING = JSON.stringify({
  docs: "",
  functions: [
    {
      name: "release",
      action: true,
      type: "ImageRef",
      docs: "It ships.",
      params: [
        { name: "dry_run", type: "Bool", required: false, written: "dry_run: Bool = false", values: ["true", "false"] },
        { name: "to", type: "Target", required: true, written: "to: Target", values: ["staging", "production"] },
        { name: "tags", type: "List[String]", required: false, written: 'tags: List[String] = ["a = b"]', values: null },
      ],
      file: "main.pipe",
      line: 3,
    },
  ],
  params: [{ name: "src", type: "Dir", docs: "The sources.", required: false }],
  tests: [{ title: "it holds", file: "main.pipe", line: 9 }],
});

function parameter(type: string, more: Partial<Parameter> = {}): Parameter {
  return { name: "a_b", type, required: true, docs: "", default: undefined, values: undefined, ...more };
}

test("a listing is read", () => {
  const { targets, parameters, tests } = parseListing(LISTING);
  assert.deepEqual(targets.map((target) => [target.name, target.action, target.line]), [["release", true, 3]]);
  assert.deepEqual(targets[0]?.parameters.map((each) => each.default), ["false", undefined, '["a = b"]']);
  assert.deepEqual(parameters.map((each) => each.docs), ["The sources."]);
  assert.deepEqual(tests, [{ title: "it holds", file: "main.pipe", line: 9 }]);
});

test("what a code lens names may be an expression", () => {
  const listing = parseListing(LISTING);
  assert.equal(named(listing, "release").parameters.length, 3);
  const value = named(listing, "deploy.version()");
  assert.deepEqual([value.name, value.parameters], ["deploy.version()", []]);
});

test("a listing of another version may lack or have anything", () => {
  assert.deepEqual(parseListing("{}"), { targets: [], parameters: [], tests: [] });
  assert.equal(parseListing('{"functions":[3,{"name":7,"line":-1,"params":{}}]}').targets[0]?.line, 1);
  assert.throws(() => parseListing("[]"));
  assert.throws(() => parseListing("no JSON"));
});

test("a parameter is asked for by its type", () => {
  const forms = ["Bool", "Bool?", "Dir", "File?", "Secret", "List[Dir]", "String", "RegistryAuth"].map((type) => form(parameter(type)));
  assert.deepEqual(forms, ["flag", "flag", "path", "path", "secret", "list", "text", "text"]);
  assert.equal(form(parameter("Target", { values: ["staging"] })), "choice");
});

test("a value cannot become a flag of its own", () => {
  assert.deepEqual(flags(parameter("List[String]"), ["--allow", "net:host", ""]), ["--a-b=--allow", "--a-b=net:host", "--a-b="]);
});

test("a secret is named, never given", () => {
  assert.match(problem(parameter("Secret"), "hunter2") ?? "", /where the secret comes from/);
  assert.equal(problem(parameter("Secret"), "env:TOKEN"), undefined);
  assert.equal(problem(parameter("Duration"), ""), "it has no default");
  assert.equal(problem(parameter("String"), ""), undefined);
});
