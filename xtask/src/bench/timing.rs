//! Times of whole commands.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::run;

/// From starting a command to its end. It has to succeed.
pub(super) fn whole(command: &mut Command) -> Result<Duration, String> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    let elapsed = start.elapsed();
    if status.success() { Ok(elapsed) } else { Err(format!("{command:?}: {status}")) }
}

/// From starting a command to the first line it prints that holds `part`, on either stream. It has to succeed.
pub(super) fn first_line(command: &mut Command, part: &str) -> Result<Duration, String> {
    let (reader, writer) = std::io::pipe().map_err(|error| error.to_string())?;
    let second = writer.try_clone().map_err(|error| error.to_string())?;
    command.stdin(Stdio::null()).stdout(writer).stderr(second);
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    // The command holds the writing ends; the pipe ends only when they are gone.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut elapsed = None;
    for line in BufReader::new(reader).lines().map_while(Result::ok) {
        if elapsed.is_none() && line.contains(part) {
            elapsed = Some(start.elapsed());
        }
    }
    let status = child.wait().map_err(|error| format!("{command:?}: {error}"))?;
    match elapsed {
        Some(elapsed) if status.success() => Ok(elapsed),
        _ => Err(format!("{command:?}: {status}, and no line with {part:?}")),
    }
}

/// What a command took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resources {
    /// Of processor time.
    pub(super) seconds: f64,
    /// At most at any time.
    pub(super) megabytes: f64,
}

/// What a command takes. It has to succeed.
pub(super) fn resources(command: &Command) -> Result<Resources, String> {
    if run::find("time").is_none() {
        crate::test::install(&["time"])?;
    }
    let mut time = Command::new("time");
    time.args(["-f", "resources %U %S %M"]).arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        time.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => time.env(name, value),
            None => time.env_remove(name),
        };
    }
    let output = run::output(&mut time)?;
    let text = String::from_utf8_lossy(&output.stderr);
    let line =
        text.lines().find_map(|line| line.strip_prefix("resources ")).ok_or("`time` told no resources")?;
    let numbers: Vec<f64> = line.split(' ').filter_map(|number| number.parse().ok()).collect();
    match numbers.as_slice() {
        [user, system, kib] => Ok(Resources { seconds: user + system, megabytes: kib * 1024.0 / 1e6 }),
        _ => Err(format!("`time` told `{line}`")),
    }
}

/// The middle number.
pub(super) fn median_of(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// The middle one.
pub(super) fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_does_not_mind_outliers() {
        let times = [1, 900, 2, 3, 2].map(Duration::from_millis);
        assert_eq!(median(&times), Duration::from_millis(2));
    }
}
