//! What a service prints: masked, told, and its end kept for whoever fails with it.

use std::sync::{Arc, Mutex, PoisonError};

use pipe_ops::NodeId;

use crate::capture::{Tail, Utf8Joiner};
use crate::{Event, EventSink, OutputSink, RedactedStream, Redactor, Stream};

/// Takes what a service prints. It may run for long, so nothing but the last lines stays here.
pub(super) struct ServiceLog {
    /// Whose output it is told as.
    node: NodeId,
    events: Arc<dyn EventSink>,
    inner: Mutex<Inner>,
}

struct Inner {
    streams: [(RedactedStream, Utf8Joiner); 2],
    tail: Tail,
}

impl ServiceLog {
    pub(super) fn new(node: NodeId, redactor: &Redactor, events: Arc<dyn EventSink>) -> ServiceLog {
        let streams = [(); 2].map(|()| (redactor.stream(), Utf8Joiner::default()));
        ServiceLog { node, events, inner: Mutex::new(Inner { streams, tail: Tail::default() }) }
    }

    /// The service is over: the last lines that it printed.
    pub(super) fn finish(&self) -> Vec<u8> {
        for stream in [Stream::Stdout, Stream::Stderr] {
            self.take(stream, None);
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut inner.tail).finish()
    }

    fn take(&self, stream: Stream, bytes: Option<&[u8]>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { streams: [stdout, stderr], tail } = &mut *inner;
        let (redacted, joiner) = if stream == Stream::Stdout { stdout } else { stderr };
        let mut masked = Vec::new();
        let mut emit = |bytes: &[u8]| masked.extend_from_slice(bytes);
        match bytes {
            Some(bytes) => redacted.push(bytes, &mut emit),
            None => redacted.finish(&mut emit),
        }
        tail.push(&masked);
        let mut shown = joiner.push(&masked);
        if bytes.is_none() {
            shown.extend(joiner.finish());
        }
        if !shown.is_empty() {
            self.events.event(Event::Log { node: self.node, stream, bytes: shown.into() });
        }
    }
}

impl OutputSink for ServiceLog {
    fn output(&self, stream: Stream, bytes: &[u8]) {
        self.take(stream, Some(bytes));
    }
}
