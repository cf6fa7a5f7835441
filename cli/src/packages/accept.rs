//! What packages want to be allowed, and whether somebody allows it.

use std::collections::BTreeSet;

use pipe_analysis::{NeededPackage, PackageLock, PackageSource, PackageState, meaning, to_accept};

use crate::environment::Environment;
use crate::exit::CliError;
use crate::progress::{Style, printable};
use crate::{prompt, report};

/// What a package wants, and what it was accepted to want before.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) source: PackageSource,
    name: String,
    pub(super) wanted: BTreeSet<String>,
    accepted: Option<BTreeSet<String>>,
}

impl Wish {
    /// Of a package that is there.
    pub(super) fn of(needed: &NeededPackage, before: &PackageLock) -> Option<Wish> {
        let PackageState::There(Some(manifest)) = &needed.state else { return None };
        let accepted = before.accepted(&needed.source);
        let wanted = manifest.permissions.wanted();
        Some(Wish { source: needed.source.clone(), name: needed.name.clone(), wanted, accepted })
    }

    fn more(&self) -> BTreeSet<String> {
        to_accept(&self.wanted, self.accepted.as_ref())
    }

    /// What changes, one line each.
    fn difference(&self) -> String {
        let more = self.more();
        let before = self.accepted.clone().unwrap_or_default();
        let all: BTreeSet<&String> = self.wanted.iter().chain(&before).collect();
        let lines = all.into_iter().map(|word| {
            let sign = match (more.contains(word), self.wanted.contains(word)) {
                (true, _) => '+',
                (false, true) => ' ',
                (false, false) => '-',
            };
            format!("    {sign} {}\n", printable(&meaning(word), false))
        });
        let head =
            format!("  {} ({})\n", printable(&self.name, false), printable(&self.source.to_string(), false));
        std::iter::once(head).chain(lines).collect()
    }
}

/// Accepts what is wanted beyond what was accepted: by a flag, or by an answer on a terminal.
///
/// # Errors
/// When nobody accepts it, with the difference.
pub(super) fn settle(
    wishes: &[Wish],
    accept: bool,
    environment: &Environment,
    style: Style,
) -> Result<(), CliError> {
    let more: Vec<&Wish> = wishes.iter().filter(|wish| !wish.more().is_empty()).collect();
    if more.is_empty() {
        return Ok(());
    }
    let difference: String = more.iter().map(|wish| wish.difference()).collect();
    let title = match more.as_slice() {
        [one] if one.accepted.is_none() => {
            format!("`{}` wants what has to be accepted", printable(&one.name, false))
        }
        [one] => format!("`{}` wants more than was accepted", printable(&one.name, false)),
        _ => "packages want more than was accepted".to_owned(),
    };
    if accept {
        report::notice(&format!("accepted: {title}\n{difference}"), Style { quiet: false, ..style });
        return Ok(());
    }
    if environment.can_ask() && prompt::confirmed(&format!("{title}\n{difference}Accept it? [y/N] ")) {
        return Ok(());
    }
    Err(CliError::usage(format!("{title}\n{}", difference.trim_end()))
        .help("look at it, then accept it with `pipe update --accept`"))
}
