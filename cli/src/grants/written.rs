//! Grants as the user writes them: `--allow`, `PIPE_ALLOW`, the configuration.

use pipe_engine::{Grant, GrantError};

use crate::environment::Environment;
use crate::exit::CliError;

/// Reads grants as they are written; several stand in one text with commas between them.
///
/// # Errors
/// When one is none, or names a file to be read that is not there: it would be one for whatever comes there later.
pub(super) fn read<'a>(
    lists: impl IntoIterator<Item = &'a str>,
    environment: &Environment,
) -> Result<Vec<Grant>, CliError> {
    let mut grants = Vec::new();
    for written in lists.into_iter().flat_map(split) {
        let grant = Grant::parse(&written, &environment.current_dir, environment.home.as_deref())
            .map_err(|error| CliError::usage(error.to_string()).help(GrantError::KINDS))?;
        if let Grant::File(path) = &grant {
            path.symlink_metadata()
                .map_err(|error| CliError::usage(format!("the grant `{written}`: {error}")))?;
        }
        grants.push(grant);
    }
    Ok(grants)
}

/// Parts of a list with commas, without empty ones. A comma that belongs to a part has `\` before it.
fn split(list: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = list.chars().peekable();
    while let Some(next) = chars.next() {
        let escaped = if next == '\\' { chars.next_if_eq(&',') } else { None };
        match (next, escaped, parts.last_mut()) {
            (',', None, _) => parts.push(String::new()),
            (next, escaped, Some(part)) => part.push(escaped.unwrap_or(next)),
            (_, _, None) => {}
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_separate_unless_they_belong_to_a_name() {
        assert_eq!(split("env:A, file:/b\\,c,,"), ["env:A", "file:/b,c"]);
        assert_eq!(split("file:a\\b"), ["file:a\\b"]);
        assert!(split(" , ").is_empty());
    }
}
