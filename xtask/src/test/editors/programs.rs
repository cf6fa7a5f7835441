//! Programs that the tests of editors need, and the Debian packages they are in.

use std::process::Command;

use super::super::setup::{install as packages, is_root};
use super::{Lacking, Ready};
use crate::run;

/// What the tests without an editor need.
const NODE: &[(&str, &str)] = &[("node", "nodejs"), ("npm", "npm")];
/// What those with one need: a browser, what the workbench searches with, letters to draw, what native modules are built with.
const EDITORS: &[(&str, &str)] = &[
    ("chromium", "chromium"),
    ("rg", "ripgrep"),
    ("fc-list", "fontconfig"),
    ("nvim", "neovim"),
    ("make", "make"),
    ("g++", "g++"),
];
/// Without it there are no letters on screenshots.
const LETTERS: (&str, &str) = ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "fonts-dejavu-core");
/// The workbench needs this major version of Node.js, or a newer one.
const NODE_VERSION: u32 = 20;

/// Installs what is missing, as root on a Debian.
pub(super) fn install(end_to_end: bool) -> Result<(), String> {
    if !is_root() || run::find("apt-get").is_none() {
        return Ok(());
    }
    let editors = if end_to_end { EDITORS } else { &[] };
    let missing = NODE.iter().chain(editors).filter(|(program, _)| run::find(program).is_none());
    let mut missing: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if end_to_end && !std::path::Path::new(LETTERS.0).exists() {
        missing.push(LETTERS.1);
    }
    packages(&missing)
}

/// Node.js of a version that does.
pub(super) fn node() -> Ready {
    let lacking = |reason| Lacking { key: "without-node", reason };
    all(NODE).map_err(lacking)?;
    let said = run::output(Command::new("node").arg("--version")).map_err(lacking)?;
    let version = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE_VERSION => Ok(()),
        _ => Err(lacking(format!("Node.js is {version}, {NODE_VERSION} is needed"))),
    }
}

/// A browser, and what native modules are built with.
pub(super) fn browser() -> Ready {
    let needed: Vec<_> = EDITORS.iter().copied().filter(|(program, _)| *program != "nvim").collect();
    all(&needed).map_err(|reason| Lacking { key: "without-browser", reason })
}

/// Neovim.
pub(super) fn neovim() -> Ready {
    all(&[("nvim", "neovim"), ("cc", "gcc")]).map_err(|reason| Lacking { key: "without-neovim", reason })
}

fn all(programs: &[(&str, &str)]) -> Result<(), String> {
    let missing = programs.iter().filter(|(program, _)| run::find(program).is_none());
    let missing: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("these packages are missing: {}", missing.join(" ")))
    }
}
