//! Times of whole commands.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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
