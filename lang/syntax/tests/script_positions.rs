//! Where holes stand in scripts: one script a block, `@` for a hole; the answer shows each hole's position in its place.
#![allow(clippy::unwrap_used)]

use pipe_syntax::ast::{HolePosition, HoleRefusal, Shell};
use pipe_syntax::script::{Fragment, hole_positions};

fn positions(shell: Shell, script: &str) -> Vec<HolePosition> {
    let pieces: Vec<&str> = script.split('@').collect();
    let mut fragments = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        if i > 0 {
            fragments.push(Fragment::Hole);
        }
        fragments.push(Fragment::Text(piece));
    }
    hole_positions(shell, fragments)
}

/// The script with each hole's position in its place.
fn shown(shell: Shell, script: &str) -> String {
    let mut found = positions(shell, script).into_iter();
    let mut out = String::new();
    for c in script.chars() {
        match c {
            '@' => out += &format!("‹{}›", name(found.next().unwrap())),
            c => out.push(c),
        }
    }
    assert!(found.next().is_none());
    out
}

fn name(position: HolePosition) -> &'static str {
    match position {
        HolePosition::Word { glued: false } => "word",
        HolePosition::Word { glued: true } => "glued",
        HolePosition::DoubleQuotes => "quotes",
        HolePosition::Heredoc => "heredoc",
        HolePosition::Refused(refusal) => match refusal {
            HoleRefusal::SingleQuotes => "NO single quotes",
            HoleRefusal::QuotedHeredoc => "NO quoted heredoc",
            HoleRefusal::HeredocDelimiter => "NO delimiter",
            HoleRefusal::Comment => "NO comment",
            HoleRefusal::Backquotes => "NO backquotes",
            HoleRefusal::Arithmetic => "NO arithmetic",
            HoleRefusal::ParameterExpansion => "NO parameter",
            HoleRefusal::Eval => "NO eval",
            HoleRefusal::NestedScript => "NO nested",
            HoleRefusal::AfterEscape => "NO escape",
        },
    }
}

fn answers(shell: Shell, scripts: &str) -> String {
    scripts
        .split("\n---\n")
        .map(|script| format!("{}\n---\n", shown(shell, script.trim_end_matches('\n'))))
        .collect()
}

#[test]
fn quoting() {
    insta::assert_snapshot!(answers(Shell::Sh, include_str!("scripts/quoting.txt")));
}

#[test]
fn programs() {
    insta::assert_snapshot!(answers(Shell::Sh, include_str!("scripts/programs.txt")));
}

#[test]
fn bash_only() {
    insta::assert_snapshot!(answers(Shell::Bash, include_str!("scripts/bash.txt")));
}

#[test]
fn nesting_has_a_limit() {
    let deep = format!("{}@", "$(".repeat(100_000));
    assert_eq!(positions(Shell::Sh, &deep), [HolePosition::Refused(HoleRefusal::NestedScript)]);
    let deep = format!("{}@", "${a:-".repeat(100_000));
    assert!(matches!(positions(Shell::Bash, &deep)[..], [HolePosition::Refused(_)]));
    let long = "env ".repeat(100_000) + "@";
    assert!(matches!(positions(Shell::Bash, &long)[..], [HolePosition::Refused(_)]));
}

/// Whatever follows whatever: the scanner comes to an end, with a position for each hole. (`a=(;(` once held it for ever.)
#[test]
fn every_short_script_is_read_to_its_end() {
    const TOKENS: [&str; 20] = [
        "a", "=", "(", ")", ";", "<", ">", "&", "|", "$", "\"", "'", "`", "#", "\n", "[", "{", "\\", " ", "@",
    ];
    for start in ["", "a=(", "case x in ", "cat <<E\n", "$((", "for ", "[[ ", "${a", "f ("] {
        for code in 0..TOKENS.len().pow(3) {
            let token = |place: u32| TOKENS[code / TOKENS.len().pow(place) % TOKENS.len()];
            let script = [start, token(0), token(1), token(2), "@"].concat();
            for shell in [Shell::Sh, Shell::Bash] {
                let holes = script.matches('@').count();
                assert_eq!(positions(shell, &script).len(), holes, "{script:?}");
            }
        }
    }
}
