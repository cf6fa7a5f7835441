//! `pipe lsp`.

use clap::Args;

/// Serve an editor: the language server, on standard input and output
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  pipe lsp                         editors start it; it speaks the language server protocol

It reads the files of the packages that are open in the editor, and the store for what is known of their
steps; it runs nothing, connects nowhere and writes nothing but its answers.

Exit code: 0 after `shutdown` and `exit`, 1 when its input ended or `exit` came without `shutdown`.")]
pub(crate) struct LspArgs {
    /// Standard input and output; the only way there is, and some editors say so
    #[arg(long)]
    pub(crate) stdio: bool,
}
