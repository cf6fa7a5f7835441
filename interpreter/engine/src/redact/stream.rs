//! Masking in a stream of bytes that arrives in pieces.

use super::{Patterns, Redactor};

/// What stands in place of a secret.
pub(super) const MASK: &[u8] = b"***";

/// Masks one stream. Bytes that may be the beginning of a secret are held back until it is known whether they are; all others
/// pass at once.
///
/// A byte is masked when it belongs to an occurrence of any form of any secret, occurrences that overlap or touch become one
/// mask. So what comes out does not depend on how the stream was cut into pieces.
#[derive(Debug)]
pub struct RedactedStream {
    /// Asked again for every piece: a secret may be read while the stream is under way.
    redactor: Redactor,
    /// Bytes held back: a proper prefix of some form.
    pending: Vec<u8>,
    /// So many of the bytes held back belong to an occurrence already.
    covered: usize,
    /// The last byte that went out was masked.
    masking: bool,
}

impl RedactedStream {
    pub(super) fn new(redactor: Redactor) -> RedactedStream {
        RedactedStream { redactor, pending: Vec::new(), covered: 0, masking: false }
    }

    /// Takes the next bytes of the stream and gives what may be seen by now to `emit`, in order.
    pub fn push(&mut self, bytes: &[u8], emit: &mut dyn FnMut(&[u8])) {
        let Some(patterns) = self.redactor.patterns() else {
            if !bytes.is_empty() {
                emit(bytes);
            }
            return;
        };
        self.pending.extend_from_slice(bytes);
        let safe = patterns.first_possible_start(&self.pending);
        self.release(&patterns, safe, emit);
    }

    /// The stream is over: gives what was held back.
    pub fn finish(&mut self, emit: &mut dyn FnMut(&[u8])) {
        if let Some(patterns) = self.redactor.patterns() {
            let all = self.pending.len();
            self.release(&patterns, all, emit);
        }
    }

    /// Gives the first `safe` of the bytes held back; no occurrence that is still incomplete begins before them.
    fn release(&mut self, patterns: &Patterns, safe: usize, emit: &mut dyn FnMut(&[u8])) {
        let spans = patterns.occurrences(&self.pending, self.covered);
        let mut out = Vec::with_capacity(safe);
        let mut at = 0;
        for (start, end) in &spans {
            let (start, end) = (*start.min(&safe), *end.min(&safe));
            self.plain(&mut out, at, start);
            if end > start {
                if !self.masking {
                    out.extend_from_slice(MASK);
                }
                self.masking = true;
            }
            at = at.max(end);
        }
        self.plain(&mut out, at, safe);
        self.covered =
            spans.iter().find(|(start, end)| *start <= safe && *end > safe).map_or(0, |(_, end)| end - safe);
        self.pending.drain(..safe);
        if !out.is_empty() {
            emit(&out);
        }
    }

    fn plain(&mut self, out: &mut Vec<u8>, from: usize, to: usize) {
        if let Some(bytes) = self.pending.get(from..to).filter(|bytes| !bytes.is_empty()) {
            out.extend_from_slice(bytes);
            self.masking = false;
        }
    }
}
