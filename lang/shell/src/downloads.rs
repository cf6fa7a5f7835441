//! Downloads that are run at once: `curl … | sh`.

use shuck_ast::{BinaryCommand, BinaryOp, Command, Stmt, StmtSeq, Word, WordPart, WordPartNode};

use crate::commands::{base_name, first_operand, is_shell, script_argument, target};
use crate::walk::{Walk, range};

/// Programs that write what they download to their standard output, at least when asked to.
const DOWNLOADERS: [&str; 6] = ["curl", "wget", "fetch", "http", "https", "aria2c"];
/// Programs that run what comes in, when they are given no file.
const INTERPRETERS: [&str; 6] = ["python", "python3", "perl", "ruby", "node", "php"];
/// How deep substitutions are searched for a download.
const MAX_DEPTH: usize = 8;

impl Walk<'_> {
    /// Looks at the stages of a pipeline. `binary` is its last operator, or an operator of a list.
    pub(crate) fn pipeline(&mut self, binary: &BinaryCommand) {
        let mut stages: Vec<&Stmt> = Vec::new();
        let mut left = binary;
        loop {
            let pipes = matches!(left.op, BinaryOp::Pipe | BinaryOp::PipeAll);
            if !pipes {
                // `a | b && c | d`: each side is walked, or is the left of this one.
                self.piped(&mut stages);
            }
            stages.push(&left.right);
            if !pipes {
                stages.clear();
            }
            match &left.left.command {
                Command::Binary(inner) if left.left.redirects.is_empty() => left = inner,
                _ => break,
            }
        }
        stages.push(&left.left);
        self.piped(&mut stages);
    }

    /// Stages of one pipeline, the last one first.
    fn piped(&mut self, stages: &mut Vec<&Stmt>) {
        stages.reverse();
        let download = stages.iter().position(|stage| self.downloads(stage, MAX_DEPTH));
        if let Some(first) = download
            && let Some(last) = stages.iter().skip(first + 1).find(|stage| self.runs_input(stage))
            && let Some(stage) = stages.get(first)
        {
            let place = range(stage.span).start..end(last);
            if !self.facts.downloads.contains(&place) {
                self.facts.downloads.push(place);
            }
        }
        stages.clear();
    }

    fn words(&self, stage: &Stmt) -> Option<Vec<Option<String>>> {
        let Command::Simple(command) = &stage.command else { return None };
        let words = std::iter::once(&command.name).chain(&command.args);
        let words: Vec<Option<String>> = words.map(|word| self.constant(word)).collect();
        Some(target(&words).to_vec())
    }

    /// Whether a stage runs what it is given.
    fn runs_input(&self, stage: &Stmt) -> bool {
        let Some(words) = self.words(stage) else { return false };
        let Some((Some(name), rest)) = words.split_first() else { return false };
        let name = base_name(name);
        if is_shell(name) {
            let from_input = rest.iter().flatten().any(|word| word == "-s" || word == "-");
            return script_argument(&words).is_none()
                && (from_input || words.get(first_operand(&words)).is_none());
        }
        INTERPRETERS.contains(&name) && (rest.is_empty() || rest.first() == Some(&Some("-".to_owned())))
    }

    fn downloads(&self, stage: &Stmt, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        let list = |list: &StmtSeq| list.iter().any(|stage| self.downloads(stage, depth - 1));
        match &stage.command {
            Command::Simple(_) => self.words(stage).is_some_and(|words| {
                words
                    .first()
                    .and_then(Option::as_deref)
                    .is_some_and(|name| DOWNLOADERS.contains(&base_name(name)))
            }),
            Command::Binary(binary) => {
                self.downloads(&binary.left, depth - 1) || self.downloads(&binary.right, depth - 1)
            }
            Command::Compound(
                shuck_ast::CompoundCommand::BraceGroup(inner) | shuck_ast::CompoundCommand::Subshell(inner),
            ) => list(inner),
            _ => false,
        }
    }

    /// Whether a word holds the output of a download.
    pub(crate) fn downloads_in(&self, word: &Word) -> bool {
        self.parts_download(&word.parts, MAX_DEPTH)
    }

    fn parts_download(&self, parts: &[WordPartNode], depth: usize) -> bool {
        depth > 0
            && parts.iter().any(|part| match &part.kind {
                WordPart::DoubleQuoted { parts, .. } => self.parts_download(parts, depth - 1),
                WordPart::CommandSubstitution { body, .. }
                | WordPart::ProcessSubstitution { body, is_input: true } => {
                    body.iter().any(|stage| self.downloads(stage, depth - 1))
                }
                _ => false,
            })
    }
}

/// Where a stage ends, without what separates it from the next command.
fn end(stage: &Stmt) -> usize {
    match &stage.command {
        Command::Simple(command) => {
            range(command.args.last().map_or(command.name.span, |word| word.span)).end
        }
        _ => range(stage.span).end,
    }
}
