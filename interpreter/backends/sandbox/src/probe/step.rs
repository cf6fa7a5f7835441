//! The proof: a real step, and what stands in its way.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pipe_engine::{
    Backend, BackendError, Base, Egress, Exit, OutputSink, StepNetwork, StepOutcome, StepSecrets, StepSpec,
    Stream,
};
use pipe_store::{Store, StoreOptions};
use tokio_util::sync::CancellationToken;

use super::Finding;
use crate::backend::{Sandbox, SandboxOptions, layer_owner};
use crate::foreign::{self, Emulators};
use crate::machine::{Machine, ThisMachine};

const NAMESPACES: &str = "user namespaces";
const STEP: &str = "a step";
const NETWORK: &str = "network";

struct Nothing;

impl OutputSink for Nothing {
    fn output(&self, _: Stream, _: &[u8]) {}
}

/// Whether a namespace can be made, and a step run in it.
pub(super) fn probe(store: &Path) -> Vec<Finding> {
    let store = match Store::open(store, StoreOptions::new(layer_owner(store))) {
        Ok(store) => store,
        Err(error) => {
            let remedy = "set PIPE_STORE to a folder that you can write";
            return vec![Finding::missing("the store", error.to_string(), remedy)];
        }
    };
    let sandbox = Sandbox::new(SandboxOptions::new(store.dir()));
    if let Err(error) = sandbox.start() {
        return vec![refused(NAMESPACES, error)];
    }
    let mut findings = vec![Finding::good(NAMESPACES, "steps live in one of their own")];
    let emulators = sandbox.emulators();
    match run_one(&store, &sandbox) {
        Ok(outcome) => {
            findings.extend([ran(&store, &outcome), network(&outcome)]);
            findings.extend(emulators.map(|found| programs(&ThisMachine, &found)));
        }
        Err(error) => findings.push(refused(STEP, error)),
    }
    findings
}

fn ran(store: &Store, outcome: &StepOutcome) -> Finding {
    if outcome.exit == Exit::Code(0) {
        let (place, time) = (store.dir().display(), outcome.elapsed.as_millis());
        return Finding::good(STEP, format!("ran on an overlay in {place}, in {time} ms"));
    }
    Finding::missing(
        STEP,
        format!("`true` of the host's tools ended with {:?}", outcome.exit),
        "the host's own tools cannot be used here; use images",
    )
}

/// Whether the step had the way out that it asked for.
fn network(outcome: &StepOutcome) -> Finding {
    match &outcome.offline {
        None => Finding::good(NETWORK, "steps can connect to public addresses"),
        Some(reason) => Finding::limited(
            NETWORK,
            format!("steps have none: {reason}"),
            "a kernel or container that allows `veth` links in a user namespace",
        ),
    }
}

/// Whether steps run for other processors.
fn programs(machine: &dyn Machine, emulators: &Emulators) -> Finding {
    const NAME: &str = "emulators";
    match emulators.runs() {
        Err(reason) => Finding::limited(NAME, reason, foreign::on_host()),
        Ok([]) => Finding {
            remedy: Some(format!("{}, should steps for others be needed", foreign::remedy(machine))),
            ..Finding::good(NAME, "none: steps run for this machine's own processor")
        },
        Ok(runs) => {
            let works = format!("steps run for {}, too", runs.join(", "));
            match emulators.broken() {
                [] => Finding::good(NAME, works),
                broken => {
                    let names: Vec<_> = broken.iter().map(|(name, _)| *name).collect();
                    let reasons: Vec<_> = broken.iter().map(|(_, reason)| reason.as_str()).collect();
                    let lacking =
                        format!("{works}, but not for {}: {}", names.join(", "), reasons.join("; "));
                    Finding::limited(NAME, lacking, foreign::on_host())
                }
            }
        }
    }
}

/// In a thread of its own: whoever asks may be inside a runtime already.
fn run_one(store: &Store, sandbox: &Sandbox) -> Result<StepOutcome, BackendError> {
    let failed = |error: &dyn std::fmt::Display| BackendError::Failed(error.to_string());
    let run = store.begin_run().map_err(|error| failed(&error))?;
    let step = StepSpec {
        name: "doctor".to_owned(),
        work: run.path().to_path_buf(),
        base: Base::Toolchain,
        root: Vec::new(),
        mounts: Vec::new(),
        argv: vec!["true".to_owned()],
        env: BTreeMap::new(),
        workdir: "/".to_owned(),
        user: None,
        network: StepNetwork::Outbound(Arc::new(Egress::default())),
        stdin: None,
        timeout: Some(std::time::Duration::from_secs(10)),
        limits: pipe_ops::Limits::default(),
        platform: pipe_engine::machine_platform(),
        shell: None,
        services: Vec::new(),
        certificates: None,
        secrets: StepSecrets::default(),
        privileged: false,
        keeps_when_killed: false,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(&error))?;
    let ran = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                runtime.block_on(async {
                    let ran = sandbox.run(step, &Nothing, &CancellationToken::new()).await;
                    sandbox.shutdown().await;
                    ran
                })
            })
            .join()
    });
    ran.unwrap_or_else(|_| Err(failed(&"the attempt failed")))
}

fn refused(name: &'static str, error: BackendError) -> Finding {
    match error {
        BackendError::Unsupported { what, help } => Finding::missing(name, what, help),
        other => Finding::missing(name, other.to_string(), "see the message; or run elsewhere"),
    }
}
