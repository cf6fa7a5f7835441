//! What one stream of a step printed, kept for the store with a bound on memory.

use std::collections::VecDeque;

/// Bytes kept from the beginning: one more than a text may have, so that a longer one is seen to be too long.
const HEAD: usize = crate::TEXT_LIMIT + 1;

/// Bytes kept from the end of a stream that is longer.
const END: usize = 256 << 10;

/// Keeps the beginning of a stream, and its end when it is too long to be kept whole.
#[derive(Debug, Default)]
pub(super) struct Spool {
    head: Vec<u8>,
    end: VecDeque<u8>,
    left_out: u64,
}

impl Spool {
    /// Takes bytes; how many of them went to the part that is kept in order with the other stream.
    pub(super) fn push(&mut self, bytes: &[u8]) -> usize {
        let room = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        let (head, rest) = bytes.split_at(room);
        self.head.extend_from_slice(head);
        self.end.extend(rest);
        let excess = self.end.len().saturating_sub(END);
        self.end.drain(..excess);
        self.left_out += excess as u64;
        room
    }

    /// The bytes to store, and how many of them no call of [`Spool::push`] has counted.
    pub(super) fn finish(mut self) -> (Vec<u8>, usize) {
        let counted = self.head.len();
        if self.left_out > 0 {
            let note = format!("\n[{} bytes are left out here]\n", self.left_out);
            self.head.extend_from_slice(note.as_bytes());
        }
        self.head.extend(self.end);
        let uncounted = self.head.len() - counted;
        (self.head, uncounted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_fits_is_kept_whole() {
        let mut spool = Spool::default();
        assert_eq!(spool.push(b"abc"), 3);
        assert_eq!(spool.finish(), (b"abc".to_vec(), 0));
    }

    #[test]
    fn of_an_endless_one_the_middle_is_left_out() {
        let mut spool = Spool::default();
        let chunk = vec![b'x'; 1 << 20];
        let counted: usize = (0..40).map(|_| spool.push(&chunk)).sum();
        spool.push(b"the end");
        let (bytes, uncounted) = spool.finish();
        assert_eq!(counted, HEAD);
        assert_eq!(bytes.len(), counted + uncounted);
        assert!(bytes.ends_with(b"xthe end"));
        assert!(bytes.len() < HEAD + END + 100);
    }
}
