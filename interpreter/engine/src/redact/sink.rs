//! Events without secrets in their texts.

use std::sync::Arc;

use super::Redactor;
use crate::{Event, EventSink};

/// Masks the texts of events on their way. What steps print was masked when it was captured.
pub(crate) struct Masked {
    events: Arc<dyn EventSink>,
    redactor: Redactor,
}

impl Masked {
    pub(crate) fn new(events: Arc<dyn EventSink>, redactor: Redactor) -> Masked {
        Masked { events, redactor }
    }
}

impl EventSink for Masked {
    fn event(&self, event: Event) {
        if self.redactor.is_none() {
            return self.events.event(event);
        }
        let masked = |text: Arc<str>| -> Arc<str> { self.redactor.text(&text).into() };
        self.events.event(match event {
            Event::Step { node, name, state, elapsed, key, origin, exit_code, reason } => {
                let (name, reason) = (masked(name), reason.map(masked));
                Event::Step { node, name, state, elapsed, key, origin, exit_code, reason }
            }
            Event::Service { node, name, state, elapsed, origin } => {
                Event::Service { node, name: masked(name), state, elapsed, origin }
            }
            Event::Notice { message } => Event::Notice { message: masked(message) },
            Event::Warning { message } => Event::Warning { message: masked(message) },
            event @ (Event::Started { .. } | Event::Log { .. } | Event::Finished { .. }) => event,
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Seen(Mutex<Vec<String>>);

    impl EventSink for Seen {
        fn event(&self, event: Event) {
            self.0.lock().unwrap().push(format!("{event:?}"));
        }
    }

    #[test]
    fn no_text_of_an_event_has_a_secret() {
        let (seen, redactor) = (Arc::new(Seen::default()), Redactor::none());
        let masked = Masked::new(seen.clone(), redactor.clone());
        let text = || -> Arc<str> { "of hunter2-hunter2".into() };
        masked.event(Event::Notice { message: text() });
        assert!(seen.0.lock().unwrap().pop().unwrap().contains("hunter2"));
        redactor.add(b"hunter2-hunter2").unwrap();
        masked.event(Event::Notice { message: text() });
        masked.event(Event::Warning { message: text() });
        masked.event(Event::Step {
            node: pipe_ops::NodeId(0),
            name: text(),
            state: crate::StepState::Failed,
            elapsed: None,
            key: None,
            origin: None,
            exit_code: None,
            reason: Some(text()),
        });
        let seen = seen.0.lock().unwrap();
        assert_eq!(seen.len(), 3);
        assert!(seen.iter().all(|event| event.contains("of ***") && !event.contains("hunter2")), "{seen:?}");
    }
}
