//! `.dockerignore`: what of a folder is no part of a build's context.

use crate::pattern::{Pattern, PatternError};

/// The rules of a `.dockerignore` file: the last one that a path, or a folder above it, matches decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    pattern: Pattern,
    /// `!`: what matches counts after all.
    exception: bool,
}

/// A line that is no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoreError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for IgnoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for IgnoreError {}

impl Ignore {
    /// Reads a file.
    ///
    /// # Errors
    /// At the first line that is no rule.
    pub fn parse(text: &str) -> Result<Ignore, IgnoreError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut rules = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            // A comment begins at the beginning of its line.
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            rules.push(Rule::read(line).map_err(|message| IgnoreError { line: number, message })?);
        }
        Ok(Ignore { rules })
    }

    /// From single patterns, as in `COPY --exclude`.
    ///
    /// # Errors
    /// At the first that cannot be read; its line is its number.
    pub fn patterns(patterns: &[String]) -> Result<Ignore, IgnoreError> {
        let rules = (1..)
            .zip(patterns)
            .map(|(line, pattern)| Rule::read(pattern).map_err(|message| IgnoreError { line, message }));
        Ok(Ignore { rules: rules.collect::<Result<_, _>>()? })
    }

    /// There are no rules.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether something in a folder that is left out may count.
    pub fn has_exceptions(&self) -> bool {
        self.rules.iter().any(|rule| rule.exception)
    }

    /// Whether a path, relative and without `.` and `..`, is left out.
    pub fn excludes(&self, path: &str) -> bool {
        let mut excluded = false;
        for rule in &self.rules {
            if rule.exception == excluded && rule.decides(path) {
                excluded = !rule.exception;
            }
        }
        excluded
    }
}

impl Rule {
    fn read(line: &str) -> Result<Rule, String> {
        let line = line.trim();
        let (exception, pattern) = match line.strip_prefix('!') {
            Some(rest) => (true, rest.trim()),
            None => (false, line),
        };
        if pattern.is_empty() {
            return Err("`!` is followed by no pattern".to_owned());
        }
        let pattern = Pattern::deep(&cleaned(pattern)).map_err(|error: PatternError| error.to_string())?;
        Ok(Rule { pattern, exception })
    }

    /// Whether the path or a folder above it matches.
    fn decides(&self, path: &str) -> bool {
        let above = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        self.pattern.matches(path) || above.into_iter().any(|folder| self.pattern.matches(folder))
    }
}

/// Without `.`, `..` and doubled or outer slashes. What leads out of the context matches nothing.
fn cleaned(pattern: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in pattern.split('/') {
        match name {
            "" | "." => {}
            ".." if names.last().is_some_and(|last| *last != "..") => drop(names.pop()),
            ".." if pattern.starts_with('/') => {}
            name => names.push(name),
        }
    }
    names.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str, paths: &[&str]) -> Vec<String> {
        let ignore = Ignore::parse(text).unwrap();
        paths.iter().filter(|path| !ignore.excludes(path)).map(|path| (*path).to_owned()).collect()
    }

    /// The examples of Docker's documentation, and what its tests say.
    #[test]
    fn rules_are_those_of_docker() {
        assert_eq!(
            left(
                "# comment\n*/temp*\n*/*/temp*\ntemp?\n",
                &["a/temporary", "a/b/temp", "tempa", "temp", "a/x"]
            ),
            ["temp", "a/x"]
        );
        assert_eq!(left("*.md\n!README.md\n", &["a.md", "README.md", "d/a.md"]), ["README.md", "d/a.md"]);
        assert_eq!(
            left("*.md\n!README*.md\nREADME-secret.md\n", &["a.md", "README.md", "README-secret.md"]),
            ["README.md"]
        );
        assert_eq!(
            left("*.md\nREADME-secret.md\n!README*.md\n", &["README-secret.md"]),
            ["README-secret.md"]
        );
        assert_eq!(left("**/*.go\n", &["a.go", "a/b/c.go", "a.goo"]), ["a.goo"]);
        assert_eq!(left("**\n!a/b\n", &["x", "a", "a/b", "a/b/c", "a/d"]), ["a/b", "a/b/c"]);
        assert_eq!(
            left("/dist\n./out/\n ../x \n", &["dist", "dist/a", "a/dist", "out/b", "x"]),
            ["a/dist", "x"]
        );
        assert_eq!(left("a/**/z\n", &["a/z", "a/b/z", "a/b/c/z/y", "az"]), ["az"]);
        assert_eq!(
            left("node_modules\n!node_modules/keep\n", &["node_modules/a", "node_modules/keep/b"]),
            ["node_modules/keep/b"]
        );
        assert_eq!(left("\u{feff}a\r\n\r\nb\r\n", &["a", "b", "c"]), ["c"]);
        assert_eq!(left(" # no comment\n", &["# no comment", "a"]), ["a"]);
        assert_eq!(left(".\n/\n", &["a"]), ["a"]);
    }

    #[test]
    fn a_line_that_is_no_rule_is_named() {
        assert_eq!(Ignore::parse("a\n\n!\n").unwrap_err().line, 3);
        assert_eq!(Ignore::parse("[a\n").unwrap_err().line, 1);
        assert!(
            !Ignore::parse("a\n").unwrap().has_exceptions()
                && Ignore::parse("!a\n").unwrap().has_exceptions()
        );
    }
}
