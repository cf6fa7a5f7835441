//! The same project in two languages: functions with typed parameters, records, comprehensions, branches, calls of each other
//! and of the library.

use std::fmt::Write;

pub(super) const FILES: usize = 100;
/// In a file.
const FUNCTIONS: usize = 100;
/// Of a function, an empty one behind it.
const FUNCTION_LINES: usize = 8;
pub(super) const LINES: usize = FILES * FUNCTIONS * FUNCTION_LINES;

/// A module of the pipeline language. Every one but the first uses the one before it.
pub(super) fn pipe(file: usize) -> String {
    let mut text = String::new();
    let before = if file == 0 { "step0" } else { "before.step0" };
    for n in 0..FUNCTIONS {
        let called = if n == 0 { before.to_owned() } else { format!("step{}", n - 1) };
        let body = match (n, n % 4) {
            (0, _) => constant(file),
            (_, 0) => format!(
                "pub fn step{n}(names: List[String], count: Int) -> Int {{
  let long = [for name in names if name.len() > count => name.trim()]
  let first = long.first() ?? \"none\"
  let last = long.last() ?? first
  let total = {called}(long, count + {n})
  if total > {n} && first != last {{ total - 1 }} else {{ total + first.len() }}
}}

"
            ),
            (_, 1) => format!(
                "pub fn step{n}(names: List[String], count: Int) -> Int {{
  let lengths = names.map(fn(name) => name.len())
  let sum = lengths.fold(0, fn(a, b) => a + b)
  let label = \"step {n} of ${{count}}: ${{sum}}\"
  let next = {called}([label, ..names], sum)
  match names.first() {{ some(name) => next + name.len(), none => next }}
}}

"
            ),
            (_, 2) => format!(
                "pub fn image{n}(base: Container, names: List[String]) -> Container {{
  let count = {called}(names, names.len())
  let tagged = base.env(\"STEP\", \"{n}\").env(\"COUNT\", \"${{count}}\")
  let folder = tagged.workdir(\"/work/step{n}\")
  if count > {n} {{ folder.user(\"1000\") }} else {{ folder.label(\"count\", \"${{count}}\") }}
}}

pub fn step{n}(names: List[String], count: Int) -> Int {{ names.len() + count }}
"
            ),
            _ => format!(
                "pub fn step{n}(names: List[String], count: Int) -> Int {{
  let sizes = [for name in names => name: name.len()]
  let known = sizes.get(\"step{n}\") ?? count
  let more = names + [\"a\", \"b{n}\"]
  let next = {called}(more, known * 2)
  if next >= known {{ next }} else {{ known - {n} }}
}}

"
            ),
        };
        text += &body;
    }
    // In the place of a line of the first function, so that all files have equally many.
    if file > 0 {
        text.replacen("# First.\n", &format!("use \"./part{}.pipe\" as before\n", file - 1), 1)
    } else {
        text
    }
}

/// The first function of a file: it begins with a line that other files need otherwise.
fn constant(file: usize) -> String {
    let start = if file == 0 { "count".to_owned() } else { "before.step0(names, count)".to_owned() };
    format!(
        "# First.
pub fn step0(names: List[String], count: Int) -> Int {{
  let start = {start}
  let longest = names.fold(\"\", fn(a, b) => if b.len() > a.len() {{ b }} else {{ a }})
  let size = longest.len() + names.len() * {file}
  if size > start {{ size - start }} else {{ start }}
}}

"
    )
}

/// A module of Python.
pub(super) fn python(file: usize) -> String {
    let mut text = String::new();
    for n in 0..FUNCTIONS {
        let called = format!("step{}", n.saturating_sub(1));
        let start = if file == 0 { "count" } else { "before.step0(names, count)" };
        let first =
            if file == 0 { "import os".to_owned() } else { format!("import part{} as before", file - 1) };
        match (n, n % 4) {
            (0, _) => write!(
                text,
                "{first}
def step0(names: list[str], count: int) -> int:
    start = {start}
    longest = max(names, key=lambda name: len(name), default=\"\")
    size = len(longest) + len(names) * {file}
    return size - start if size > start else start


"
            ),
            (_, 0) => write!(
                text,
                "def step{n}(names: list[str], count: int) -> int:
    long = [name.strip() for name in names if len(name) > count]
    first = next(iter(long), None) or \"none\"
    last = long[-1] if long else first
    total = {called}(long, count + {n})
    return total - 1 if total > {n} and first != last else total + len(first)


"
            ),
            (_, 1) => write!(
                text,
                "def step{n}(names: list[str], count: int) -> int:
    lengths = [len(name) for name in names]
    sum_ = sum(lengths)
    label = f\"step {n} of {{count}}: {{sum_}}\"
    following = {called}([label, *names], sum_)
    return following + len(names[0]) if names else following


"
            ),
            (_, 2) => write!(
                text,
                "def image{n}(base: dict[str, str], names: list[str]) -> dict[str, str]:
    count = {called}(names, len(names))
    tagged = base | {{\"STEP\": \"{n}\"}} | {{\"COUNT\": f\"{{count}}\"}}
    folder = tagged | {{\"WORKDIR\": \"/work/step{n}\"}}
    return folder | {{\"USER\": \"1000\"}} if count > {n} else folder | {{\"LABEL\": f\"{{count}}\"}}

def step{n}(names: list[str], count: int) -> int:
    return len(names) + count
"
            ),
            _ => write!(
                text,
                "def step{n}(names: list[str], count: int) -> int:
    sizes = {{name: len(name) for name in names}}
    known = sizes.get(\"step{n}\", count)
    more = names + [\"a\", \"b{n}\"]
    following = {called}(more, known * 2)
    return following if following >= known else known - {n}


"
            ),
        }
        .unwrap_or_default();
    }
    text
}

/// Twenty lines.
pub(super) const SMALL: &str = r#"## The sources.
param src: Dir = workspace.dir(".", exclude: [".git"])

fn base() -> Container {
  image("golang:1.24@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
    .workdir("/src")
    .cache("/root/.cache/go-build", "go")
}

pub fn test() -> Check {
  base().mount("/src", src).run(sh"go test ./...").check()
}

pub fn build(version: String = "dev") -> File {
  base()
    .mount("/src", src)
    .env("VERSION", version)
    .run(sh"go build -o /out/app .")
    .file("/out/app")
}
"#;

/// As many, of the same kind.
pub(super) const SMALL_PYTHON: &str = r#"import subprocess
# The sources are where it is called.
from pathlib import Path


def base(folder: Path) -> list[str]:
    return ["env", "-C", str(folder), "GOCACHE=/tmp/go"]


def test(folder: Path) -> bool:
    command = base(folder) + ["go", "test", "./..."]
    return subprocess.run(command, check=False).returncode == 0


def build(folder: Path, version: str = "dev") -> Path:
    command = base(folder)
    command += [f"VERSION={version}"]
    command += ["go", "build", "-o", "/out/app", "."]
    subprocess.run(command, check=True)
    return Path("/out/app")
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_projects_have_as_many_lines() {
        for file in [0, 1, 99] {
            assert_eq!(pipe(file).lines().count(), FUNCTIONS * FUNCTION_LINES);
            assert_eq!(python(file).lines().count(), FUNCTIONS * FUNCTION_LINES);
        }
        assert_eq!(SMALL.lines().count(), 20);
        assert_eq!(SMALL_PYTHON.lines().count(), 20);
    }
}
