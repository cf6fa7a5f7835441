//! `pipe.toml`, `pipe.lock`, names of images.

use std::path::Path;
use std::sync::Arc;

use pipe_analysis::{Analysis, MemorySystem, PackageRoot};
use pipe_diagnostics::Sources;
use pipe_registry::{Pins, Reference};

use crate::demands::sound;

/// What is wrong can be shown; pins that were read are read again when they were written.
pub fn run(text: &str) {
    let system = MemorySystem::new().with("main.pipe", "pub fn f() -> Int { 1 }").with("pipe.toml", text);
    let system = Arc::new(system);
    if let Some(root) = PackageRoot::discover(&*system, Path::new("/")) {
        let mut analysis = Analysis::new(system);
        let found = analysis.check(&root, &[]);
        let mut sources = Sources::default();
        for (file, text) in analysis.sources() {
            sources.insert(file, text);
        }
        sound(&found, &sources);
    }
    if let Ok(pins) = Pins::parse(text) {
        let again = Pins::parse(&pins.write_into(text)).expect("what was written can be read");
        assert!(pins.iter().eq(again.iter()), "the same pins");
    }
    if let Ok(reference) = Reference::parse(text.trim()) {
        Reference::parse(&reference.to_string()).expect("what is shown can be read");
    }
}
