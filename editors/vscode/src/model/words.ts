// The command lines of tasks.

/** What a task does, as in `tasks.json`. */
export interface Work {
  command: "run" | "plan" | "why" | "test" | "check";
  /** A target; of `test` a part of the titles. */
  target?: string;
  /** What follows the target. */
  args?: string[];
  /** Of `test`: the target is a whole title. */
  exact?: boolean;
}

/** Commands that take the flags of the settings. */
const TAKES_FLAGS = new Set(["run", "test"]);

/** The words behind `pipe`. A check says each mistake in one line, for the problem matcher. */
export function words(work: Work, flags: string[]): string[] {
  const before = work.command === "check" ? ["--format", "short"] : TAKES_FLAGS.has(work.command) ? flags : [];
  const exact = work.command === "test" && work.exact === true && work.target !== undefined ? ["--exact"] : [];
  const target = work.target === undefined ? [] : work.command === "test" ? ["--", work.target] : [work.target];
  return [work.command, ...before, ...exact, ...target, ...(work.args ?? [])];
}

/** The words of a task that runs elsewhere than in the package's folder, which are said in front. */
export function inPackage(folder: string | undefined): string[] {
  return folder === undefined || folder === "" ? [] : ["-C", folder];
}
