//! Adds results to a store that nobody uses: `fill STORE COUNT`. For measuring a store that is large.

#[path = "../tests/store/rows.rs"]
mod rows;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [store, count] = args.as_slice() else { return ExitCode::from(2) };
    let Ok(count) = count.parse() else { return ExitCode::from(2) };
    match rows::add(Path::new(store), count) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{store}: {error}");
            ExitCode::FAILURE
        }
    }
}
