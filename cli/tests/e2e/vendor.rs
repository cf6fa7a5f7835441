//! Packages that lie in the project, under `vendor/`.

use crate::git::git;
use crate::packages::{commit, forget, manifest, packages, repositories, repository, world};

#[test]
fn vendored_packages_are_read_where_they_are() {
    let world = world();
    world.run(["vendor"]).success().says("1 package is in vendor/");
    forget(&world);
    std::fs::remove_dir_all(repositories(&world)).unwrap();
    assert_eq!(world.prints(["run", "count"]), "1\n");
    world.run(["check"]).success();
    assert!(packages(&world).is_empty());
    let module = world.read("vendor/web/main.pipe");
    world.write("vendor/web/main.pipe", "pub fn count() -> Int { 666 }\n");
    world.run(["run", "count"]).exits(2).says("package-changed").says("`pipe vendor`");
    world.write("vendor/web/main.pipe", &module);
    world.write("vendor/web/more.pipe", "");
    world.run(["run", "count"]).exits(2).says("package-changed");
    std::fs::remove_dir_all(world.package().join("vendor/web")).unwrap();
    world.run(["run", "count"]).exits(2).says("package-not-fetched").says("`pipe vendor` puts it there");
}

#[test]
fn vendor_touches_only_its_own() {
    let world = world();
    world.write("vendor/web/mine", "x");
    world.run(["vendor"]).exits(2).says("is not one of pipe's");
    std::fs::rename(world.package().join("vendor/web"), world.package().join("vendor/other")).unwrap();
    world.run(["vendor"]).success();
    commit(&world, "web", &[("main.pipe", "pub fn count() -> Int { 2 }\n")]);
    git(&world, &repository(&world, "web"), &["tag", "v2"]);
    world.write("pipe.toml", &manifest("tag = \"v2\""));
    world.run(["run", "count"]).exits(2).says("package-not-locked");
    world.run(["update"]).success();
    assert_eq!(world.prints(["run", "count"]), "2\n");
    assert!(world.read("vendor/web/main.pipe").contains('2'));
    world.write("pipe.toml", "[package]\nname = \"test\"\n");
    world.write("main.pipe", "pub fn count() -> Int { 3 }\n");
    world.run(["vendor"]).success();
    assert!(!world.package().join("vendor/web").exists() && !world.package().join("pipe.lock").exists());
    assert_eq!(world.read("vendor/other/mine"), "x");
}
