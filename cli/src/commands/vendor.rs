//! `pipe vendor`.

use std::path::Path;

use crate::args::{FetchLimits, VendorArgs};
use crate::environment::Environment;
use crate::exit::CliError;
use crate::packages::{Place, Renew, Rules, resolve, vendor};
use crate::progress::Style;
use crate::{lock, report};

/// Puts all packages by git into the package.
///
/// # Errors
/// When one cannot be had, or something stands in the way.
pub(crate) fn run(
    args: &VendorArgs,
    directory: Option<&Path>,
    environment: &Environment,
    style: Style,
) -> Result<(), CliError> {
    let place = Place::find(environment, directory)?;
    let VendorArgs { accept, limits: FetchLimits { locked, offline } } = *args;
    let resolved = resolve(&place, &Rules { renew: Renew::Nothing, locked, offline, accept, style })?;
    lock::write_packages(&place.root.dir, &resolved.before, &resolved.lock)?;
    vendor(environment, &place.root.dir, &resolved.lock)?;
    let what = match resolved.lock.iter().count() {
        0 => "no dependency comes by git: there is nothing in vendor/\n".to_owned(),
        1 => "1 package is in vendor/ and is read there from now on\n".to_owned(),
        count => format!("{count} packages are in vendor/ and are read there from now on\n"),
    };
    report::notice(&what, style);
    Ok(())
}
