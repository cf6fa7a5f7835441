//! Doing single ops: what each kind needs, and what it gives.

pub(crate) mod assemble;
mod build;
pub(crate) mod effect;
pub(crate) mod exec;
mod git;
mod host;
pub(crate) mod image;
mod inputs;
mod inspect;
mod pack;
mod push;
pub(crate) mod source;
mod tree;
mod unpack;
mod value;

use std::sync::Arc;

use pipe_ops::{Datum, Digest, Graph, Inspection, Op, Output};

pub(crate) use inputs::Inputs;

use crate::failure::Cause;
use crate::reach::{Needed, Reach};
use crate::results::NodeResult;
use crate::secrets::SessionSecrets;
use crate::session::{HostSnapshot, SessionImages, SessionSources};
use crate::{Engine, EngineError, HeldSecret, Value};

/// What every op may need.
pub(crate) struct OpContext {
    pub(crate) engine: Engine,
    pub(crate) host: HostSnapshot,
    pub(crate) images: SessionImages,
    pub(crate) sources: SessionSources,
    pub(crate) secrets: SessionSecrets,
}

impl OpContext {
    pub(crate) fn new(engine: Engine, host: HostSnapshot) -> OpContext {
        OpContext {
            images: SessionImages::new(&engine),
            sources: SessionSources::new(&engine),
            secrets: SessionSecrets::default(),
            engine,
            host,
        }
    }

    /// Refuses what cannot be had, before anything of it runs: what was not granted, operations that are not
    /// there, images that have no pin where only pins are taken.
    pub(crate) fn check(&self, graph: &Graph, outputs: &[Output]) -> Result<(), EngineError> {
        self.check_granted(graph, outputs)?;
        let reach = Reach::of(graph, outputs)?;
        reach.check_supported(0)?;
        self.check_pinned(reach.nodes())
    }

    /// With `--locked`, refuses what has no pin before anything runs. What only running names is refused when it is known.
    pub(crate) fn check_pinned(&self, nodes: &[Needed]) -> Result<(), EngineError> {
        if !self.engine.options.images.locked {
            return Ok(());
        }
        let mut unpinned = self.images.unpinned(nodes);
        unpinned.extend(self.sources.unpinned(nodes));
        if unpinned.is_empty() { Ok(()) } else { Err(EngineError::Unpinned(unpinned)) }
    }

    /// Refuses what was not granted.
    pub(crate) fn check_granted(&self, graph: &Graph, outputs: &[Output]) -> Result<(), EngineError> {
        let missing = self.host.access.missing(graph, outputs);
        if missing.is_empty() { Ok(()) } else { Err(EngineError::Refused(missing)) }
    }
}

/// Does an op of the engine's own when that costs no more than a look into the store; `None` when it is to be done by
/// [`perform`], away from whoever schedules.
pub(crate) fn at_once(context: &OpContext, op: &Op, inputs: &Inputs) -> Option<Result<Value, Cause>> {
    match op {
        Op::Empty => Some(Ok(tree::empty(context))),
        Op::Subdir { tree, path } => Some(tree::subdir(context, inputs, *tree, path)),
        Op::Subfile { tree, path } => Some(tree::subfile(context, inputs, *tree, path)),
        Op::Copy(_) | Op::Write { .. } | Op::Remove { .. } => tree::cached(context, op, inputs).transpose(),
        Op::BuildContext { .. } | Op::Gather(_) => build::cached(context, op, inputs).transpose(),
        Op::Repo { .. } | Op::Git { .. } | Op::Inspect { what: Inspection::Glob(_), .. } => None,
        Op::Inspect { of, what } => Some(inspect::inspect(context, inputs, *of, what)),
        Op::Difference { .. } | Op::Pack { .. } => pack::cached(context, op, inputs).transpose(),
        Op::Assemble(_) | Op::Index { .. } | Op::Tarball { .. } => {
            assemble::cached(context, op, inputs).transpose()
        }
        Op::Apply { function, args } => Some(value::apply(inputs, function, args)),
        Op::Unpack { file, root } => unpack::cached(context, inputs, *file, *root).transpose(),
        Op::Contents { file } => value::small_contents(context, inputs, *file).transpose(),
        Op::Toolchain
        | Op::HostDir(_)
        | Op::HostFile { .. }
        | Op::Image { .. }
        | Op::Archive { .. }
        | Op::Http { .. }
        | Op::Checkout { .. }
        | Op::HostSecret { .. }
        | Op::RandomSecret { .. } => None,
        Op::FakeSecret { name } => Some(Err(Cause::pipeline(format!(
            "the secret `{name}` is one of `fake.secret`, which has no value: nothing can run with it"
        ))
        .help("look at the plan in this test, or give it `secret.random()`"))),
        Op::HostEnv { name } => Some(Err(Cause::usage(format!("the variable `{name}` was not granted")))),
        Op::Lane { .. } | Op::Together { .. } => Some(Ok(Value::Datum(Datum::Unit))),
        Op::After { of, .. } => Some(inputs.get(*of).cloned()),
        Op::Exec(_)
        | Op::Service(_)
        | Op::Breakpoint(_)
        | Op::Guard { .. }
        | Op::Effect(_)
        | Op::Settled { .. }
        | Op::Declared { .. } => Some(Err(not_ours(op))),
    }
}

/// Does an op of the engine's own, whatever it costs.
pub(crate) async fn perform(context: Arc<OpContext>, op: Op, inputs: Inputs) -> Result<NodeResult, Cause> {
    match op {
        Op::Toolchain => return context.host.toolchain(&context.engine).await.map(NodeResult::Value),
        Op::Image { reference, platform, fresh } => {
            return image::fetch(context, reference, platform, fresh, inputs).await;
        }
        Op::Http { .. } | Op::Checkout { .. } => {
            return source::fetch(context, &op, &inputs).await.map(NodeResult::Value);
        }
        Op::Assemble(_) | Op::Index { .. } | Op::Tarball { .. } => {
            return assemble::make(context, op, inputs).await.map(NodeResult::Value);
        }
        Op::HostSecret { source } => {
            let op = Op::HostSecret { source: source.clone() };
            let secret = context.secrets.of_host(&context, &op, &source).await?;
            return Ok(NodeResult::Value(Value::Secret(HeldSecret::read(secret))));
        }
        Op::RandomSecret { place } => {
            let secret = context.secrets.random(&context.engine, &place).await?;
            return Ok(NodeResult::Value(Value::Secret(HeldSecret::read(secret))));
        }
        Op::Archive { file, platform } => return image::archived(context, file, platform, inputs).await,
        Op::Unpack { file, root } => {
            return unpack::make(context, inputs, file, root).await.map(NodeResult::Value);
        }
        _ => {}
    }
    let value = blocking(move || match &op {
        Op::HostDir(dir) => host::folder(&context, dir),
        Op::HostFile { path } => host::file(&context, path),
        Op::Copy(_) | Op::Write { .. } | Op::Remove { .. } => tree::change(&context, &op, &inputs),
        Op::BuildContext { .. } | Op::Gather(_) => build::make(&context, &op, &inputs),
        Op::Contents { file } => value::contents(&context, &inputs, *file),
        Op::Repo { .. } => git::repo(&context),
        Op::Git { repo, query } => git::query(&context, &inputs, *repo, query),
        Op::Inspect { of, what } => inspect::inspect(&context, &inputs, *of, what),
        Op::Difference { .. } | Op::Pack { .. } => pack::make(&context, &op, &inputs),
        _ => at_once(&context, &op, &inputs).unwrap_or_else(|| Err(not_ours(&op))),
    });
    value.await.map(NodeResult::Value)
}

/// Runs what blocks on a thread that may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Cause> + Send + 'static,
) -> Result<T, Cause> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Cause::machine(format!("the engine failed: {error}; please report this"))),
    }
}

/// The digest of a tree or file, with what else names its content.
fn content(value: &Value) -> Result<Digest, Cause> {
    match value {
        Value::Tree(tree) => Ok(tree.tree.digest.0),
        Value::File(file) => Ok(file.digest.0),
        Value::Datum(_) | Value::Service(_) | Value::Secret(_) => {
            Err(Cause::machine(format!("{} stands where a folder or a file is needed", value.kind())))
        }
    }
}

fn not_ours(op: &Op) -> Cause {
    Cause::machine(format!("`{}` is not done by the engine itself", crate::describe::operation(op)))
}
