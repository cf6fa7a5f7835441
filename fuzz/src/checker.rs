//! Names and types.

use crate::demands::sound;
use crate::project::{Project, with_project};

/// What is found can be shown, and a checker that has read another text before finds the same as one that has not.
pub fn run(text: &str) {
    with_project(|project| {
        let found = project.check(text);
        sound(&found, &project.sources());
        let mut fresh = Project::new();
        assert_eq!(found, fresh.check(text), "after another text");
    });
}
