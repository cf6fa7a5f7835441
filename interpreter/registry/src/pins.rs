//! Pins: which image a tag was when it was resolved, as `pipe.lock` keeps it.

use std::collections::BTreeMap;
use std::fmt::Write;

use pipe_ops::BlobDigest;

use crate::reference::{parse_digest, show_digest};

/// What stands before a pin.
const WORD: &str = "image";

/// Tags and the digests they are pinned to. As text: `image NAME DIGEST`, one a line, sorted; lines of other words are others'.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    pins: BTreeMap<String, BlobDigest>,
}

/// A line that is no pin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not of the form `image NAME sha256:…`")]
pub struct PinError {
    /// The line, from 1.
    pub line: usize,
}

impl Pins {
    /// Reads the pins of a lock.
    ///
    /// # Errors
    /// The first line that begins with `image` and is no pin, or pins a name again to something else.
    pub fn parse(text: &str) -> Result<Pins, PinError> {
        let mut pins = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let mut words = line.split_whitespace();
            if words.next() != Some(WORD) {
                continue;
            }
            let pin = match (words.next(), words.next().and_then(parse_digest), words.next()) {
                (Some(name), Some(digest), None) => (name.to_owned(), digest),
                _ => return Err(PinError { line: number }),
            };
            let before = pins.insert(pin.0, pin.1);
            if before.is_some_and(|before| before != pin.1) {
                return Err(PinError { line: number });
            }
        }
        Ok(Pins { pins })
    }

    /// The text of a lock with these pins in it; what others wrote there stays.
    pub fn write_into(&self, text: &str) -> String {
        let others = text.lines().filter(|line| line.split_whitespace().next() != Some(WORD));
        let mut lines: Vec<String> = others.filter(|line| !line.is_empty()).map(str::to_owned).collect();
        for (name, digest) in &self.pins {
            lines.push(format!("{WORD} {name} {}", show_digest(*digest)));
        }
        lines.sort();
        lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        })
    }

    /// The digest that a name is pinned to.
    pub fn get(&self, name: &str) -> Option<BlobDigest> {
        self.pins.get(name).copied()
    }

    /// Pins a name.
    pub fn insert(&mut self, name: impl Into<String>, digest: BlobDigest) {
        self.pins.insert(name.into(), digest);
    }

    /// All of them, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, BlobDigest)> {
        self.pins.iter().map(|(name, digest)| (name.as_str(), *digest))
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.pins.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn pins_come_back_sorted_and_leave_others_alone() {
        let digest = |digit: &str| format!("sha256:{}", digit.repeat(64));
        let text = format!("zip other 1\nimage docker.io/library/b:1 {}\nother thing\n", digest("b"));
        let mut pins = Pins::parse(&text).unwrap();
        pins.insert("docker.io/library/a:1", parse_digest(&digest("a")).unwrap());
        let written = pins.write_into(&text);
        assert_eq!(
            written,
            format!(
                "image docker.io/library/a:1 {}\nimage docker.io/library/b:1 {}\nother thing\nzip other 1\n",
                digest("a"),
                digest("b")
            )
        );
        assert_eq!(Pins::parse(&written).unwrap(), pins);
        assert_eq!(Pins::parse("image a").unwrap_err().line, 1);
        assert_eq!(Pins::parse(&format!("\nimage a {} x", digest("a"))).unwrap_err().line, 2);
        let twice = format!("image a {}\nimage a {}\n", digest("a"), digest("b"));
        assert_eq!(Pins::parse(&twice).unwrap_err().line, 2);
    }
}
