//! Keeps a UTF-8 sequence whole that a write was cut in.

/// Holds back the bytes of a sequence that is not complete yet, at most three. Bytes that are no UTF-8 pass as they are.
#[derive(Debug, Default)]
pub(crate) struct Utf8Joiner {
    begun: Vec<u8>,
}

impl Utf8Joiner {
    /// Takes bytes, gives those that may be shown by now.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        self.begun = all.split_off(all.len() - incomplete(&all));
        all
    }

    /// The stream is over: what was held back.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.begun)
    }
}

/// How many bytes at the end are the beginning of a sequence whose rest may still come.
fn incomplete(bytes: &[u8]) -> usize {
    for (back, &byte) in bytes.iter().rev().take(3).enumerate() {
        let needed = match byte {
            0x80..=0xbf => continue,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return 0,
        };
        return if back + 1 < needed { back + 1 } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_of_text_stay_text(text in "\\PC{0,20}", at in 0usize..80) {
            let bytes = text.as_bytes();
            let (a, b) = bytes.split_at(at.min(bytes.len()));
            let mut joiner = Utf8Joiner::default();
            let (first, second) = (joiner.push(a), joiner.push(b));
            prop_assert!(std::str::from_utf8(&first).is_ok() && std::str::from_utf8(&second).is_ok());
            prop_assert_eq!([first, second, joiner.finish()].concat(), bytes);
        }

        #[test]
        fn nothing_is_lost(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..6)) {
            let mut joiner = Utf8Joiner::default();
            let mut out: Vec<u8> = pieces.iter().flat_map(|piece| joiner.push(piece)).collect();
            out.extend(joiner.finish());
            prop_assert_eq!(out, pieces.concat());
        }
    }

    #[test]
    fn bytes_that_are_no_text_do_not_wait() {
        let mut joiner = Utf8Joiner::default();
        assert_eq!(joiner.push(&[0xff, 0x80, 0x80, 0x80]), [0xff, 0x80, 0x80, 0x80]);
    }
}
