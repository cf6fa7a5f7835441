//! Results of nodes while a graph is worked on, and the outputs they give.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use pipe_ops::{BlobDigest, Breakpoint, Datum, Digest, Slot, StepKey};
use pipe_store::{StepRecord, Store, Stored};

use crate::failure::Cause;
use crate::steps::Inputs;
use crate::steps::exec::{PreparedMount, Shown};
use crate::{TreeValue, Value};

/// Bytes that a text value may have: larger ones belong in files.
pub const TEXT_LIMIT: usize = 16 << 20;

/// The result of a node.
#[derive(Clone)]
pub(crate) enum NodeResult {
    /// Of an op of the engine's own.
    Value(Value),
    /// Of an image.
    Image {
        /// Its root file system.
        root: TreeValue,
        /// Its configuration.
        config: Value,
        /// Which image it is.
        digests: Value,
    },
    /// Of a command, also seen through a guard.
    Exec(Arc<ExecResult>),
    /// Of a command that nobody asks for more than how it ended.
    Ended {
        /// Its exit code.
        exit_code: i32,
    },
    /// Of a breakpoint.
    Passed(Arc<Passed>),
}

/// What a container was before a breakpoint, and is after it.
pub(crate) struct Passed {
    root: Value,
    /// In order; `None` for one that holds nothing of its own.
    mounts: Vec<Option<Value>>,
    /// The command that ran last in it.
    last: Option<Arc<NodeResult>>,
}

impl Passed {
    /// From the inputs of a breakpoint, and what the node of its last command came to.
    pub(crate) fn of(
        breakpoint: &Breakpoint,
        inputs: &Inputs,
        last: Option<Arc<NodeResult>>,
    ) -> Result<NodeResult, Cause> {
        let mounts = breakpoint
            .exec
            .mounts
            .iter()
            .map(|mount| mount.shown.source().map(|source| inputs.get(source).cloned()).transpose());
        let mounts = mounts.collect::<Result<_, _>>()?;
        let root = inputs.get(breakpoint.exec.root)?.clone();
        Ok(NodeResult::Passed(Arc::new(Passed { root, mounts, last })))
    }

    fn slot(&self, slot: Slot, store: &Store) -> Result<Value, Cause> {
        match slot {
            Slot::Root => Ok(self.root.clone()),
            Slot::Mount(index) => mount_of(&self.mounts, index),
            Slot::Stdout | Slot::Stderr | Slot::ExitCode => match &self.last {
                Some(last) => last.slot(slot, store),
                None => Err(Cause::machine("nothing ran before the breakpoint")),
            },
            Slot::Main | Slot::Config | Slot::Digests => Ok(Value::Datum(Datum::Unit)),
        }
    }
}

fn mount_of(mounts: &[Option<Value>], index: u32) -> Result<Value, Cause> {
    let mount = mounts.get(index as usize).cloned().flatten();
    mount.ok_or_else(|| Cause::machine(format!("the step has no mount {index}")))
}

/// What a command printed, or why that cannot be read, once it was asked for.
type KnownText = OnceLock<Box<Result<Arc<str>, Cause>>>;

/// What a command gave, whatever its exit code.
pub(crate) struct ExecResult {
    pub(crate) key: StepKey,
    pub(crate) exit_code: i32,
    pub(crate) root: TreeValue,
    /// In order; `None` for one that holds nothing of its own.
    pub(crate) mounts: Vec<Option<Value>>,
    pub(crate) stdout: BlobDigest,
    pub(crate) stderr: BlobDigest,
    pub(crate) log: BlobDigest,
    pub(crate) duration: Duration,
    pub(crate) created: SystemTime,
    texts: [KnownText; 2],
}

impl NodeResult {
    /// What an output of the node is.
    pub(crate) fn slot(&self, slot: Slot, store: &Store) -> Result<Value, Cause> {
        match self {
            NodeResult::Value(value) => Ok(value.clone()),
            NodeResult::Image { config, .. } if slot == Slot::Config => Ok(config.clone()),
            NodeResult::Image { digests, .. } if slot == Slot::Digests => Ok(digests.clone()),
            NodeResult::Image { root, .. } => Ok(Value::Tree(root.clone())),
            NodeResult::Exec(result) => result.slot(slot, store),
            NodeResult::Ended { exit_code } if slot == Slot::ExitCode => Ok(code(*exit_code)),
            NodeResult::Ended { .. } => Ok(Value::Datum(Datum::Unit)),
            NodeResult::Passed(passed) => passed.slot(slot, store),
        }
    }
}

impl ExecResult {
    /// From a record of the store: the trees get the bases of what the step was started on. `None` when the record does not fit
    /// the step, which is as good as no record.
    pub(crate) fn from_record(
        key: StepKey,
        record: StepRecord,
        root: &TreeValue,
        mounts: &[PreparedMount],
    ) -> Option<ExecResult> {
        if record.mounts.len() != mounts.len() {
            return None;
        }
        let left = record.mounts.into_iter().zip(mounts).map(|(left, mount)| match (left, &mount.shown) {
            (Some(Stored::Tree(tree)), Shown::Value(Value::Tree(shown))) => {
                Some(Some(Value::Tree(shown.with_tree(tree))))
            }
            (Some(Stored::File(file)), Shown::Value(Value::File(_))) => Some(Some(Value::File(file))),
            (None, Shown::Cache(_) | Shown::Tmpfs(_)) => Some(None),
            _ => None,
        });
        Some(ExecResult {
            key,
            exit_code: record.exit_code,
            root: root.with_tree(record.root?),
            mounts: left.collect::<Option<_>>()?,
            stdout: record.stdout,
            stderr: record.stderr,
            log: record.log,
            duration: record.duration,
            created: record.created,
            texts: Default::default(),
        })
    }

    /// Whether it printed anything.
    pub(crate) fn printed(&self) -> bool {
        let nothing = BlobDigest(Digest::of(&[]));
        self.stdout != nothing || self.stderr != nothing
    }

    fn slot(&self, slot: Slot, store: &Store) -> Result<Value, Cause> {
        let [stdout, stderr] = &self.texts;
        Ok(match slot {
            Slot::Main | Slot::Config | Slot::Digests => Value::Datum(Datum::Unit),
            Slot::Root => Value::Tree(self.root.clone()),
            Slot::Mount(index) => mount_of(&self.mounts, index)?,
            Slot::Stdout => text(stdout, store, self.stdout, "standard output")?,
            Slot::Stderr => text(stderr, store, self.stderr, "standard error")?,
            Slot::ExitCode => code(self.exit_code),
        })
    }
}

fn code(exit_code: i32) -> Value {
    Value::Datum(Datum::Int(i64::from(exit_code)))
}

fn text(known: &KnownText, store: &Store, blob: BlobDigest, what: &str) -> Result<Value, Cause> {
    let read = || {
        let bytes = store.get_blob(blob)?;
        let bytes = bytes.ok_or_else(|| {
            Cause::machine(format!("the {what} of the step is gone from the store; run again"))
        })?;
        decode(bytes, what)
    };
    let text = known.get_or_init(|| Box::new(read()));
    (**text).clone().map(|text| Value::Datum(Datum::Text(text)))
}

/// Bytes as a text value.
pub(crate) fn decode(bytes: Vec<u8>, what: &str) -> Result<Arc<str>, Cause> {
    if bytes.len() > TEXT_LIMIT {
        let limit = TEXT_LIMIT >> 20;
        return Err(Cause::pipeline(format!(
            "the {what} is larger than {limit} MiB, the most a text can be"
        ))
        .help("write it to a file in the step and take that with `.file(path)`"));
    }
    String::from_utf8(bytes).map(Arc::from).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Cause::pipeline(format!("the {what} is not a text: it is not UTF-8 from byte {at} on"))
            .help("write it to a file in the step and take that with `.file(path)`")
    })
}
