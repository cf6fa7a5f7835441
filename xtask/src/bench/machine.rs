//! What the numbers were taken on.

use std::process::Command;

use crate::run;

/// Lines of `name: value`.
pub(super) fn describe() -> Vec<(&'static str, String)> {
    let first_line = |program: &str, args: &[&str]| -> String {
        let output =
            run::output(Command::new(program).args(args)).map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&output).lines().next().unwrap_or("unknown").to_owned()
    };
    let cores = std::thread::available_parallelism().map_or_else(|_| "unknown".to_owned(), |n| n.to_string());
    vec![
        ("date", first_line("date", &["-u", "+%Y-%m-%d"])),
        ("processor", processor()),
        ("cores", cores),
        ("kernel", first_line("uname", &["-sr"])),
        ("store on", first_line("stat", &["-f", "-c", "%T", &std::env::temp_dir().display().to_string()])),
        ("bwrap", first_line("bwrap", &["--version"])),
        ("rustc", first_line("rustc", &["--version"])),
    ]
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| "unknown".to_owned(), |(_, name)| name.to_owned())
}
