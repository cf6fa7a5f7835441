//! Fields of an image's configuration, which is the value of [`crate::ImageConfig::to_datum`].

use super::args::{Args, optional};
use super::{PureError, PureFn};
use crate::Datum;
use crate::image_config::entry;

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("image.user", |a| field(a, "user")),
    ("image.workdir", |a| field(a, "workdir")),
    ("image.entrypoint", |a| field(a, "entrypoint")),
    ("image.command", |a| field(a, "command")),
    ("image.shell", |a| field(a, "shell")),
    ("image.env_of", |a| {
        let variables = field(a, "env")?;
        Ok(optional(entry(&variables, a.text(1)?).cloned()))
    }),
];

fn field(args: &Args<'_>, name: &str) -> Result<Datum, PureError> {
    let found = entry(args.get(0)?, name).cloned();
    found.ok_or_else(|| args.wrong(0, "an image's configuration"))
}
