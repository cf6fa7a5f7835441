//! `pipe version`.

use crate::args::VersionArgs;
use crate::exit::CliError;
use crate::output;

pub(crate) fn run(args: &VersionArgs) -> Result<(), CliError> {
    let version = env!("CARGO_PKG_VERSION");
    if args.json {
        return output::result_line(&serde_json::json!({ "name": "pipe", "version": version }).to_string());
    }
    output::result_line(&format!("pipe {version}"))
}
