//! Bytes of steps as whole lines: streams of parallel steps come in pieces.

use std::collections::HashMap;

use pipe_engine::Stream;
use pipe_ops::NodeId;

/// A line longer than this is shown in parts: a step that never ends its line must not fill the memory.
const LONGEST: usize = 64 * 1024;

/// The unfinished lines of every stream.
#[derive(Default)]
pub(super) struct Lines(HashMap<(NodeId, Stream), Vec<u8>>);

impl Lines {
    /// Takes bytes of a stream; gives the lines they finish, without line ends.
    pub(super) fn push(&mut self, node: NodeId, stream: Stream, bytes: &[u8]) -> Vec<String> {
        let buffer = self.0.entry((node, stream)).or_default();
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            match piece.strip_suffix(b"\n") {
                Some(end) => {
                    buffer.extend_from_slice(end);
                    lines.push(take(buffer));
                }
                None => buffer.extend_from_slice(piece),
            }
            if buffer.len() > LONGEST {
                lines.push(take(buffer));
            }
        }
        lines
    }

    /// The unfinished lines of a step that is over.
    pub(super) fn finish(&mut self, node: NodeId) -> Vec<String> {
        [Stream::Stdout, Stream::Stderr]
            .into_iter()
            .filter_map(|stream| self.0.remove(&(node, stream)))
            .filter(|buffer| !buffer.is_empty())
            .map(|mut buffer| take(&mut buffer))
            .collect()
    }
}

fn take(buffer: &mut Vec<u8>) -> String {
    let line = String::from_utf8_lossy(buffer).into_owned();
    buffer.clear();
    line.strip_suffix('\r').map(str::to_owned).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_lines() {
        let mut lines = Lines::default();
        let node = NodeId(0);
        assert!(lines.push(node, Stream::Stdout, b"a").is_empty());
        assert!(lines.push(node, Stream::Stderr, b"x").is_empty());
        assert_eq!(lines.push(node, Stream::Stdout, b"b\r\nc\nd"), ["ab", "c"]);
        assert_eq!(lines.finish(node), ["d", "x"]);
        assert!(lines.finish(node).is_empty());
    }

    #[test]
    fn a_line_without_end_is_shown_in_parts() {
        let mut lines = Lines::default();
        let shown = lines.push(NodeId(0), Stream::Stdout, &vec![b'x'; LONGEST + 1]);
        assert_eq!(shown.len(), 1);
    }
}
