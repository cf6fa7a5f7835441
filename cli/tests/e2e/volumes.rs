//! Cache volumes and folders in memory.

use std::fs::{File, FileTimes};
use std::time::{Duration, SystemTime};

use crate::harness::World;

/// `make` keeps its objects in a volume. `FLAGS` makes a step another one without touching a source.
const MAKE: &str = r#"
param src: Dir = workspace.dir("src")

fn built(container: Container, flags: String) -> Container {
  container.workdir("/src").cache("/obj", "objects").env("CFLAGS", flags).run(sh"""
    make -s
    /obj/app > /out
    """)
}

pub fn app(flags: String = "-O0") -> String { built(tools.mount("/src", src), flags).run(["cat", "/out"]).stdout }

pub fn written(flags: String = "-O0") -> String {
  let source = tools.mount("/in", src).run(sh"mkdir /src; cp /in/* /src/")
  built(source, flags).run(["cat", "/out"]).stdout
}
"#;

const MAKEFILE: &str =
    "/obj/app: /obj/main.o\n\tcc -o $@ $^\n/obj/main.o: main.c\n\tcc $(CFLAGS) -c -o $@ main.c\n";

fn source(text: &str) -> String {
    format!("#include <stdio.h>\nint main(void) {{ puts(\"{text}\"); return 0; }}\n")
}

fn world() -> World {
    let world = World::tools(MAKE);
    world.write("src/Makefile", MAKEFILE);
    world.write("src/main.c", &source("first"));
    world
}

fn set_back(world: &World, name: &str) {
    let file = File::options().write(true).open(world.package().join(name)).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(1_000_000);
    file.set_times(FileTimes::new().set_modified(long_ago)).unwrap();
}

fn no_old_object_is_taken_for_a_new_one(target: &str, back: bool) {
    let world = world();
    let edit = |text: &str| {
        world.write("src/main.c", &source(text));
        if back {
            set_back(&world, "src/main.c");
        }
    };
    let prints = |flags: &str| world.prints(["run", target, "--flags", flags]);
    assert_eq!(prints("-O0"), "first\n");
    edit("second");
    assert_eq!(prints("-O0"), "second\n");
    edit("first");
    assert_eq!(prints("-O0"), "first\n", "from the cache of steps");
    // The object in the volume is the second text's.
    assert_eq!(prints("-O1"), "first\n", "an object of the old text");
    edit("second");
    assert_eq!(prints("-O1"), "second\n");
    assert_eq!(prints("-O2"), "second\n");
}

#[test]
fn make_sees_what_was_edited() {
    no_old_object_is_taken_for_a_new_one("app", false);
}

#[test]
fn make_sees_what_was_edited_whatever_the_clock_of_the_file_says() {
    no_old_object_is_taken_for_a_new_one("app", true);
}

#[test]
fn make_sees_what_an_earlier_step_wrote() {
    no_old_object_is_taken_for_a_new_one("written", false);
}

#[test]
fn what_did_not_change_is_not_made_again() {
    let world = World::tools(
        "param src: Dir = workspace.dir(\"src\")\n\
         pub fn log(salt: String) -> String {\n  tools.mount(\"/src\", src).workdir(\"/src\").cache(\"/obj\", \"o\").env(\"SALT\", salt).run([\"make\"]).stdout\n}\n",
    );
    world.write("src/Makefile", "all: /obj/a /obj/b\n/obj/%: %.txt\n\tcp $< $@\n");
    world.write("src/a.txt", "a");
    world.write("src/b.txt", "b");
    assert!(world.prints(["run", "log", "--salt", "1"]).contains("cp b.txt /obj/b"));
    let again = world.prints(["run", "log", "--salt", "2"]);
    assert!(again.contains("Nothing to be done"), "{again}");
    world.write("src/a.txt", "A");
    let one = world.prints(["run", "log", "--salt", "3"]);
    assert!(one.contains("cp a.txt /obj/a") && !one.contains("b.txt"), "{one}");
    let none = world.prints(["run", "log", "--salt", "4"]);
    assert!(none.contains("Nothing to be done"), "{none}");
}

/// The step that was killed had made something of the new text.
#[test]
fn a_step_that_fails_leaves_no_old_object_behind() {
    let world = World::tools(
        "param src: Dir = workspace.dir(\"src\")\n\
         pub fn text(script: String) -> String {\n  tools.mount(\"/src\", src).workdir(\"/src\").cache(\"/obj\", \"o\").run([\"sh\", \"-c\", script]).stdout\n}\n",
    );
    let run = |script: &str| world.run(["run", "text", "--script", script]);
    world.write("src/Makefile", "/obj/a: a.txt\n\tcp $< $@\n");
    world.write("src/a.txt", "one");
    run("make -s; cat /obj/a").success();
    world.write("src/a.txt", "two");
    run("exit 1").exits(1);
    assert_eq!(run("make -s; cat /obj/a #").success().stdout, "two");
    world.write("src/a.txt", "one");
    run("make -s; exit 1").exits(1);
    world.write("src/a.txt", "two");
    assert_eq!(run("make -s; cat /obj/a ##").success().stdout, "two");
}

#[test]
fn a_volume_outlives_the_run_and_its_content_is_no_input() {
    let world = World::tools(
        "pub fn count(salt: String = \"\") -> String {\n  tools.cache(\"/c\", \"counter\").env(\"SALT\", salt).run(sh\"echo x >> /c/f; wc -l < /c/f\").stdout\n}\n\
         pub fn other() -> String { tools.cache(\"/c\", \"other\").run(sh\"ls -A /c\").stdout }\n",
    );
    assert_eq!(world.prints(["run", "count"]), "1\n");
    // Cached by its key, whatever the volume holds now.
    assert_eq!(world.prints(["run", "count"]), "1\n");
    assert_eq!(world.prints(["run", "count", "--salt", "a"]), "2\n");
    assert_eq!(world.prints(["run", "count", "--salt", "b"]), "3\n");
    assert_eq!(world.prints(["run", "other"]), "");

    let listed = world.prints(["cache", "volume", "ls", "--json"]);
    let names =
        listed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["name"].clone());
    assert_eq!(names.collect::<Vec<_>>(), ["counter", "other"]);
    world.run(["cache", "volume", "rm", "nothing"]).exits(2).says("there is no cache volume `nothing`");
    world.run(["cache", "volume", "rm", "counter"]).success();
    assert!(!world.prints(["cache", "volume", "ls"]).contains("counter"));
    assert_eq!(world.prints(["run", "count", "--salt", "c"]), "1\n");
    world.run(["cache", "volume", "rm", "--all"]).success();
    assert_eq!(world.prints(["cache", "volume", "ls"]), "");
    world.run(["cache", "verify"]).success();
}

#[test]
fn steps_share_a_volume_as_it_says() {
    let world = World::tools(
        "fn step(mode: Sharing, n: Int) -> Check {\n  tools.cache(\"/c\", \"v\", sharing: mode).env(\"N\", \"{n}\").check(sh\"\"\"\n    if ! mkdir /c/busy; then echo two at once; exit 1; fi\n    sleep 0.2\n    rmdir /c/busy\n    echo \"$N\" >> /c/done\n    \"\"\")\n}\n\
         pub fn locked() -> Check { all([for n in [1, 2, 3] => step(Sharing.Locked, n)]) }\n\
         pub fn apart() -> Check { all([for n in [1, 2, 3] => step(Sharing.Private, n)]) }\n",
    );
    world.run(["run", "--jobs", "3", "locked"]).success();
    world.run(["run", "--jobs", "3", "apart"]).success();
}

#[test]
fn what_is_in_a_volume_is_copied_out_by_the_step() {
    let world = World::tools(
        "pub fn read() -> File { tools.cache(\"/c\", \"v\").run(sh\"touch /c/f\").file(\"/c/f\") }\n\
         pub fn memory() -> Dir { tools.tmpfs(\"/t\").run(sh\"touch /t/f\").dir(\"/t\") }\n",
    );
    world
        .run(["run", "read"])
        .exits(1)
        .says("`/c/f` lies in the cache volume `v`, which only steps read and write")
        .says("copy it inside the step, out to a folder of the container such as `/out`");
    world.run(["run", "memory"]).exits(1).says("`/t` lies in the tmpfs at `/t`");
}

#[test]
fn a_folder_in_memory_is_empty_limited_and_gone() {
    let world = World::tools(
        "pub fn kind() -> String { tools.tmpfs(\"/tmp/t\", size: 1MiB).run(sh\"stat -f -c %T /tmp/t; ls -A /tmp/t\").stdout }\n\
         pub fn full() -> String { tools.tmpfs(\"/t\", size: 1MiB).run(sh\"head -c 2M /dev/zero > /t/f\").stdout }\n\
         pub fn left() -> String { tools.tmpfs(\"/t\").run(sh\"echo x > /t/f\").run(sh\"ls -A /t\").stdout }\n",
    );
    assert_eq!(world.prints(["run", "kind"]), "tmpfs\n");
    world.run(["run", "full"]).exits(1).says("No space left");
    assert_eq!(world.prints(["run", "left"]), "");
}

#[test]
fn mounts_go_into_volumes_and_memory() {
    let world = World::tools(
        "param src: Dir = workspace.dir(\"src\")\n\
         pub fn text() -> String {\n  tools.cache(\"/c\", \"v\").mount(\"/c/a/src\", src).tmpfs(\"/t\").mount(\"/t/file\", src.file(\"f\")).cache(\"/t/d\", \"w\")\n    .run(sh\"cat /c/a/src/f /t/file; touch /t/d/x\").stdout\n}\n",
    );
    world.write("src/f", "x");
    assert_eq!(world.prints(["run", "text"]), "xx");
}

#[test]
fn a_volume_belongs_to_the_steps_user() {
    let world = World::tools(
        "pub fn mine(user: String) -> String {\n  tools.write(\"/etc/passwd\", \"root:x:0:0::/root:/bin/sh\\napp:x:7:8::/:/bin/sh\\n\").user(user)\n    .cache(\"/c\", \"v\").run(sh\"touch /c/f; stat -c '%u %g' /c /c/f; ls /c\").stdout\n}\n",
    );
    assert_eq!(world.prints(["run", "mine", "--user", "0"]), "0 0\n0 0\nf\n");
    let other = world.run(["run", "mine", "--user", "app"]);
    if !crate::harness::is_root() && other.stderr.contains("needs more than one user id") {
        other.exits(1);
    } else {
        assert_eq!(other.success().stdout, "7 8\n7 8\nf\n");
    }
    world.run(["cache", "volume", "rm", "v"]).success();
}
