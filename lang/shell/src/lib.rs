//! What the text of a shell script tells, without running it: where its syntax is wrong, what only bash understands, which variables
//! it reads and sets, which commands it calls.
//!
//! **Invariant.** Every text gives [`Facts`], in bounded time and stack; nothing here knows the pipe language, files or
//! salsa. The only crate that knows the parser of shells.
//!
//! The parser reads bash, of which the shell of POSIX is a part; `bash_only` tells the rest apart.

mod bash_only;
mod commands;
mod downloads;
mod facts;
mod syntax;
mod variables;
mod walk;
mod words;

pub use facts::{BashOnly, Call, Facts, Portable, Read, SyntaxError};
pub use variables::{mistyped, usual_variables};

use shuck_parser::parser::{ParseStatus, Parser};

/// Bytes of the largest script that is read: reading a script is not always linear, and no step's script is that long.
pub const MAX_SCRIPT_BYTES: usize = 64 << 10;

/// Brackets that may be open at once: the parser follows some of them without a bound of its own.
const MAX_BRACKETS: usize = 60;

/// What the parser and its tree may need of the stack, in bytes: it stops at 1.5 MiB itself.
const STACK: usize = 3 << 20;

/// What a script tells. One that is larger than [`MAX_SCRIPT_BYTES`], or nested too deeply to be followed, tells nothing.
pub fn facts(script: &str) -> Facts {
    let mut facts = Facts::default();
    read(script, 0, &mut facts);
    facts
}

/// What a command of these words tells, `None` for words that are known when it runs. It has no places.
pub fn called(words: &[Option<String>]) -> Facts {
    let mut facts = Facts::default();
    facts.called(commands::target(words), 0..0, 0);
    facts
}

/// Scripts inside scripts (`sh -c '…'`) are followed this deep.
const MAX_NESTED: usize = 3;

fn read(script: &str, nested: usize, facts: &mut Facts) {
    if script.len() > MAX_SCRIPT_BYTES || nested > MAX_NESTED || brackets(script) > MAX_BRACKETS {
        return;
    }
    stacker::maybe_grow(STACK, STACK + (1 << 20), || {
        let parsed = Parser::new(script).parse();
        if parsed.status != ParseStatus::Clean {
            facts.error = syntax::first_error(script, &parsed);
        }
        let mut walk = walk::Walk { source: script, nested, facts };
        walk.statements(&parsed.file.body);
    });
}

/// How many brackets are open at once, those in quotes too.
fn brackets(script: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in script.bytes() {
        match byte {
            b'(' | b'{' | b'[' => open += 1,
            b')' | b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

#[cfg(test)]
mod tests;
