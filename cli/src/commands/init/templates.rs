//! The templates of `pipe init`: files of `cli/templates`, in the program.

use crate::args::Template;

type Files = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($folder:literal: $($file:literal),* $(,)?) => {
        &[$(($file, include_str!(concat!("../../../templates/", $folder, "/", $file)))),*]
    };
}

const C: Files = files!("c": "main.pipe", "src/hello.c");
const GO: Files = files!("go": "main.pipe", "go.mod", "main.go", "main_test.go");
const RUST: Files = files!("rust": "main.pipe", "Cargo.toml", "src/main.rs");
const NODE: Files =
    files!("node": "main.pipe", "package.json", "greeting.js", "hello.js", "greeting.test.js");
const PYTHON: Files = files!("python": "main.pipe", "hello.py", "test_hello.py");

/// The files of a template, by their paths in the package.
pub(super) fn files(template: Template) -> Files {
    match template {
        Template::C => C,
        Template::Go => GO,
        Template::Rust => RUST,
        Template::Node => NODE,
        Template::Python => PYTHON,
    }
}

/// What a newcomer would run first.
pub(super) fn first_target(template: Template) -> &'static str {
    match template {
        Template::C => "build -o ./hello",
        Template::Go | Template::Rust => "build",
        Template::Node | Template::Python => "greet",
    }
}
