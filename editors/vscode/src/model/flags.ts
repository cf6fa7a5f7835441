// From what a person chose to flags. A flag and its value are one word, so that no value is taken for a flag.

import type { Parameter } from "./listing";

/** How a parameter is asked for. */
export type Form = "flag" | "choice" | "path" | "secret" | "list" | "text";

/** The type without `?` and without `List[…]`. */
function element(type: string): string {
  const list = /^List\[(.*)\]\??$/.exec(type);
  return (list?.[1] ?? type).replace(/\?$/, "");
}

export function isList(parameter: Parameter): boolean {
  return /^List\[/.test(parameter.type);
}

export function form(parameter: Parameter): Form {
  const type = element(parameter.type);
  if (isList(parameter)) {
    return "list";
  }
  if (type === "Bool") {
    return "flag";
  }
  if (parameter.values !== undefined && parameter.values.length > 0) {
    return "choice";
  }
  if (type === "Dir" || type === "File" || type === "Tree") {
    return "path";
  }
  return type === "Secret" ? "secret" : "text";
}

/** The flags that give a parameter these values: one a value. */
export function flags(parameter: Parameter, values: string[]): string[] {
  const name = `--${parameter.name.replace(/_/g, "-")}`;
  return values.map((value) => `${name}=${value}`);
}

/** What is wrong with a value before it is given; `undefined` when nothing is. */
export function problem(parameter: Parameter, value: string): string | undefined {
  if (value === "") {
    return parameter.required && !isList(parameter) && element(parameter.type) !== "String" ? "it has no default" : undefined;
  }
  if (form(parameter) === "secret" && !/^(env|file|cmd):./.test(value)) {
    return "where the secret comes from: env:NAME, file:PATH or cmd:COMMAND, never its value";
  }
  return undefined;
}
