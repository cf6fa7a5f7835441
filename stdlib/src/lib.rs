//! The declarations of pipe's prelude, as source text.
//!
//! **Invariant.** Nothing but the texts of `stdlib/*.pipe`: what they mean is the checker's, what they do the evaluator's
//! and the engine's.

/// A module of the standard library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name: `std/prelude`.
    pub name: &'static str,
    /// How programs reach it.
    pub scope: Scope,
    /// Its text.
    pub text: &'static str,
}

/// How a module of the standard library is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Its public names stand in every module.
    Prelude,
    /// Under a name, in every module: `workspace.dir()`.
    Namespace(&'static str),
}

macro_rules! modules {
    ($($file:literal: $scope:expr),* $(,)?) => {
        &[$(Source { name: concat!("std/", $file), scope: $scope, text: include_str!(concat!("../", $file, ".pipe")) }),*]
    };
}

/// Every module of the standard library.
pub const MODULES: &[Source] = modules![
    "prelude": Scope::Prelude,
    "collections": Scope::Prelude,
    "text": Scope::Prelude,
    "numbers": Scope::Prelude,
    "result": Scope::Prelude,
    "workspace": Scope::Namespace("workspace"),
    "host": Scope::Namespace("host"),
    "secret": Scope::Namespace("secret"),
    "fake": Scope::Namespace("fake"),
    "json": Scope::Namespace("json"),
    "toml": Scope::Namespace("toml"),
    "yaml": Scope::Namespace("yaml"),
    "dotenv": Scope::Namespace("dotenv"),
];
