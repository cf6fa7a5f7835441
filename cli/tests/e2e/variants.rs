//! Programs written in another way, machine made: each is as good as the one it came from.

use crate::harness::{World, repository};
use crate::values::diagnostics;
use crate::variant::{Freedom, Variant, variant};

/// Programs that stand alone, with the targets that need nothing, by their names there.
const PROGRAMS: [(&str, &[&str]); 10] = [
    ("first_module", &[]),
    ("go_service", &["ci", "build"]),
    ("hello", &["build", "unit", "app", "greet"]),
    ("integration", &["integration"]),
    ("matrix", &["dist"]),
    ("monorepo", &[]),
    ("multiarch", &["binaries"]),
    ("promote", &[]),
    ("rollout", &[]),
    ("scan", &["trivy"]),
];

#[test]
fn thirty_variants_of_programs_check_format_list_and_plan() {
    for (name, targets) in PROGRAMS {
        let file = repository().join("lang/syntax/tests/programs").join(format!("{name}.pipe"));
        let text = std::fs::read_to_string(file).unwrap();
        for seed in 0..3 {
            let Variant { text, names } =
                variant(&text, Freedom { public_names: true, values: seed > 0 }, seed);
            let world = World::module(&text);
            for folder in ["src", "services/api"] {
                std::fs::create_dir_all(world.package().join(folder)).unwrap();
            }
            let found = diagnostics(&world.run(["check", "--format", "json"]).success());
            assert!(found.is_empty(), "{name} {seed}: {found:#?}\n{text}");
            // The one style is reached in one step, and means the same.
            world.run(["fmt"]).success();
            world.run(["fmt", "--check"]).success();
            world.run(["check", "--deny", "warnings"]).success();
            world.run(["list"]).success();
            for target in targets {
                world.run(["plan", &names[*target]]).success();
            }
        }
    }
}
