//! What a step prints: masked, shown, and kept for the store.

mod order;
mod spool;
mod tail;
mod utf8;

use std::sync::{Arc, Mutex, PoisonError};

use pipe_ops::NodeId;

use order::OrderWriter;
pub use order::interleave;
use spool::Spool;
pub use tail::TAIL_LINES;
pub(crate) use tail::Tail;
pub(crate) use utf8::Utf8Joiner;

use crate::{Event, EventSink, OutputSink, RedactedStream, Redactor, Stream};

/// Takes what a step prints. The bytes go through the redactor first; nothing else ever sees them as they were.
pub(crate) struct Capture {
    node: NodeId,
    events: Arc<dyn EventSink>,
    inner: Mutex<Inner>,
}

struct Inner {
    stdout: Channel,
    stderr: Channel,
    order: OrderWriter,
    tail: Tail,
}

struct Channel {
    redacted: RedactedStream,
    shown: Utf8Joiner,
    spool: Spool,
}

/// What a step printed, masked.
pub(crate) struct Captured {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// In the form that [`interleave`] reads.
    pub(crate) order: Vec<u8>,
    /// The last lines of both.
    pub(crate) tail: Vec<u8>,
}

impl Capture {
    pub(crate) fn new(node: NodeId, redactor: &Redactor, events: Arc<dyn EventSink>) -> Capture {
        let channel =
            || Channel { redacted: redactor.stream(), shown: Utf8Joiner::default(), spool: Spool::default() };
        let inner = Inner {
            stdout: channel(),
            stderr: channel(),
            order: OrderWriter::default(),
            tail: Tail::default(),
        };
        Capture { node, events, inner: Mutex::new(inner) }
    }

    /// The step is over: shows what was held back, and gives what is to be stored.
    pub(crate) fn finish(self) -> Captured {
        let Capture { node, events, inner } = self;
        let mut inner = inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        for stream in [Stream::Stdout, Stream::Stderr] {
            let mut shown = inner.take(stream, None);
            shown.extend(inner.channel(stream).shown.finish());
            show(node, &*events, stream, shown);
        }
        let Inner { stdout, stderr, mut order, tail } = inner;
        let (stdout, uncounted) = stdout.spool.finish();
        order.push(Stream::Stdout, uncounted);
        let (stderr, uncounted) = stderr.spool.finish();
        order.push(Stream::Stderr, uncounted);
        Captured { stdout, stderr, order: order.encode(), tail: tail.finish() }
    }
}

impl OutputSink for Capture {
    fn output(&self, stream: Stream, bytes: &[u8]) {
        // Events are told under the lock, so that they keep the order of the log.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = inner.take(stream, Some(bytes));
        show(self.node, &*self.events, stream, shown);
    }
}

impl Inner {
    fn channel(&mut self, stream: Stream) -> &mut Channel {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    /// Takes bytes, or the end of the stream: keeps what the redactor gives, and returns what of it may be shown.
    fn take(&mut self, stream: Stream, bytes: Option<&[u8]>) -> Vec<u8> {
        let mut masked = Vec::new();
        let mut emit = |bytes: &[u8]| masked.extend_from_slice(bytes);
        let channel = self.channel(stream);
        match bytes {
            Some(bytes) => channel.redacted.push(bytes, &mut emit),
            None => channel.redacted.finish(&mut emit),
        }
        let counted = channel.spool.push(&masked);
        let shown = channel.shown.push(&masked);
        self.order.push(stream, counted);
        self.tail.push(&masked);
        shown
    }
}

fn show(node: NodeId, events: &dyn EventSink, stream: Stream, bytes: Vec<u8>) {
    if !bytes.is_empty() {
        events.event(Event::Log { node, stream, bytes: bytes.into() });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[derive(Default)]
    struct Seen(Mutex<Vec<(Stream, Vec<u8>)>>);

    impl EventSink for Seen {
        fn event(&self, event: Event) {
            if let Event::Log { stream, bytes, .. } = event {
                self.0.lock().unwrap().push((stream, bytes.to_vec()));
            }
        }
    }

    #[test]
    fn a_secret_cut_by_writes_reaches_nobody() {
        let seen = Arc::new(Seen::default());
        let redactor = Redactor::new(&["hunter2"]).unwrap();
        let capture = Capture::new(NodeId(0), &redactor, seen.clone());
        for piece in ["pw=hun", "ter", "2;"] {
            capture.output(Stream::Stdout, piece.as_bytes());
            capture.output(Stream::Stderr, b"e");
        }
        capture.output(Stream::Stderr, b"hunter");
        let captured = capture.finish();
        assert_eq!(captured.stdout, b"pw=***;");
        assert_eq!(captured.stderr, b"eeehunter");
        assert_eq!(String::from_utf8_lossy(&captured.tail), "pw=ee***;ehunter\n");
        let replay = interleave(&captured.order, &captured.stdout, &captured.stderr).unwrap();
        let replay: Vec<u8> = replay.into_iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
        assert_eq!(replay, b"pw=ee***;ehunter");
        let shown: Vec<u8> = seen.0.lock().unwrap().iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        assert_eq!(shown, replay);
    }

    #[test]
    fn shown_bytes_keep_characters_whole() {
        let seen = Arc::new(Seen::default());
        let capture = Capture::new(NodeId(0), &Redactor::none(), seen.clone());
        capture.output(Stream::Stdout, b"a\xc3");
        capture.output(Stream::Stdout, b"\xa9");
        assert_eq!(capture.finish().stdout, "aé".as_bytes());
        let shown: Vec<Vec<u8>> = seen.0.lock().unwrap().iter().map(|(_, bytes)| bytes.clone()).collect();
        assert_eq!(shown, [b"a".to_vec(), "é".as_bytes().to_vec()]);
    }
}
