//! What a run did to the world, kept in the store so that another command can go on where it stopped (`--resume`).
//!
//! An effect is not repeated when the run had finished it, and every effect that it comes after, too. So what comes after something that
//! is done now (an answer, a second try, the handler of a failure) is done now.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pipe_ops::{Datum, Digest, OpDigest, StepKey};
use pipe_store::{Held, StepLock, Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::EngineError;
use crate::failure::{Cause, FailureClass};

/// So long a run that stopped is kept, whatever else the store makes room for.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Hexadecimal digits of a run's name.
const NAME: usize = 8;

/// How an effect ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum End {
    /// It gave this.
    Value(Datum),
    /// It is a command, whose result is in the store under this key.
    Command(StepKey),
    /// It failed, and something reckoned with that: a retry, `allow_failure`.
    Failed { reason: String, exit_code: Option<i32> },
}

impl End {
    /// The failure once more.
    pub(crate) fn failed(reason: &str, exit_code: Option<i32>) -> Cause {
        Cause { exit_code, ..Cause::new(FailureClass::Pipeline, reason) }
    }
}

/// A run as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Record {
    /// What was asked for: another program, or other arguments, are another run.
    asked: Digest,
    ended: Vec<(Digest, End)>,
}

/// The ledger of a session.
pub(crate) struct Ledger {
    store: Store,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The run's name, once there is something to keep, or when it is one of before.
    run: Option<String>,
    /// What this command asks for.
    asked: Option<Digest>,
    record: Option<Record>,
    /// What the run had ended before this command.
    before: HashMap<Digest, End>,
    /// As long as the session lives nobody else goes on with the run.
    _lock: Option<StepLock>,
}

impl Ledger {
    /// Of a new run.
    pub(crate) fn new(store: Store) -> Ledger {
        Ledger { store, state: Mutex::default() }
    }

    /// Of a run that goes on.
    ///
    /// # Errors
    /// There is no such run, or another command goes on with it.
    pub(crate) fn resume(store: Store, run: &str) -> Result<Ledger, EngineError> {
        let unknown = || {
            EngineError::Resume(format!(
                "the store knows of no run `{run}` that did anything; a run that can go on says so, with its name"
            ))
        };
        let is_name = run.len() == NAME && run.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_name {
            return Err(unknown());
        }
        let lock = store.try_lock_step(lock_of(run))?;
        let Some(lock) = lock else {
            return Err(EngineError::Resume(format!("the run `{run}` is going on in another command")));
        };
        let (record, _) = store.fact::<Record>(fact_of(run))?.ok_or_else(unknown)?;
        let before = record.ended.iter().cloned().collect();
        let state =
            State { run: Some(run.to_owned()), asked: None, record: Some(record), before, _lock: Some(lock) };
        Ok(Ledger { store, state: Mutex::new(state) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A command asks for this.
    ///
    /// # Errors
    /// The run that goes on asked for something else.
    pub(crate) fn begin(&self, asked: Digest) -> Result<(), EngineError> {
        let mut state = self.lock();
        // Of several graphs of a session, the first stands for it.
        let first = *state.asked.get_or_insert(asked);
        match &state.record {
            Some(record) if record.asked != first => Err(EngineError::Resume(
                "the program, or what it was given, is not as it was when that run began, so it is not known what of it is done; \
                 run it without `--resume`"
                    .to_owned(),
            )),
            _ => Ok(()),
        }
    }

    /// How an effect ended before this command.
    pub(crate) fn before(&self, effect: OpDigest) -> Option<End> {
        self.lock().before.get(&effect.0).cloned()
    }

    /// An effect ended. Told before anything that comes after it begins.
    pub(crate) fn ended(&self, effect: OpDigest, end: End) -> Result<(), StoreError> {
        let mut state = self.lock();
        if state.run.is_none() {
            let (run, lock) = self.name()?;
            (state.run, state._lock) = (Some(run), Some(lock));
        }
        let asked = state.asked.unwrap_or_else(|| Digest::of(&[]));
        let record = state.record.get_or_insert_with(|| Record { asked, ended: Vec::new() });
        record.ended.retain(|(known, _)| *known != effect.0);
        record.ended.push((effect.0, end));
        self.keep(&state, true)
    }

    /// A run is over. What it did is kept for somebody who goes on with it; of one that came to a good end it may be forgotten.
    pub(crate) fn over(&self, can_go_on: bool) -> Result<(), StoreError> {
        self.keep(&self.lock(), can_go_on)
    }

    fn keep(&self, state: &State, can_go_on: bool) -> Result<(), StoreError> {
        let (Some(run), Some(record)) = (&state.run, &state.record) else { return Ok(()) };
        let steps = record.ended.iter().filter_map(|(_, end)| match end {
            End::Command(key) => Some(Held::Step(*key)),
            End::Value(_) | End::Failed { .. } => None,
        });
        let holds: Vec<Held> = match can_go_on {
            true => steps.chain([Held::awaited_for(KEPT)]).collect(),
            false => Vec::new(),
        };
        self.store.put_fact(fact_of(run), record, &holds)
    }

    /// A name that no other run has.
    fn name(&self) -> Result<(String, StepLock), StoreError> {
        loop {
            let mut name = pipe_store::random_name()?;
            name.truncate(NAME);
            if let Some(lock) = self.store.try_lock_step(lock_of(&name))?
                && self.store.fact::<Record>(fact_of(&name))?.is_none()
            {
                return Ok((name, lock));
            }
        }
    }

    /// The run's name, if it did something.
    pub(crate) fn run(&self) -> Option<String> {
        self.lock().run.clone()
    }
}

fn fact_of(run: &str) -> Digest {
    Digest::of(format!("run {run}").as_bytes())
}

fn lock_of(run: &str) -> StepKey {
    StepKey(Digest::of(format!("run {run} goes on").as_bytes()))
}
