//! Pins: what a name was when it was resolved, as `pipe.lock` keeps it.

use std::collections::BTreeMap;
use std::fmt::Write;

use pipe_ops::BlobDigest;

use crate::reference::{parse_digest, show_digest};

/// What a pin is of; the word that its line begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PinKind {
    /// `git URL#REFERENCE COMMIT`: a branch or a tag of a repository.
    Git,
    /// `http URL sha256:…`: a file of a web server.
    Http,
    /// `image NAME sha256:…`: a tag of an image.
    Image,
}

/// A name and what it is pinned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin<'p> {
    /// What it is of.
    pub kind: PinKind,
    /// The name: of an image in full, a URL, or `URL#REFERENCE`.
    pub name: &'p str,
    /// The digest of an image or a file as `sha256:…`, or the whole name of a commit.
    pub value: &'p str,
}

/// Names and what they are pinned to. As text one a line, sorted; lines of other words are others'.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    pins: BTreeMap<(PinKind, String), String>,
}

/// A line that is no pin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} is not of the form `image NAME sha256:…`, `http URL sha256:…` or `git URL#REFERENCE COMMIT`"
)]
pub struct PinError {
    /// The line, from 1.
    pub line: usize,
}

impl PinKind {
    const ALL: [PinKind; 3] = [PinKind::Git, PinKind::Http, PinKind::Image];

    fn word(self) -> &'static str {
        match self {
            PinKind::Git => "git",
            PinKind::Http => "http",
            PinKind::Image => "image",
        }
    }

    /// Of a line, by its first word.
    fn of(line: &str) -> Option<PinKind> {
        let first = line.split_whitespace().next()?;
        PinKind::ALL.into_iter().find(|kind| kind.word() == first)
    }

    fn takes(self, value: &str) -> bool {
        match self {
            PinKind::Git => is_commit(value),
            PinKind::Http | PinKind::Image => parse_digest(value).is_some(),
        }
    }
}

/// The whole name of a commit.
fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl Pins {
    /// Reads the pins of a lock.
    ///
    /// # Errors
    /// The first line that begins as a pin and is none, or pins a name again to something else.
    pub fn parse(text: &str) -> Result<Pins, PinError> {
        let mut pins = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let Some(kind) = PinKind::of(line) else { continue };
            let words: Vec<&str> = line.split_whitespace().skip(1).collect();
            let &[name, value] = words.as_slice() else { return Err(PinError { line: number }) };
            if !kind.takes(value) {
                return Err(PinError { line: number });
            }
            let before = pins.insert((kind, name.to_owned()), value.to_owned());
            if before.is_some_and(|before| before != value) {
                return Err(PinError { line: number });
            }
        }
        Ok(Pins { pins })
    }

    /// The text of a lock with these pins in it; what others wrote there stays.
    pub fn write_into(&self, text: &str) -> String {
        let others = text.lines().filter(|line| PinKind::of(line).is_none());
        let mut lines: Vec<String> = others.filter(|line| !line.is_empty()).map(str::to_owned).collect();
        lines.extend(self.pins.iter().map(|((kind, name), value)| format!("{} {name} {value}", kind.word())));
        lines.sort();
        lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        })
    }

    /// The digest that an image's name is pinned to.
    pub fn get(&self, name: &str) -> Option<BlobDigest> {
        parse_digest(self.value(PinKind::Image, name)?)
    }

    /// The digest that the file at a URL is pinned to.
    pub fn file(&self, url: &str) -> Option<BlobDigest> {
        parse_digest(self.value(PinKind::Http, url)?)
    }

    /// The commit that a branch or a tag, `URL#REFERENCE`, is pinned to.
    pub fn commit(&self, name: &str) -> Option<&str> {
        self.value(PinKind::Git, name)
    }

    fn value(&self, kind: PinKind, name: &str) -> Option<&str> {
        self.pins.get(&(kind, name.to_owned())).map(String::as_str)
    }

    /// Pins an image's name.
    pub fn insert(&mut self, name: impl Into<String>, digest: BlobDigest) {
        self.pins.insert((PinKind::Image, name.into()), show_digest(digest));
    }

    /// Pins the file at a URL.
    pub fn insert_file(&mut self, url: impl Into<String>, digest: BlobDigest) {
        self.pins.insert((PinKind::Http, url.into()), show_digest(digest));
    }

    /// Pins a branch or a tag, `URL#REFERENCE`, to a commit's whole name.
    pub fn insert_commit(&mut self, name: impl Into<String>, commit: impl Into<String>) {
        self.pins.insert((PinKind::Git, name.into()), commit.into());
    }

    /// With what `others` pin beside.
    pub fn fill(&mut self, others: &Pins) {
        for (name, value) in &others.pins {
            self.pins.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }

    /// With what `others` pin, whatever it was pinned to before.
    pub fn overwrite(&mut self, others: &Pins) {
        self.pins.extend(others.pins.clone());
    }

    /// All pins, sorted by what they are of, then by their names.
    pub fn iter(&self) -> impl Iterator<Item = Pin<'_>> {
        self.pins.iter().map(|((kind, name), value)| Pin { kind: *kind, name, value })
    }

    /// What a name is pinned to, as the lock writes it.
    pub fn pin(&self, kind: PinKind, name: &str) -> Option<Pin<'_>> {
        let ((kind, name), value) = self.pins.get_key_value(&(kind, name.to_owned()))?;
        Some(Pin { kind: *kind, name, value })
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pins.keys().map(|(_, name)| name.as_str())
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
        let commit = "c".repeat(40);
        let more = format!("git https://h/r#main {commit}\nhttp https://h/f {}\n", digest("d"));
        let mut both = Pins::parse(&more).unwrap();
        assert_eq!(both.commit("https://h/r#main"), Some(commit.as_str()));
        assert_eq!(both.file("https://h/f"), parse_digest(&digest("d")));
        assert_eq!(both.get("https://h/f"), None);
        both.fill(&pins);
        assert_eq!(Pins::parse(&both.write_into(&text)).unwrap(), both);
        assert_eq!(both.names().count(), 4);
        for wrong in ["git https://h/r#main main", "http https://h/f", "git a b c"] {
            assert_eq!(Pins::parse(wrong).unwrap_err().line, 1, "{wrong}");
        }
        let twice = format!("image a {}\nimage a {}\n", digest("a"), digest("b"));
        assert_eq!(Pins::parse(&twice).unwrap_err().line, 2);
    }
}
