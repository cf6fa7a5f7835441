//! Results that are older than a step takes.

use std::time::{Duration, SystemTime};

use pipe_store::Refused;

use crate::humane::humane;

/// A result that is older than a step takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stale {
    /// How old it is; `None` when it seems to be from the future.
    pub(crate) age: Option<Duration>,
    /// The age from which on none is used.
    pub(crate) fresh: Duration,
}

impl Stale {
    /// Why a result of that time is too old now, if it is. One from the future was made before the clock was set back: nobody knows how
    /// old it is.
    pub(super) fn of(created: SystemTime, fresh: Duration) -> Option<Stale> {
        let age = SystemTime::now().duration_since(created).ok();
        age.is_none_or(|age| age >= fresh).then_some(Stale { age, fresh })
    }

    /// Of a result that is not going to be used.
    pub(crate) fn is_said(&self) -> String {
        self.said("is")
    }

    /// Of one that was not used.
    pub(crate) fn was_said(&self) -> String {
        self.said("was")
    }

    fn said(&self, is: &str) -> String {
        let age = match self.age {
            Some(age) if age >= Duration::from_secs(1) => {
                format!("{is} {} old", humane(Duration::from_secs(age.as_secs())))
            }
            Some(age) => format!("{is} {} old", humane(age)),
            None => format!("{is} from the future, by this machine's clock"),
        };
        match self.fresh {
            Duration::ZERO => "`fresh: 0s` takes no result of an earlier run".to_owned(),
            fresh => format!("its result {age}, and `fresh: {}` takes none of that age", humane(fresh)),
        }
    }
}

impl From<Stale> for Refused {
    fn from(stale: Stale) -> Refused {
        Refused::TooOld { age: stale.age, fresh: stale.fresh }
    }
}
