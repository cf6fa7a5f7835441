//! Answers that were given on a terminal, in `grants.toml` beside the user's configuration.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use pipe_engine::Grant;
use pipe_ops::Digest;
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::exit::CliError;

const HEAD: &str =
    "# Written by pipe: what packages were allowed when it asked. Remove an entry to be asked again.\n\n";

/// All answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Answers {
    #[serde(default)]
    granted: Vec<Answer>,
}

/// A list of grants that was allowed to a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Answer {
    /// The package's folder, links followed.
    package: PathBuf,
    /// The digest of the list.
    digest: String,
    /// The list, as `--allow` takes them.
    allow: Vec<String>,
}

/// Where the answers are; `None` without a place for configuration.
fn place(environment: &Environment) -> Option<PathBuf> {
    Some(environment.config.as_deref()?.parent()?.join("grants.toml"))
}

/// The lists that were allowed to the package in this folder. An entry whose digest is not that of its list counts for nothing.
///
/// # Errors
/// When the file is there and cannot be read or understood.
pub(super) fn of(package: &Path, environment: &Environment) -> Result<Vec<Vec<Grant>>, CliError> {
    let Some(file) = place(environment) else { return Ok(Vec::new()) };
    let answers = read(&file)?;
    let own = answers.granted.into_iter().filter(|answer| answer.package == package);
    let lists = own.filter_map(|answer| {
        let parse = |text: &String| Grant::parse(text, package, None).ok();
        let list: Vec<Grant> = answer.allow.iter().map(parse).collect::<Option<_>>()?;
        (digest(&answer.allow) == answer.digest).then_some(list)
    });
    Ok(lists.collect())
}

/// Keeps a list. Other processes always see a whole file.
///
/// # Errors
/// When it cannot be written.
pub(super) fn keep(package: &Path, list: &[Grant], environment: &Environment) -> Result<(), CliError> {
    let Some(file) = place(environment) else { return Ok(()) };
    let mut answers = read(&file)?;
    let mut allow: Vec<String> = list.iter().map(Grant::to_string).collect();
    allow.sort();
    allow.dedup();
    let answer = Answer { package: package.to_owned(), digest: digest(&allow), allow };
    if answers.granted.contains(&answer) {
        return Ok(());
    }
    answers.granted.push(answer);
    let failed = |error: String| CliError::usage(format!("cannot write {}: {error}", file.display()));
    let text = toml::to_string(&answers).map_err(|error| failed(error.to_string()))?;
    write(&file, &format!("{HEAD}{text}")).map_err(|error| failed(error.to_string()))
}

fn read(file: &Path) -> Result<Answers, CliError> {
    let failed = |error: String| {
        CliError::usage(format!("the granted permissions in {}: {error}", file.display()))
            .help("mend the file, or remove it: then pipe asks again")
    };
    match std::fs::read_to_string(file) {
        Ok(text) => toml::from_str(&text).map_err(|error| failed(error.to_string())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Answers::default()),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Written beside and renamed; for nobody else to read.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension(format!("pipe-{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    let written = options.write(true).create(true).truncate(true).mode(0o600).open(&beside);
    let written = written.and_then(|mut out| {
        out.write_all(text.as_bytes())?;
        out.sync_all()?;
        std::fs::rename(&beside, file)
    });
    written.inspect_err(|_| drop(std::fs::remove_file(&beside)))
}

/// SHA-256 over the sorted list, one grant a line.
fn digest(allow: &[String]) -> String {
    let mut sorted: Vec<&str> = allow.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    Digest::of(sorted.join("\n").as_bytes()).to_string()
}
