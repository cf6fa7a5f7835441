// What `pipe list --json` says. It is read defensively: another version of `pipe` may write more, or less.

/** A parameter of a function or of the package. */
export interface Parameter {
  name: string;
  type: string;
  required: boolean;
  docs: string;
  /** Its default as it is written, where that is told. */
  default: string | undefined;
  /** All there is to choose from, where that is little. */
  values: string[] | undefined;
}

/** A public function or action. */
export interface Target {
  name: string;
  action: boolean;
  type: string;
  docs: string;
  parameters: Parameter[];
  file: string;
  /** From 1. */
  line: number;
}

/** A test. */
export interface Test {
  title: string;
  file: string;
  /** From 1. */
  line: number;
}

/** What a package offers. */
export interface Listing {
  targets: Target[];
  parameters: Parameter[];
  tests: Test[];
}

type Json = Record<string, unknown>;

/** Throws when the text is no JSON object. */
export function parseListing(text: string): Listing {
  const read: unknown = JSON.parse(text);
  if (!isObject(read)) {
    throw new Error("`pipe list --json` gave no object");
  }
  return {
    targets: objects(read.functions).map(target),
    parameters: objects(read.params).map(parameter),
    tests: objects(read.tests).map((test) => ({ title: string(test.title), file: string(test.file), line: line(test.line) })),
  };
}

/** What a code lens names: a function, or else a value or an expression, which takes no parameters of its own. */
export function named({ targets }: Listing, name: string): Target {
  const function_ = targets.find((target) => target.name === name);
  return function_ ?? { name, action: false, type: "", docs: "", parameters: [], file: "", line: 1 };
}

function target(read: Json): Target {
  return {
    name: string(read.name),
    action: read.action === true,
    type: string(read.type),
    docs: string(read.docs),
    parameters: objects(read.params).map(parameter),
    file: string(read.file),
    line: line(read.line),
  };
}

function parameter(read: Json): Parameter {
  const written = string(read.written);
  const equals = written.indexOf(" = ");
  return {
    name: string(read.name),
    type: string(read.type),
    required: read.required === true,
    docs: string(read.docs),
    default: equals < 0 ? undefined : written.slice(equals + 3),
    values: Array.isArray(read.values) ? read.values.map(string) : undefined,
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function line(value: unknown): number {
  return typeof value === "number" && value >= 1 ? Math.floor(value) : 1;
}
