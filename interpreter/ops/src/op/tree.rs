//! What is made of trees and files.

use serde::{Deserialize, Serialize};

use super::Arg;
use crate::Output;

/// A folder of the host, with what counts in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HostDir {
    /// The path, relative to the package, or absolute when it came from the command line.
    pub path: String,
    /// Globs of what counts; empty for everything.
    pub include: Vec<String>,
    /// Globs of what does not.
    pub exclude: Vec<String>,
}

/// Put a tree or a file at a path of another tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    /// The tree that is changed.
    pub into: Output,
    /// Where; missing folders are made.
    pub path: Arg,
    /// What is put there. A tree is merged into a folder that exists; a file replaces a file.
    pub source: Output,
    /// `source` is a file rather than a tree.
    pub is_file: bool,
    /// `user[:group]` by number for everything copied; 0:0 when `None`.
    pub owner: Option<String>,
    /// Permission bits for every file copied; as they are when `None`.
    pub mode: Option<u32>,
    /// Globs of what counts; empty for everything.
    pub include: Vec<String>,
    /// Globs of what does not.
    pub exclude: Vec<String>,
}

/// Put what patterns find at a path of another tree. Of a folder it is what is in it that is put there; a file is put into a folder, or is
/// what stands at the path. A path that is not there is an error; a pattern that finds nothing is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gather {
    /// The tree that is changed.
    pub into: Output,
    /// Where, absolute; missing folders are made.
    pub path: Arg,
    /// The path is a folder, whether it exists or not.
    pub folder: bool,
    /// What is put there, in order.
    pub sources: Vec<GatherSource>,
    /// `user[:group]` for everything copied and made, by number, or by name as `into` has them in `/etc`; nobody's choice when it is empty.
    pub owner: Option<Arg>,
    /// Permission bits for everything copied; as they are when `None`.
    pub mode: Option<u32>,
    /// Patterns of what in the sources does not count, by the rules of `.dockerignore`.
    pub exclude: Vec<String>,
    /// What is found keeps the folders it is in, below the last `/./` of its pattern.
    pub parents: bool,
}

/// What is looked for in a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatherSource {
    /// The tree.
    pub tree: Output,
    /// A path, perhaps with wildcards.
    pub pattern: Arg,
}

/// How a tree is written down in one file. The same tree gives the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PackForm {
    /// A tar archive.
    Tar,
    /// A zip archive.
    Zip,
    /// The SHA-256 checksums of all files, as `sha256sum` writes and reads them.
    Checksums,
}
