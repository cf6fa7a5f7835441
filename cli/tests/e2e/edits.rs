//! A change of a file is never missed.

use std::fs::{File, FileTimes};

use crate::harness::World;

const ROUNDS: u32 = 200;

#[test]
fn two_hundred_overwrites_of_the_same_size_and_time() {
    let world = World::module(
        "param src: Dir = workspace.dir(\"src\")\npub fn text() -> String { src.file(\"f\").contents }\n",
    );
    let path = world.package().join("src/f");
    for round in 0..ROUNDS {
        world.write("src/f", &format!("a{round:06}"));
        let modified = path.metadata().unwrap().modified().unwrap();
        assert_eq!(world.prints(["run", "text"]), format!("a{round:06}"));

        world.write("src/f", &format!("b{round:06}"));
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_times(FileTimes::new().set_modified(modified))
            .unwrap();
        assert_eq!(world.prints(["run", "text"]), format!("b{round:06}"), "round {round}");
    }
}

#[test]
fn a_step_sees_the_new_content() {
    let world = World::tools(
        "param src: Dir = workspace.dir(\"src\")\n\
         pub fn text() -> String { tools.mount(\"/src\", src).run([\"cat\", \"/src/f\"]).stdout }\n",
    );
    for text in ["one", "two", "one"] {
        world.write("src/f", text);
        assert_eq!(world.prints(["run", "text"]), text);
    }
    // The third time its result was there.
    assert_eq!(world.events(["run", "text"]).success().steps("ran"), [""; 0]);
}

#[test]
fn modes_links_and_names_count() {
    let world = World::tools(
        "param src: Dir = workspace.dir(\"src\")\n\
         pub fn listing() -> String {\n  tools.mount(\"/src\", src).workdir(\"/src\").run(sh\"find . -printf '%p %m %l\\n' | sort\").stdout\n}\n",
    );
    world.write("src/f", "x");
    let first = world.prints(["run", "listing"]);
    let path = world.package().join("src/f");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let executable = world.prints(["run", "listing"]);
    assert_ne!(first, executable);
    std::os::unix::fs::symlink("f", world.package().join("src/link")).unwrap();
    assert!(world.prints(["run", "listing"]).contains("./link 777 f\n"));
}

#[test]
fn the_clock_of_a_file_does_not_count() {
    let world = World::tools(
        "param src: Dir = workspace.dir(\"src\")\n\
         pub fn text() -> String { tools.mount(\"/src\", src).run([\"cat\", \"/src/f\"]).stdout }\n",
    );
    world.write("src/f", "same");
    world.run(["run", "text"]).success();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    let file = File::options().write(true).open(world.package().join("src/f")).unwrap();
    file.set_times(FileTimes::new().set_modified(later)).unwrap();
    assert_eq!(world.events(["run", "text"]).success().steps("ran"), [""; 0]);
}
