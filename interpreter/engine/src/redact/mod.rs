//! The one way of every byte a step prints: secrets are masked before anything else sees them. And the search for secrets in what a step
//! leaves.

mod forms;
mod leaks;
mod sink;
mod stream;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};

pub use forms::MIN_SECRET;
pub use leaks::LeakScan;
pub(crate) use sink::Masked;
pub use stream::RedactedStream;
use zeroize::Zeroize;

/// Knows the secrets of a run and masks them, in every form, wherever they turn up. Clones know the same: one that is read while the run
/// is under way is masked from then on by all.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    patterns: Arc<RwLock<Option<Arc<Patterns>>>>,
}

/// A secret cannot be masked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedactError {
    /// It is so short that masking it would mask ordinary text and give it away.
    #[error("a secret of {len} bytes cannot be masked: it must have at least {MIN_SECRET}")]
    TooShort {
        /// Its place in the list.
        index: usize,
        /// Its length in bytes.
        len: usize,
    },
    /// All secrets together are too large to search for.
    #[error("secrets are too large to be masked: {0}")]
    TooLarge(String),
}

impl Redactor {
    /// For these secrets; none is a redactor that passes everything.
    ///
    /// # Errors
    /// When a secret is shorter than [`MIN_SECRET`] bytes, or all together are too large.
    pub fn new<S: AsRef<[u8]>>(secrets: &[S]) -> Result<Redactor, RedactError> {
        let redactor = Redactor::none();
        for (index, secret) in secrets.iter().enumerate() {
            redactor.add(secret.as_ref()).map_err(|error| match error {
                RedactError::TooShort { len, .. } => RedactError::TooShort { index, len },
                other => other,
            })?;
        }
        Ok(redactor)
    }

    /// With no secret.
    pub fn none() -> Redactor {
        Redactor::default()
    }

    /// Masks one more secret from now on, also in streams that have begun.
    ///
    /// # Errors
    /// When it is shorter than [`MIN_SECRET`] bytes, or all together are too large.
    pub fn add(&self, secret: &[u8]) -> Result<(), RedactError> {
        let mut forms = forms::of(secret).ok_or(RedactError::TooShort { index: 0, len: secret.len() })?;
        let mut patterns = self.patterns.write().unwrap_or_else(PoisonError::into_inner);
        forms.extend(patterns.iter().flat_map(|patterns| patterns.sorted.iter().cloned()));
        *patterns = Some(Arc::new(Patterns::new(forms)?));
        Ok(())
    }

    fn patterns(&self) -> Option<Arc<Patterns>> {
        self.patterns.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it knows no secret.
    fn is_none(&self) -> bool {
        self.patterns.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Begins a stream.
    pub fn stream(&self) -> RedactedStream {
        RedactedStream::new(self.clone())
    }

    /// Masks a whole text: a message, a reason.
    pub fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }

    /// Masks all bytes of something that is no stream.
    pub fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        if self.is_none() {
            return bytes.to_vec();
        }
        let mut out = Vec::with_capacity(bytes.len());
        let mut stream = self.stream();
        let mut emit = |bytes: &[u8]| out.extend_from_slice(bytes);
        stream.push(bytes, &mut emit);
        stream.finish(&mut emit);
        out
    }
}

/// All forms of all secrets: an automaton to find them, and sorted to tell their beginnings.
struct Patterns {
    sorted: Vec<Vec<u8>>,
    automaton: AhoCorasick,
    longest: usize,
}

impl Drop for Patterns {
    fn drop(&mut self) {
        self.sorted.zeroize();
    }
}

impl std::fmt::Debug for Patterns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Patterns").field("forms", &self.sorted.len()).finish_non_exhaustive()
    }
}

impl Patterns {
    fn new(mut forms: Vec<Vec<u8>>) -> Result<Patterns, RedactError> {
        forms.sort();
        forms.dedup();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&forms)
            .map_err(|error| RedactError::TooLarge(error.to_string()))?;
        let longest = forms.iter().map(Vec::len).max().unwrap_or(0);
        Ok(Patterns { sorted: forms, automaton, longest })
    }

    /// Where the bytes that any form covers are: disjoint spans in order, overlapping ones joined. The first `covered` bytes
    /// count as covered.
    fn occurrences(&self, bytes: &[u8], covered: usize) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> =
            self.automaton.find_overlapping_iter(bytes).map(|m| (m.start(), m.end())).collect();
        if covered > 0 {
            found.push((0, covered));
        }
        found.sort_unstable();
        let mut joined: Vec<(usize, usize)> = Vec::with_capacity(found.len());
        for (start, end) in found {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        joined
    }

    /// The first place in `bytes` from which on they are the beginning, and not the whole, of some form; their length when
    /// there is none.
    fn first_possible_start(&self, bytes: &[u8]) -> usize {
        let first = bytes.len().saturating_sub(self.longest.saturating_sub(1));
        (first..bytes.len())
            .find(|&start| bytes.get(start..).is_some_and(|rest| self.is_proper_prefix(rest)))
            .unwrap_or(bytes.len())
    }

    fn is_proper_prefix(&self, bytes: &[u8]) -> bool {
        // The forms that begin with `bytes` are neighbours in the sorted list; `bytes` itself, if a form, is the first of them.
        let after = self.sorted.partition_point(|form| form.as_slice() <= bytes);
        self.sorted.get(after).is_some_and(|form| form.starts_with(bytes))
    }
}
