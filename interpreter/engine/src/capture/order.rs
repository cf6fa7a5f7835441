//! The order in which the bytes of two streams were printed, so that a stored log can be shown again as it was.
//!
//! The streams are stored for themselves; this is what lies between them: runs of bytes, alternating between the streams.
//! Format, version 1: the byte 1, then one LEB128 number for each run. The first run is of standard output (it may be 0), the
//! next of standard error, and so on.

use crate::Stream;

const VERSION: u8 = 1;

/// Collects the runs.
#[derive(Debug, Default)]
pub(crate) struct OrderWriter {
    runs: Vec<u64>,
}

impl OrderWriter {
    /// So many bytes of this stream come next.
    pub(crate) fn push(&mut self, stream: Stream, len: usize) {
        let parity = usize::from(stream == Stream::Stderr);
        if self.runs.is_empty() {
            self.runs.push(0);
        }
        if (self.runs.len() - 1) % 2 != parity {
            self.runs.push(0);
        }
        if let Some(last) = self.runs.last_mut() {
            *last += len as u64;
        }
    }

    /// The bytes to store.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        for &run in &self.runs {
            let mut rest = run;
            while rest >= 0x80 {
                out.push((rest as u8 & 0x7f) | 0x80);
                rest >>= 7;
            }
            out.push(rest as u8);
        }
        out
    }
}

/// Puts two stored streams together again in the order they were printed. `None` when the order does not fit the streams.
pub fn interleave<'a>(order: &[u8], stdout: &'a [u8], stderr: &'a [u8]) -> Option<Vec<(Stream, &'a [u8])>> {
    let (&version, mut rest) = order.split_first()?;
    if version != VERSION {
        return None;
    }
    let mut streams = [(Stream::Stdout, stdout), (Stream::Stderr, stderr)];
    let mut out = Vec::new();
    let mut turn = 0;
    while !rest.is_empty() {
        let len = usize::try_from(number(&mut rest)?).ok()?;
        let (stream, bytes) = streams.get_mut(turn)?;
        let (run, left) = bytes.split_at_checked(len)?;
        *bytes = left;
        if !run.is_empty() {
            out.push((*stream, run));
        }
        turn = 1 - turn;
    }
    streams.iter().all(|(_, left)| left.is_empty()).then_some(out)
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_printed_comes_back_in_order(
            pieces in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..300)), 0..12),
        ) {
            let mut writer = OrderWriter::default();
            let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
            let mut expected: Vec<(Stream, Vec<u8>)> = Vec::new();
            for (error, bytes) in pieces {
                let stream = if error { Stream::Stderr } else { Stream::Stdout };
                writer.push(stream, bytes.len());
                if error { &mut stderr } else { &mut stdout }.extend_from_slice(&bytes);
                match expected.last_mut() {
                    Some((last, all)) if *last == stream => all.extend(bytes),
                    _ if bytes.is_empty() => {}
                    _ => expected.push((stream, bytes)),
                }
            }
            let order = writer.encode();
            let mut found: Vec<(Stream, Vec<u8>)> = Vec::new();
            for (stream, bytes) in interleave(&order, &stdout, &stderr).unwrap() {
                match found.last_mut() {
                    Some((last, all)) if *last == stream => all.extend_from_slice(bytes),
                    _ => found.push((stream, bytes.to_vec())),
                }
            }
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn garbage_is_refused_without_panic(order in prop::collection::vec(any::<u8>(), 0..20), stdout in prop::collection::vec(any::<u8>(), 0..20)) {
            let _ = interleave(&order, &stdout, b"");
        }
    }

    #[test]
    fn an_order_that_does_not_fit_is_refused() {
        assert!(interleave(&[1, 3], b"ab", b"").is_none());
        assert!(interleave(&[1, 1], b"ab", b"").is_none());
        assert!(interleave(&[2, 2], b"ab", b"").is_none());
    }
}
