//! Laws of the parser that need to see its tokens.
#![allow(clippy::unwrap_used)]

mod deletion;
mod known;
mod limits;
mod spans;

/// The whole programs of the tests, by name.
pub(crate) const PROGRAMS: &[(&str, &str)] = &[
    ("tour", include_str!("../../tests/programs/tour.pipe")),
    ("hello", include_str!("../../tests/programs/hello.pipe")),
    ("go_service", include_str!("../../tests/programs/go_service.pipe")),
    ("go_ci", include_str!("../../tests/programs/go_ci.pipe")),
    ("consumer", include_str!("../../tests/programs/consumer.pipe")),
    ("first_module", include_str!("../../tests/programs/first_module.pipe")),
    ("integration", include_str!("../../tests/programs/integration.pipe")),
    ("matrix", include_str!("../../tests/programs/matrix.pipe")),
    ("monorepo", include_str!("../../tests/programs/monorepo.pipe")),
    ("multiarch", include_str!("../../tests/programs/multiarch.pipe")),
    ("promote", include_str!("../../tests/programs/promote.pipe")),
    ("rollout", include_str!("../../tests/programs/rollout.pipe")),
    ("scan", include_str!("../../tests/programs/scan.pipe")),
    ("node_app", include_str!("../../tests/programs/node_app.pipe")),
    ("rust_workspace", include_str!("../../tests/programs/rust_workspace.pipe")),
    ("terraform", include_str!("../../tests/programs/terraform.pipe")),
    ("python_data", include_str!("../../tests/programs/python_data.pipe")),
    ("kubernetes", include_str!("../../tests/programs/kubernetes.pipe")),
    ("compose", include_str!("../../tests/programs/compose.pipe")),
    ("release_train", include_str!("../../tests/programs/release_train.pipe")),
    ("embedded", include_str!("../../tests/programs/embedded.pipe")),
];
