//! Images: out of registries, and out of files.

use std::sync::Arc;

use pipe_ops::{Arg, ImageDigests, Op, Output};
use pipe_registry::{Fetched, Reference};

use super::{Inputs, OpContext};
use crate::failure::Cause;
use crate::results::NodeResult;
use crate::session::{Standing, Wanted, cause};
use crate::{TreeValue, Value};

/// What a plan finds of what comes from elsewhere.
pub(crate) enum Found {
    Known(NodeResult),
    /// It will be fetched.
    Elsewhere,
    /// Somebody has to be asked which one it is: what it is called.
    Unresolved(String),
}

fn wanted(inputs: &Inputs, reference: &Arg, platform: &str, fresh: Option<i64>) -> Result<Wanted, Cause> {
    let reference = Reference::parse(inputs.text(reference)?);
    let reference = reference.map_err(|error| Cause::pipeline(error.to_string()))?;
    Ok(Wanted { reference, platform: platform.to_owned(), fresh })
}

/// What is known of an image without asking anybody; `None` when the op is none of a registry.
pub(crate) fn find(context: &OpContext, op: &Op, inputs: &Inputs) -> Option<Result<Found, Cause>> {
    let Op::Image { reference, platform, fresh } = op else { return None };
    let find = || {
        let wanted = wanted(inputs, reference, platform, *fresh)?;
        Ok(match context.images.standing(&wanted).map_err(cause)? {
            Standing::Here(fetched) => Found::Known(result(*fetched)),
            Standing::Elsewhere => Found::Elsewhere,
            Standing::Unresolved => Found::Unresolved(format!("the tag {}", wanted.reference)),
        })
    };
    Some(find())
}

/// An image, fetched if it has to be.
pub(super) async fn fetch(
    context: Arc<OpContext>,
    reference: Arg,
    platform: String,
    fresh: Option<i64>,
    inputs: Inputs,
) -> Result<NodeResult, Cause> {
    let wanted = wanted(&inputs, &reference, &platform, fresh)?;
    context.images.get(wanted).await.map(result)
}

/// The image in a file.
pub(super) async fn archived(
    context: Arc<OpContext>,
    file: Output,
    platform: String,
    inputs: Inputs,
) -> Result<NodeResult, Cause> {
    let image = context.images.archived(inputs.file(file)?.clone(), platform).await?;
    Ok(result(Fetched { digest: image.manifest, image }))
}

fn result(Fetched { image, digest }: Fetched) -> NodeResult {
    let digests = ImageDigests { whole: digest, manifest: image.manifest };
    NodeResult::Image {
        root: TreeValue::whole(image.root),
        config: Value::Datum(image.config.to_datum()),
        digests: Value::Datum(digests.to_datum()),
    }
}
