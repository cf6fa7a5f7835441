//! What the lints say about a package as a whole.

use pipe_diagnostics::{Diagnostic, Severity};

use super::item::{ItemLints, Volume, item_lints};
use super::{image, reach};
use crate::checks::module_findings;
use crate::db::{Db, Role, SourceModule, items};
use crate::package::Loaded;
use crate::place::Finding;

/// What the lints say about the modules of the package itself.
pub(crate) fn package_lints(db: &dyn Db, loaded: &Loaded) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut volumes: Vec<&Volume> = Vec::new();
    let wrong = loaded.own.iter().any(|module| has_errors(db, *module));
    for &module in loaded.own.iter().filter(|module| module.role(db) != Role::Std) {
        let lints = module_lints(db, module);
        found.extend(lints.findings.iter().cloned());
        if let Some(pins) = &loaded.pins {
            found.extend(lints.images.iter().filter_map(|(name, place)| image::unpinned(name, place, pins)));
        }
        volumes.extend(&lints.volumes);
        if !wrong {
            found.extend(reach::unused_functions(db, module).iter().cloned());
        }
    }
    found.extend(shared(&volumes));
    if !wrong {
        found.extend(reach::unreachable(db).iter().cloned());
    }
    found
}

/// What the lints say about the items of a module, one after the other. Together, so that after an edit of one module nothing is asked
/// about the items of the others.
#[salsa::tracked]
fn module_lints(db: &dyn Db, module: SourceModule) -> ItemLints {
    let mut all = ItemLints::default();
    for &node in &items(db, module).nodes {
        let ItemLints { findings, images, volumes } = item_lints(db, node);
        all.findings.extend(findings.iter().cloned());
        all.images.extend(images.iter().cloned());
        all.volumes.extend(volumes.iter().cloned());
    }
    all
}

/// What is wrong in a module may be what would reach something.
fn has_errors(db: &dyn Db, module: SourceModule) -> bool {
    module_findings(db, module).iter().any(|finding| finding.severity == Severity::Error)
}

/// One volume in containers of two constant platforms.
fn shared(volumes: &[&Volume]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, volume) in volumes.iter().enumerate() {
        let other = |earlier: &&&Volume| earlier.name == volume.name && earlier.platform != volume.platform;
        let Some(other) = volumes.iter().take(at).find(other) else { continue };
        let Volume { name, platform, place } = volume;
        let message = format!("the volume `{name}` is shared by {} and {platform}", other.platform);
        let warning = Diagnostic::warning("shared-volume", message, place.clone())
            .label(other.place.clone(), format!("here it is used on {}", other.platform));
        found.push(
            warning
                .help("one platform's tools would find what another's left: put the platform into the name"),
        );
    }
    found
}
