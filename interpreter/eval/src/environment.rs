//! The environment of a step before anything is set.

use crate::value::{Base, Config};

/// Where programs are looked for when neither the image nor the pipeline says.
pub(crate) const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The default of a variable. Nothing of the host's environment is ever part of it. `HOME` of a user that was chosen is `/`: whose
/// folder is whose is known only inside the file system.
pub(crate) fn default_variable(name: &str, config: &Config) -> Option<&'static str> {
    if config.base != Base::Bare {
        return None;
    }
    match name {
        "PATH" => Some(DEFAULT_PATH),
        "HOME" => Some(if config.user.as_deref().is_none_or(is_root) { "/root" } else { "/" }),
        _ => None,
    }
}

/// Names of the variables that have a default.
pub(crate) const DEFAULTS: [&str; 2] = ["HOME", "PATH"];

fn is_root(user: &str) -> bool {
    matches!(user.split(':').next(), Some("root" | "0" | ""))
}

/// Whether a name is one that scripts use for their values: `PIPE_1`, `PIPE_2_1`.
pub(crate) fn is_reserved(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("PIPE_") else { return false };
    rest.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::is_reserved;

    #[test]
    fn only_names_that_scripts_use_are_reserved() {
        let reserved: Vec<_> = ["PIPE_1", "PIPE_12_3", "PIPE_", "PIPE_1_", "PIPE_A", "PIPE_STORE", "XPIPE_1"]
            .into_iter()
            .filter(|name| is_reserved(name))
            .collect();
        assert_eq!(reserved, ["PIPE_1", "PIPE_12_3"]);
    }
}
