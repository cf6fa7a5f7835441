//! Images that leave the store: assembled, put into an index, saved in a file. Each is made once for each content.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipe_ops::{Arg, Assembly, Datum, Digest, ImageDigests, Op, Output, Preimage, StepKey};
use pipe_registry::{ConfigChanges, ImageSpec};
use pipe_store::Stored;

use super::inspect::whole;
use super::{Inputs, OpContext};
use crate::Value;
use crate::failure::Cause;
use crate::session::{cause, on_thread};

/// Which image an edge stands for.
pub(super) fn digests(inputs: &Inputs, image: Output) -> Result<ImageDigests, Cause> {
    let found = ImageDigests::from_datum(inputs.value_of(image)?);
    found.ok_or_else(|| Cause::machine("a value that is no image stands where an image is needed"))
}

/// What was made before.
pub(crate) fn cached(context: &OpContext, op: &Op, inputs: &Inputs) -> Result<Option<Value>, Cause> {
    let images = context.images.images();
    match op {
        Op::Assemble(assembly) => {
            let key = key(&spec(context, assembly, inputs)?);
            Ok(images.assembled(key).map_err(cause)?.map(value))
        }
        Op::Index { images: of } => {
            let key = index_key(&all(inputs, of)?);
            Ok(images.assembled(key).map_err(cause)?.map(value))
        }
        Op::Tarball { image } => {
            let found = context.engine.store.lookup_op(tarball_key(context, digests(inputs, *image)?))?;
            Ok(found.and_then(|stored| match stored {
                Stored::File(file) => Some(Value::File(file)),
                Stored::Tree(_) => None,
            }))
        }
        _ => Err(super::not_ours(op)),
    }
}

/// Makes it. It may take long, so it stops when nobody waits any more.
pub(super) async fn make(context: Arc<OpContext>, op: Op, inputs: Inputs) -> Result<Value, Cause> {
    let made = on_thread(move |cancel| {
        let images = context.images.images();
        match &op {
            Op::Assemble(assembly) => {
                let spec = spec(&context, assembly, &inputs)?;
                images.assemble(&spec, key(&spec)).map(value).map_err(cause)
            }
            Op::Index { images: of } => {
                let of = all(&inputs, of)?;
                images.index(&of, index_key(&of)).map(value).map_err(cause)
            }
            Op::Tarball { image } => {
                let digests = digests(&inputs, *image)?;
                let time = context.engine.options.source_date;
                let file = images.tarball(digests.manifest, time, cancel).map_err(cause)?;
                let key = tarball_key(&context, digests);
                context.engine.store.record_op(key, &Stored::File(file.clone()))?;
                Ok(Value::File(file))
            }
            _ => Err(super::not_ours(&op)),
        }
    });
    made.await?
}

fn value(digests: ImageDigests) -> Value {
    Value::Datum(digests.to_datum())
}

fn all(inputs: &Inputs, images: &[Output]) -> Result<Vec<ImageDigests>, Cause> {
    images.iter().map(|image| digests(inputs, *image)).collect()
}

fn spec(context: &OpContext, assembly: &Assembly, inputs: &Inputs) -> Result<ImageSpec, Cause> {
    let root = inputs.tree(assembly.root)?;
    if !root.is_whole() {
        let message = "a container that stands on the host's own tools cannot be made into an image";
        return Err(Cause::pipeline(message)
            .help("copy what is needed of it into `scratch()` or an image, and make that into one"));
    }
    let base = match &assembly.base {
        None => None,
        Some(base) => {
            let tree = whole(inputs, base.root, "made into an image")?;
            Some(((*tree.tree).clone(), digests(inputs, base.digests)?))
        }
    };
    Ok(ImageSpec {
        root: (*root.tree).clone(),
        base,
        platform: assembly.platform.clone(),
        whole: assembly.whole,
        changes: ConfigChanges {
            env: texts(inputs, &assembly.env)?,
            unset_env: assembly.unset_env.clone(),
            workdir: assembly.workdir.as_ref().map(|path| text(inputs, path)).transpose()?,
            user: assembly.user.clone(),
            entrypoint: list(inputs, assembly.entrypoint.as_ref())?,
            command: list(inputs, assembly.command.as_ref())?,
            labels: texts(inputs, &assembly.labels)?,
            ports: assembly.ports.clone(),
            shell: assembly.shell.clone(),
        },
        annotations: texts(inputs, &assembly.annotations)?,
        time: context.engine.options.source_date,
    })
}

fn text(inputs: &Inputs, arg: &Arg) -> Result<String, Cause> {
    inputs.text(arg).map(str::to_owned)
}

fn texts(inputs: &Inputs, args: &BTreeMap<String, Arg>) -> Result<BTreeMap<String, String>, Cause> {
    args.iter().map(|(name, arg)| Ok((name.clone(), text(inputs, arg)?))).collect()
}

fn list(inputs: &Inputs, arg: Option<&Arg>) -> Result<Option<Vec<String>>, Cause> {
    let Some(arg) = arg else { return Ok(None) };
    let wrong = || Cause::machine("a value that is no list of texts stands where one is needed");
    let Datum::List(items) = inputs.datum(arg)? else { return Err(wrong()) };
    let items = items.iter().map(|item| item.as_text().map(str::to_owned).ok_or_else(wrong));
    items.collect::<Result<_, _>>().map(Some)
}

/// Everything that an image depends on.
fn key(spec: &ImageSpec) -> Digest {
    let ImageSpec { root, base, platform, whole, changes, annotations, time } = spec;
    let preimage = Preimage::new("image").digest("root", root.digest.0);
    let preimage = match base {
        None => preimage.text("platform", platform),
        Some((tree, digests)) => {
            let of = preimage.digest("base", tree.digest.0).digest("manifest", digests.manifest.0);
            if *whole { of.digest("whole", digests.whole.0) } else { of }
        }
    };
    let lists =
        [("entrypoint", &changes.entrypoint), ("command", &changes.command), ("shell", &changes.shell)];
    let preimage = lists.into_iter().fold(preimage, |preimage, (name, list)| match list {
        None => preimage,
        Some(list) => listed(preimage.text(name, list.len().to_string()), name, list),
    });
    let preimage = listed(preimage, "unset env", &changes.unset_env);
    let preimage = listed(preimage, "port", &changes.ports);
    let maps = [("env", &changes.env), ("label", &changes.labels), ("annotation", annotations)];
    let preimage = maps.into_iter().fold(preimage, |preimage, (name, map)| {
        map.iter().fold(preimage, |preimage, (key, value)| preimage.text(format!("{name} {key}"), value))
    });
    let fields = [("workdir", &changes.workdir), ("user", &changes.user)];
    let preimage = fields.into_iter().fold(preimage, |preimage, (name, value)| match value {
        None => preimage,
        Some(value) => preimage.text(name, value),
    });
    preimage.text("time", time.to_string()).key().0
}

fn listed(preimage: Preimage, name: &str, list: &[String]) -> Preimage {
    (0..).zip(list).fold(preimage, |preimage, (index, text)| preimage.text(format!("{name}[{index}]"), text))
}

fn index_key(images: &[ImageDigests]) -> Digest {
    let preimage = Preimage::new("index");
    let images = images.iter().fold(preimage, |preimage, image| preimage.digest("image", image.manifest.0));
    images.key().0
}

fn tarball_key(context: &OpContext, digests: ImageDigests) -> StepKey {
    let preimage = Preimage::new("tarball").digest("image", digests.manifest.0);
    preimage.text("time", context.engine.options.source_date.to_string()).key()
}
