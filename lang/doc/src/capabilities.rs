//! What an item takes from outside or does there, from the functions of the standard library that it comes to.

use std::collections::BTreeSet;

use pipe_analysis::typed::Global;

/// Functions, by module and name, and what using one means.
const MEANINGS: &[(&str, &[&str], &str)] = &[
    ("workspace", &["dir", "file"], "reads files of the package"),
    ("workspace", &["git"], "reads the git repository"),
    ("host", &["env"], "reads environment variables"),
    ("host", &["secret"], "reads secrets"),
    ("host", &["toolchain"], "uses the machine's own tools"),
    ("host", &["platform"], "depends on the machine's platform"),
    ("host", &["ci"], "depends on the CI system's run"),
    ("host", &["now"], "depends on the time"),
    ("secret", &["random"], "makes secrets"),
    ("prelude", &["image"], "pulls images"),
    ("prelude", &["git", "http"], "fetches from the network"),
    (
        "prelude",
        &["Container.run", "Container.check", "Container.perform", "Container.service"],
        "runs commands",
    ),
    ("prelude", &["Container.secret_env", "Container.secret_file"], "hands secrets to commands"),
    ("prelude", &["Container.registry_auth"], "hands credentials to commands"),
    ("prelude", &["Container.ssh_agent"], "uses the caller's SSH agent"),
    ("prelude", &["Container.cache"], "keeps cache volumes"),
];

/// What it means to come to these functions.
pub(crate) fn of(reached: &BTreeSet<Global>) -> Vec<&'static str> {
    let uses = |module: &str, names: &[&str]| {
        reached.iter().any(|global| {
            global.module.0.strip_prefix("std/") == Some(module) && names.contains(&&*global.name)
        })
    };
    MEANINGS.iter().filter(|(module, names, _)| uses(module, names)).map(|(_, _, meaning)| *meaning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipe_analysis::{Analysis, MemorySystem};

    #[test]
    fn the_functions_exist() {
        let analysis = Analysis::new(std::sync::Arc::new(MemorySystem::new()));
        let docs = crate::standard_library(&analysis.snapshot());
        for (module, names, _) in MEANINGS {
            for name in *names {
                assert!(
                    docs.items().any(|(m, item)| m.name == *module && item.name == *name),
                    "{module} {name}"
                );
            }
        }
    }
}
