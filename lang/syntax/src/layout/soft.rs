//! Soft keywords. Which of them are keywords is decided here, by their neighbours, so that the grammar has plain names
//! only and people may write `fn test()` or `params.use`.

use crate::token::{Token, TokenKind};

/// Turns every soft keyword that is not in its place into a name, and hard keywords behind a point too (`x.match`).
pub(crate) fn retag(text: &str, tokens: &mut [Token]) {
    let mut brackets: Vec<TokenKind> = Vec::new();
    for i in 0..tokens.len() {
        let kind = tokens[i].kind;
        match kind {
            TokenKind::LeftParen | TokenKind::LeftSquare | TokenKind::LeftBrace => brackets.push(kind),
            TokenKind::RightBrace => {
                let open = brackets.iter().rposition(|b| *b == TokenKind::LeftBrace);
                brackets.truncate(open.unwrap_or(brackets.len()));
            }
            TokenKind::RightParen | TokenKind::RightSquare
                if brackets.last() != Some(&TokenKind::LeftBrace) =>
            {
                brackets.pop();
            }
            _ => {}
        }
        if !kind.is_soft() && !kind.is_hard_keyword() {
            continue;
        }
        let near = Neighbours::new(text, tokens, i);
        if kind.is_soft() && !is_keyword(kind, &near, &brackets) {
            tokens[i].kind = TokenKind::Low;
        }
        if kind.is_hard_keyword() && near.behind_point {
            tokens[i].kind = TokenKind::Low;
        }
        if near.item_start && is_item_word(tokens[i].kind) {
            brackets.clear();
        }
    }
}

/// The words that begin an item and nothing else. (`fn` and `let` also stand elsewhere.)
pub(crate) fn is_item_word(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(kind, Use | Param | Action | Test | Opaque | Pub | Record | Enum)
}

/// What stands around a token.
struct Neighbours {
    before: Option<TokenKind>,
    after: Option<TokenKind>,
    after_next: Option<TokenKind>,
    /// White space stands behind the token but not behind the one after it: `gate -x`.
    prefix_after: bool,
    /// It is the first of its line, or `pub` is.
    item_start: bool,
    line_start: bool,
    /// Directly behind `.` or `?.`.
    behind_point: bool,
    /// The token before is the title of a test.
    behind_title: bool,
    /// The line begins with `use`.
    in_use: bool,
}

impl Neighbours {
    fn new(text: &str, tokens: &[Token], i: usize) -> Self {
        let kind = |j: Option<usize>| j.and_then(|j| tokens.get(j)).map(|t| t.kind);
        let before = kind(i.checked_sub(1));
        let line_start = matches!(before, None | Some(TokenKind::Newline | TokenKind::Semicolon));
        let pub_start = before == Some(TokenKind::Pub)
            && matches!(kind(i.checked_sub(2)), None | Some(TokenKind::Newline | TokenKind::Semicolon));
        let behind_point = matches!(before, Some(TokenKind::Dot | TokenKind::QuestionDot))
            && i.checked_sub(1).is_some_and(|j| tokens[j].end == tokens[i].start);
        let next = tokens.get(i + 1);
        let after_next = tokens.get(i + 2);
        let gap =
            |a: &Token, b: &Token| text.get(a.end as usize..b.start as usize).is_some_and(|s| !s.is_empty());
        let prefix_after =
            next.zip(after_next).is_some_and(|(next, after)| gap(&tokens[i], next) && !gap(next, after));
        Neighbours {
            before,
            after: next.map(|t| t.kind),
            after_next: after_next.map(|t| t.kind),
            prefix_after,
            item_start: line_start || pub_start,
            line_start,
            behind_point,
            behind_title: before == Some(TokenKind::String)
                && kind(i.checked_sub(2)) == Some(TokenKind::Test),
            in_use: line_begins_with_use(tokens, i),
        }
    }
}

/// Imports are short: a few tokens back tell.
fn line_begins_with_use(tokens: &[Token], i: usize) -> bool {
    tokens[i.saturating_sub(16)..i]
        .iter()
        .rev()
        .take_while(|t| t.kind != TokenKind::Newline)
        .any(|t| t.kind == TokenKind::Use)
}

fn is_keyword(kind: TokenKind, near: &Neighbours, brackets: &[TokenKind]) -> bool {
    use TokenKind::*;
    let name_after = near.after.is_some_and(TokenKind::is_name);
    match kind {
        // Two names side by side are no expression, so the first can only be a keyword.
        Use => near.item_start && (name_after || near.after == Some(String)),
        Param | Action => near.item_start && (name_after || near.after == Some(Up)),
        Test => near.item_start && near.after == Some(String),
        Opaque => near.item_start && near.after == Some(Up),
        With => near.behind_title && near.after == Some(LeftParen),
        As => near.in_use && !matches!(near.before, Some(Use | Dot)),
        Gate | Expect => {
            let statement = near.line_start || near.before == Some(LeftBrace);
            let operand = match near.after {
                Some(Minus) => near.prefix_after,
                Some(next) => {
                    next.begins_expression() && !matches!(near.after_next, Some(Colon) if next == LeftParen)
                }
                Option::None => false,
            };
            // Outside of all brackets the brace of the body is missing.
            statement && matches!(brackets.last(), Option::None | Some(LeftBrace)) && operand
        }
        _ => false,
    }
}
