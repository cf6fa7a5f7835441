//! Semantic tokens, and what changed of them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use pipe_ide::{SemanticToken, TokenKind};
use tower_lsp::ls_types as lsp;

use crate::ask::View;

const TYPES: &[lsp::SemanticTokenType] = &[
    lsp::SemanticTokenType::NAMESPACE,
    lsp::SemanticTokenType::TYPE,
    lsp::SemanticTokenType::STRUCT,
    lsp::SemanticTokenType::ENUM,
    lsp::SemanticTokenType::ENUM_MEMBER,
    lsp::SemanticTokenType::FUNCTION,
    lsp::SemanticTokenType::METHOD,
    lsp::SemanticTokenType::PROPERTY,
    lsp::SemanticTokenType::PARAMETER,
    lsp::SemanticTokenType::VARIABLE,
    lsp::SemanticTokenType::KEYWORD,
    lsp::SemanticTokenType::STRING,
    lsp::SemanticTokenType::COMMENT,
    lsp::SemanticTokenType::OPERATOR,
];

const MODIFIERS: &[lsp::SemanticTokenModifier] = &[
    lsp::SemanticTokenModifier::DECLARATION,
    lsp::SemanticTokenModifier::READONLY,
    lsp::SemanticTokenModifier::DEFAULT_LIBRARY,
    // What has an effect when it runs, by the name that themes know.
    lsp::SemanticTokenModifier::ASYNC,
    SHELL,
];

/// In a script.
const SHELL: lsp::SemanticTokenModifier = lsp::SemanticTokenModifier::new("shell");

/// What the numbers in tokens mean.
pub(crate) fn legend() -> lsp::SemanticTokensLegend {
    lsp::SemanticTokensLegend { token_types: TYPES.to_vec(), token_modifiers: MODIFIERS.to_vec() }
}

/// The tokens of a document or of a range of it.
pub(crate) fn tokens(view: &View<'_>, range: Option<lsp::Range>) -> Vec<lsp::SemanticToken> {
    let lines = view.lines();
    let span = range.map(|range| view.span(range));
    let mut before = lsp::Position::default();
    let found = pipe_ide::semantic_tokens(view.snapshot, view.file, span).into_iter();
    let token = |found: SemanticToken| {
        let range = lines.range(found.span.start, found.span.end);
        let same_line = range.start.line == before.line;
        let (token_type, token_modifiers_bitset) = numbers(&found);
        let token = lsp::SemanticToken {
            delta_line: range.start.line - before.line,
            delta_start: if same_line {
                range.start.character - before.character
            } else {
                range.start.character
            },
            length: range.end.character.saturating_sub(range.start.character),
            token_type,
            token_modifiers_bitset,
        };
        before = range.start;
        token
    };
    found.map(token).collect()
}

fn numbers(found: &SemanticToken) -> (u32, u32) {
    let ty = match found.kind {
        TokenKind::Module => lsp::SemanticTokenType::NAMESPACE,
        TokenKind::Type => lsp::SemanticTokenType::TYPE,
        TokenKind::Record => lsp::SemanticTokenType::STRUCT,
        TokenKind::Enum => lsp::SemanticTokenType::ENUM,
        TokenKind::Variant => lsp::SemanticTokenType::ENUM_MEMBER,
        TokenKind::Function | TokenKind::ShellCommand => lsp::SemanticTokenType::FUNCTION,
        TokenKind::Operation => lsp::SemanticTokenType::METHOD,
        TokenKind::Field => lsp::SemanticTokenType::PROPERTY,
        TokenKind::Parameter => lsp::SemanticTokenType::PARAMETER,
        TokenKind::Variable | TokenKind::Param | TokenKind::ShellVariable => lsp::SemanticTokenType::VARIABLE,
        TokenKind::ShellKeyword => lsp::SemanticTokenType::KEYWORD,
        TokenKind::ShellString => lsp::SemanticTokenType::STRING,
        TokenKind::ShellComment => lsp::SemanticTokenType::COMMENT,
        TokenKind::ShellOperator => lsp::SemanticTokenType::OPERATOR,
    };
    let shell = matches!(
        found.kind,
        TokenKind::ShellKeyword
            | TokenKind::ShellCommand
            | TokenKind::ShellVariable
            | TokenKind::ShellString
            | TokenKind::ShellComment
            | TokenKind::ShellOperator
    );
    let set = [
        (found.declares, lsp::SemanticTokenModifier::DECLARATION),
        (found.kind == TokenKind::Param, lsp::SemanticTokenModifier::READONLY),
        (found.standard, lsp::SemanticTokenModifier::DEFAULT_LIBRARY),
        (found.effect, lsp::SemanticTokenModifier::ASYNC),
        (shell, SHELL),
    ];
    let bit = |modifier| MODIFIERS.iter().position(|known| *known == modifier).map_or(0, |at| 1 << at);
    let bits = set.into_iter().filter(|(is, _)| *is).map(|(_, modifier)| bit(modifier)).sum();
    (TYPES.iter().position(|known| *known == ty).unwrap_or_default() as u32, bits)
}

/// What was said last of each document, for saying what changed since.
#[derive(Debug, Default)]
pub(crate) struct Said(Mutex<Tokens>);

#[derive(Debug, Default)]
struct Tokens {
    last: u64,
    by_document: HashMap<String, (String, Vec<lsp::SemanticToken>)>,
}

impl Said {
    /// Keeps the tokens of a document under a new name.
    pub(crate) fn keep(&self, uri: &lsp::Uri, data: Vec<lsp::SemanticToken>) -> lsp::SemanticTokens {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.last += 1;
        let name = said.last.to_string();
        said.by_document.insert(uri.as_str().to_owned(), (name.clone(), data.clone()));
        lsp::SemanticTokens { result_id: Some(name), data }
    }

    /// What changed since the tokens of a name; all of them when that is not known any more.
    pub(crate) fn changed(
        &self,
        uri: &lsp::Uri,
        since: &str,
        data: Vec<lsp::SemanticToken>,
    ) -> lsp::SemanticTokensFullDeltaResult {
        let before = {
            let said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            said.by_document.get(uri.as_str()).filter(|(name, _)| name == since).map(|(_, data)| data.clone())
        };
        let all = self.keep(uri, data);
        match before {
            Some(before) => lsp::SemanticTokensFullDeltaResult::TokensDelta(lsp::SemanticTokensDelta {
                result_id: all.result_id,
                edits: edits(&before, &all.data),
            }),
            None => lsp::SemanticTokensFullDeltaResult::Tokens(all),
        }
    }

    /// Forgets a document.
    pub(crate) fn forget(&self, uri: &lsp::Uri) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_document.remove(uri.as_str());
    }
}

/// The one run of tokens that differs. Places in it count numbers, five a token.
fn edits(before: &[lsp::SemanticToken], after: &[lsp::SemanticToken]) -> Vec<lsp::SemanticTokensEdit> {
    let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let rest = |all: &[lsp::SemanticToken]| all.len() - head;
    let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
    let tail = tail.min(rest(before)).min(rest(after));
    if rest(before) == tail && rest(after) == tail {
        return Vec::new();
    }
    vec![lsp::SemanticTokensEdit {
        start: 5 * head as u32,
        delete_count: 5 * (rest(before) - tail) as u32,
        data: Some(after.get(head..after.len() - tail).unwrap_or_default().to_vec()),
    }]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn tokens(kinds: &[u32]) -> Vec<lsp::SemanticToken> {
        let token = |kind: &u32| lsp::SemanticToken {
            delta_line: 1,
            delta_start: 0,
            length: 1,
            token_type: *kind,
            token_modifiers_bitset: 0,
        };
        kinds.iter().map(token).collect()
    }

    proptest! {
        #[test]
        fn what_changed_makes_the_new_ones(
            before in prop::collection::vec(0_u32..3, 0..9),
            after in prop::collection::vec(0_u32..3, 0..9),
        ) {
            let (old, new) = (tokens(&before), tokens(&after));
            let mut made = old.clone();
            for edit in edits(&old, &new) {
                let start = edit.start as usize / 5;
                let end = start + edit.delete_count as usize / 5;
                made.splice(start..end, edit.data.unwrap_or_default());
            }
            prop_assert_eq!(made, new);
        }
    }

    #[test]
    fn a_name_that_is_not_known_gives_all() {
        let (said, uri) = (Said::default(), "file:///a".parse().unwrap());
        let first = said.keep(&uri, tokens(&[1]));
        let second = said.changed(&uri, "nonsense", tokens(&[1, 2]));
        assert!(matches!(second, lsp::SemanticTokensFullDeltaResult::Tokens(_)));
        let third = said.changed(&uri, first.result_id.as_deref().unwrap(), tokens(&[1]));
        assert!(matches!(third, lsp::SemanticTokensFullDeltaResult::Tokens(_)), "older than the last");
    }
}
