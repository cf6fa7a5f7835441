//! Patterns of paths: those of `COPY` (Go's `filepath.Match`), and those of `.dockerignore`, which also know `**`.

/// A pattern that a whole path matches or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

/// A pattern that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The pattern.
    pub pattern: String,
}

impl std::fmt::Display for PatternError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is no pattern: a `[` is not closed, or a `\\` stands at its end", self.pattern)
    }
}

impl std::error::Error for PatternError {}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    One(char),
    /// `?`: any character but `/`.
    Any,
    /// `[a-z]`, `[^a-z]`; never `/`.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `*`: any text without `/`.
    Many,
    /// `**/`: any number of folders.
    Folders,
    /// `**` at the end: anything.
    Rest,
}

/// Whether a path has characters that stand for others.
pub fn has_wildcards(path: &str) -> bool {
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' | '[' => return true,
            '\\' => drop(chars.next()),
            _ => {}
        }
    }
    false
}

impl Pattern {
    /// A pattern of `COPY`: `*` and `?` never match `/`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn new(pattern: &str) -> Result<Pattern, PatternError> {
        Pattern::read(pattern, false)
    }

    /// A pattern of `.dockerignore`: `**` matches folders, too.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn deep(pattern: &str) -> Result<Pattern, PatternError> {
        Pattern::read(pattern, true)
    }

    fn read(pattern: &str, deep: bool) -> Result<Pattern, PatternError> {
        let error = || PatternError { pattern: pattern.to_owned() };
        let mut chars = pattern.chars().peekable();
        let mut pieces = Vec::new();
        while let Some(c) = chars.next() {
            pieces.push(match c {
                '*' if deep && chars.next_if_eq(&'*').is_some() => {
                    chars.next_if_eq(&'/');
                    if chars.peek().is_none() { Piece::Rest } else { Piece::Folders }
                }
                '*' => Piece::Many,
                '?' => Piece::Any,
                '[' => class(&mut chars).ok_or_else(error)?,
                '\\' => Piece::One(chars.next().ok_or_else(error)?),
                c => Piece::One(c),
            });
        }
        Ok(Pattern { pieces })
    }

    /// Whether a path matches, as a whole. Takes time in proportion to the product of both lengths.
    pub fn matches(&self, path: &str) -> bool {
        let mut states = States::new(self.pieces.len());
        states.enter(&self.pieces, 0);
        for c in path.chars() {
            states = states.step(&self.pieces, c);
        }
        states.at(self.pieces.len())
    }
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Piece> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let low = match chars.next()? {
            ']' if !ranges.is_empty() => return Some(Piece::Class { negated, ranges }),
            '\\' => chars.next()?,
            // Nothing is between the brackets, or a range has no beginning.
            ']' | '-' => return None,
            c => c,
        };
        let high = if chars.next_if_eq(&'-').is_some() {
            match chars.next()? {
                '\\' => chars.next()?,
                '-' | ']' => return None,
                c => c,
            }
        } else {
            low
        };
        ranges.push((low, high));
    }
}

fn in_class(ranges: &[(char, char)], c: char) -> bool {
    ranges.iter().any(|(low, high)| (*low..=*high).contains(&c))
}

/// Which pieces come next; of [`Piece::Folders`] also whether one is being passed through.
struct States {
    next: Vec<bool>,
    inside: Vec<bool>,
}

impl States {
    fn new(pieces: usize) -> States {
        States { next: vec![false; pieces + 1], inside: vec![false; pieces + 1] }
    }

    fn at(&self, index: usize) -> bool {
        self.next.get(index) == Some(&true)
    }

    /// Comes to a piece, and past those that may stand for nothing.
    fn enter(&mut self, pieces: &[Piece], index: usize) {
        let mut index = index;
        while let Some(state) = self.next.get_mut(index) {
            *state = true;
            match pieces.get(index) {
                Some(Piece::Many | Piece::Folders | Piece::Rest) => index += 1,
                _ => return,
            }
        }
    }

    fn step(&self, pieces: &[Piece], c: char) -> States {
        let mut states = States::new(pieces.len());
        for (index, piece) in pieces.iter().enumerate() {
            let passing = self.inside.get(index) == Some(&true);
            if !self.at(index) && !passing {
                continue;
            }
            match piece {
                Piece::One(one) if *one == c => states.enter(pieces, index + 1),
                Piece::Any if c != '/' => states.enter(pieces, index + 1),
                Piece::Class { negated, ranges } if c != '/' && in_class(ranges, c) != *negated => {
                    states.enter(pieces, index + 1);
                }
                Piece::Many if c != '/' => states.enter(pieces, index),
                Piece::Rest => states.enter(pieces, index),
                Piece::Folders => {
                    if let Some(state) = states.inside.get_mut(index) {
                        *state = true;
                    }
                    if c == '/' {
                        states.enter(pieces, index + 1);
                    }
                }
                _ => {}
            }
        }
        states
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_copy_are_those_of_go() {
        let matches = |pattern: &str, path: &str| Pattern::new(pattern).unwrap().matches(path);
        for (pattern, path) in [
            ("*.go", "a.go"),
            ("sub/*", "sub/dir"),
            ("sub/*/x?", "sub/dir/xy"),
            ("arr[[]0].txt", "arr[0].txt"),
            ("[^a-c]x", "dx"),
            ("a\\*b", "a*b"),
            ("*", ".hidden"),
            ("**", "ab"),
            ("a", "a"),
            ("{a,b}", "{a,b}"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("*.go", "s/a.go"),
            ("*", "a/b"),
            ("**", "a/b"),
            ("a?c", "a/c"),
            ("[^a]", "/"),
            ("a", "ab"),
            ("{a,b}", "a"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
        for bad in ["[", "[a", "[]", "a\\", "[-a]", "[a-]"] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
        assert!(
            has_wildcards("a*") && has_wildcards("[") && !has_wildcards("a\\*b") && !has_wildcards("a/b")
        );
    }

    #[test]
    fn many_stars_take_no_longer() {
        let pattern = Pattern::deep(&format!("{}b", "*a**/".repeat(200))).unwrap();
        assert!(!pattern.matches(&"a".repeat(2000)));
    }
}
