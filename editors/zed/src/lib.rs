//! Says to Zed how the language server is started: `pipe lsp`, with the `pipe` of the user's settings or of `PATH`.
//!
//! **Invariant.** Downloads nothing.

use zed_extension_api::settings::LspSettings;
use zed_extension_api::{self as zed, Command, LanguageServerId, Result, Worktree};

struct Pipe;

impl zed::Extension for Pipe {
    fn new() -> Self {
        Pipe
    }

    fn language_server_command(&mut self, id: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let settings = LspSettings::for_worktree(id.as_ref(), worktree)?;
        let chosen = settings.binary.and_then(|binary| binary.path);
        let command = chosen.or_else(|| worktree.which("pipe")).ok_or("no `pipe` on PATH; `lsp.pipe.binary.path` in the settings names one")?;
        Ok(Command { command, args: vec!["lsp".to_owned()], env: worktree.shell_env() })
    }
}

zed::register_extension!(Pipe);
