//! Running a test binary and counting.

use std::io::{BufRead, BufReader};
use std::ops::AddAssign;
use std::process::{Command, Stdio};

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: usize,
    pub(super) failed: usize,
    /// Tests that passed only because they said that they cannot run here.
    pub(super) skipped: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Tally {
    /// Prints the last line of a run.
    ///
    /// # Errors
    /// When a test failed.
    pub(super) fn sum(self) -> Result<(), String> {
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 { Ok(()) } else { Err("some tests failed".to_owned()) }
    }
}

/// Runs a test binary; prints one line when all is well, everything when it is not.
pub(super) fn run(command: &mut Command, title: &str) -> Result<Tally, String> {
    // One pipe for both streams keeps lines in the order they were written.
    let (reader, writer) = std::io::pipe().map_err(|error| error.to_string())?;
    let second = writer.try_clone().map_err(|error| error.to_string())?;
    let shown = format!("{command:?}");
    let child = command.stdin(Stdio::null()).stdout(writer).stderr(second).spawn();
    let mut child = child.map_err(|error| format!("{shown}: {error}"))?;
    // The command holds the writing ends; the pipe ends only when they are gone.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let lines: Vec<String> = BufReader::new(reader)
        .split(b'\n')
        .map_while(Result::ok)
        .map(|line| String::from_utf8_lossy(&line).into_owned())
        .collect();
    let status = child.wait().map_err(|error| format!("{shown}: {error}"))?;
    let mut tally = count(&lines);
    if !status.success() && tally.failed == 0 {
        tally.failed = 1;
    }
    for line in lines.iter().filter(|line| line.starts_with("SKIP ")) {
        println!("{line}");
    }
    if tally.failed > 0 {
        println!("{}", lines.join("\n"));
        println!("FAILED {title}: {status}");
    } else {
        println!("ok {title}: {} passed", tally.passed);
    }
    Ok(tally)
}

/// Counts from the test runner's own last lines, and skips from the lines that say so.
fn count(lines: &[String]) -> Tally {
    let mut tally =
        Tally { skipped: lines.iter().filter(|line| line.starts_with("SKIP ")).count(), ..Tally::default() };
    for line in lines.iter().filter_map(|line| line.strip_prefix("test result: ")) {
        tally.passed += number_before(line, " passed");
        tally.failed += number_before(line, " failed");
    }
    tally
}

fn number_before(line: &str, word: &str) -> usize {
    let before = line.split(word).next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted() {
        let lines = [
            "SKIP a: no root",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s",
        ]
        .map(str::to_owned);
        assert_eq!(count(&lines), Tally { passed: 4, failed: 2, skipped: 1 });
    }
}
