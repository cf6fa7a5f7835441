//! Cache volumes and folders in memory.

use std::fs::{File, FileTimes};
use std::time::{Duration, SystemTime};

use crate::harness::{World, copy_tree};

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

pub fn written_long_ago(flags: String = "-O0") -> String {
  let source = tools.mount("/in", src).run(sh"mkdir /src; cp /in/* /src/; touch -d @1000000000 /src/*")
  built(source, flags).run(["cat", "/out"]).stdout
}

pub fn mounted_of_a_step(flags: String = "-O0") -> String {
  let source = tools.mount("/in", src).run(sh"mkdir /src; cp /in/* /src/; touch -d @1000000000 /src/*").dir("/src")
  built(tools.mount("/src", source), flags).run(["cat", "/out"]).stdout
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

pub(crate) fn set_back(world: &World, name: &str) {
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
fn make_sees_what_an_earlier_step_wrote_whatever_time_it_gave_it() {
    no_old_object_is_taken_for_a_new_one("written_long_ago", false);
}

#[test]
fn make_sees_what_is_mounted_of_an_earlier_step() {
    no_old_object_is_taken_for_a_new_one("mounted_of_a_step", false);
}

/// What one package of a group keeps, the others find, each with a grant of its own.
#[test]
fn a_group_of_packages_has_a_volume_together() {
    let world = World::tools(
        "fn step(text: String, group: String?) -> String {\n  tools.cache(\"/c\", \"v\", shared: group).env(\"T\", text).run(sh\"cat /c/* 2> /dev/null || true; echo $T > /c/$T\").stdout\n}\n\
         pub fn own(text: String) -> String { step(text, none) }\n\
         pub fn ours(text: String) -> String { step(text, some(\"team\")) }\n\
         pub fn theirs(text: String) -> String { step(text, some(\"others\")) }\n\
         pub fn all() -> Check {\n  tools.cache(\"/a\", \"v\", shared: \"team\").cache(\"/b\", \"v\", shared: \"others\").cache(\"/c\", \"w\", shared: \"team\").check([\"true\"], network: Host)\n}\n",
    );
    let other = world.path("other");
    copy_tree(&world.package(), &other);
    let other = other.to_str().unwrap();
    let run = |target: &str, text: &str, more: &[&str]| {
        world.run(["run", target, "--text", text].iter().chain(more))
    };
    let granted = ["--allow", "volume:team"];
    run("ours", "1", &[]).exits(2).says("main.pipe:4:").says("--allow volume:team");
    run("ours", "1", &["--allow", "volume:others"]).exits(2);
    assert_eq!(run("ours", "1", &granted).success().stdout, "");
    run("ours", "2", &["-C", other]).exits(2).says("--allow volume:team");
    assert_eq!(run("ours", "2", &["-C", other, "--allow", "volume:team"]).success().stdout, "1\n");
    assert_eq!(run("ours", "3", &granted).success().stdout, "1\n2\n");
    assert_eq!(run("theirs", "4", &["--allow", "volume:others"]).success().stdout, "");
    assert_eq!(run("own", "5", &[]).success().stdout, "");
    // All that a step asks for is asked for at once.
    world.run(["run", "all"]).exits(2).says("--allow net:host,volume:others,volume:team");
    let plan = world.prints(["plan", "all"]);
    assert!(plan.contains("unknown: needs --allow net:host,volume:others,volume:team"), "{plan}");

    let listed = world.prints(["cache", "volume", "ls"]);
    assert_eq!(listed.matches("v  group team  linux/").count(), 1, "{listed}");
    let json: Vec<serde_json::Value> = world
        .prints(["cache", "volume", "ls", "--json"])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let groups: Vec<&str> = json.iter().filter_map(|volume| volume["group"].as_str()).collect();
    assert_eq!(groups, ["others", "team"]);
    assert!(json.iter().all(|volume| volume["group"].is_null() != volume["package"].is_null()));
}

/// One target after the other is made of a changed source; in between the step that wrote it runs again, so that the same content
/// lies in another layer, with its old date. A step that fails half-way leaves the same.
#[test]
fn what_was_not_made_yet_is_made_later() {
    let world = World::tools(
        "param src: Dir = workspace.dir(\"src\")\n\
         pub fn made(target: String, salt: String) -> String {\n  let source = tools.mount(\"/in\", src)\n    .run(sh\"mkdir /src; cp /in/* /src/; echo ${{ salt }} > /src/salt; touch -d @1000000000 /src/*\").dir(\"/src\")\n  tools.mount(\"/src\", source).workdir(\"/src\").cache(\"/obj\", \"o\").env(\"TARGET\", target).run(sh\"make -s /obj/$TARGET; cat /obj/$TARGET\").stdout\n}\n",
    );
    world.write("src/Makefile", "/obj/%: text\n\tcp $< $@\n");
    let made = |target: &str, salt: &str| world.prints(["run", "made", "--target", target, "--salt", salt]);
    world.write("src/text", "old");
    assert_eq!([made("a", "1"), made("b", "2")], ["old", "old"]);
    world.write("src/text", "new");
    assert_eq!([made("a", "3"), made("b", "4")], ["new", "new"]);
    assert_eq!([made("a", "5"), made("b", "6")], ["new", "new"]);
}

/// A package that makes two objects of two sources, in a cache volume; what is made is printed, anew with each salt.
pub(crate) fn two_objects() -> World {
    let world = World::tools(
        "param src: Dir = workspace.dir(\"src\")\n\
         pub fn log(salt: String) -> String {\n  tools.mount(\"/src\", src).workdir(\"/src\").cache(\"/obj\", \"o\").env(\"SALT\", salt).run([\"make\"]).stdout\n}\n",
    );
    world.write("src/Makefile", "all: /obj/a /obj/b\n/obj/%: %.txt\n\tcp $< $@\n");
    world.write("src/a.txt", "a");
    world.write("src/b.txt", "b");
    world
}

#[test]
fn what_did_not_change_is_not_made_again() {
    let world = two_objects();
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

/// A step that goes on when another one is in its volume, too.
const MEETING: &str = r#"
pub fn shared(n: Int) -> String {
  tools.cache("/c", "v").run(sh"""
    touch /c/${{ n }}
    echo started
    tries=0
    until test -e /c/1 -a -e /c/2; do
      tries=$((tries + 1))
      if test $tries -gt 300; then echo alone; exit 0; fi
      sleep 0.1
    done
    echo together
    """).stdout
}
"#;

#[test]
fn two_runs_are_in_a_shared_volume_at_once() {
    let world = World::tools(MEETING);
    let both = ["1", "2"].map(|n| world.start(["run", "shared", "--n", n]));
    for run in both {
        assert_eq!(run.wait().success().stdout, "started\ntogether\n");
    }
}

/// `hold` holds its volume until the test lets it go.
pub(crate) fn holder(mode: &str) -> World {
    World::tools(&format!(
        "pub fn hold() -> String {{\n  tools.cache(\"/c\", \"v\", sharing: {mode}).run(sh\"echo x >> /c/n; echo x >> /c/n; echo started; while test ! -e /c/go; do sleep 0.05; done; rm /c/go; wc -l < /c/n\").stdout\n}}\n\
         pub fn after() -> String {{ tools.cache(\"/c\", \"v\", sharing: {mode}).run(sh\"echo x >> /c/n; wc -l < /c/n\").stdout }}\n"
    ))
}

#[test]
fn a_locked_volume_is_waited_for_by_another_run() {
    let world = holder("Sharing.Locked");
    let mut first = world.start(["run", "hold"]);
    first.wait_for_log("started");
    let second = world.start(["run", "after"]);
    // In use, so that it stays.
    world.run(["cache", "volume", "rm", "v"]).exits(1).says("in use by a step that runs: v");
    release(&world);
    assert_eq!(first.wait().success().stdout, "started\n2\n");
    assert_eq!(second.wait().success().stdout, "3\n");
}

#[test]
fn a_private_volume_is_one_each_and_kept_for_later() {
    let world = holder("Sharing.Private");
    let mut first = world.start(["run", "hold"]);
    first.wait_for_log("started");
    assert_eq!(world.prints(["run", "after"]), "1\n", "one of its own");
    release(&world);
    assert_eq!(first.wait().success().stdout, "started\n2\n");
    let listed = world.prints(["cache", "volume", "ls"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    // Nobody uses the first one now.
    assert_eq!(world.prints(["run", "--no-cache", "after"]), "3\n");
}

/// Ends `hold`: from the host, where the store's owner may write what is in a volume.
pub(crate) fn release(world: &World) {
    let volumes = std::fs::read_dir(world.store().join("volumes")).unwrap();
    for volume in volumes {
        let go = volume.unwrap().path().join("data/go");
        if go.parent().unwrap().join("n").exists() {
            std::fs::write(go, "").unwrap();
        }
    }
}

/// The step that is killed had made an object of the second text; what comes next must not take it for the first one's.
#[test]
fn a_run_that_is_killed_leaves_its_volume_to_others_and_no_old_object() {
    let world = World::tools(
        "param src: Dir = workspace.dir(\"src\")\n\
         pub fn text(script: String) -> String {\n  tools.mount(\"/src\", src).workdir(\"/src\").cache(\"/obj\", \"o\", sharing: Sharing.Locked).run([\"sh\", \"-c\", script]).stdout\n}\n",
    );
    world.write("src/Makefile", "/obj/a: a.txt\n\tcp $< $@\n");
    world.write("src/a.txt", "one");
    assert_eq!(world.prints(["run", "text", "--script", "make -s; cat /obj/a"]), "one");
    world.write("src/a.txt", "two");
    let mut killed = world.start(["run", "text", "--script", "make -s; echo made; sleep 1000"]);
    killed.wait_for_log("made");
    killed.signal(rustix::process::Signal::KILL);
    assert_eq!(killed.wait().code, None);
    world.write("src/a.txt", "one");
    assert_eq!(world.prints(["run", "text", "--script", "make -s; cat /obj/a #"]), "one");
    world.write("src/a.txt", "two");
    assert_eq!(world.prints(["run", "text", "--script", "make -s; cat /obj/a ##"]), "two");
    world.run(["cache", "volume", "rm", "o"]).success();
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
        other.exits(3);
    } else {
        assert_eq!(other.success().stdout, "7 8\n7 8\nf\n");
    }
    world.run(["cache", "volume", "rm", "v"]).success();
}

/// What steps write into a volume counts, however shortly before somebody looked at how large it is.
#[test]
fn the_store_keeps_to_its_size_when_a_volume_grows() {
    let world = World::tools(
        "pub fn grow(megabytes: Int) -> String {\n  tools.cache(\"/c\", \"v\").run([\"sh\", \"-c\", \"head -c $0M /dev/zero > /c/$0; echo done\", \"${megabytes}\"]).stdout\n}\n\
         pub fn other(n: Int) -> String { tools.run([\"echo\", \"${n}\"]).stdout }\n",
    );
    world.configure("[cache]\nsize = \"4MB\"\n");
    world.run(["run", "grow", "--megabytes", "1"]).success();
    world.run(["run", "grow", "--megabytes", "9"]).success();
    let size =
        || -> serde_json::Value { serde_json::from_str(&world.prints(["cache", "size", "--json"])).unwrap() };
    // Looking is not for nothing: a slow machine looks less often.
    for n in 0.. {
        if size()["total"].as_u64().unwrap() <= 4_000_000 {
            break;
        }
        assert!(n < 1000, "{}", size());
        world.run(["run", "other", "--n", &n.to_string()]).success();
    }
    assert_eq!(world.prints(["cache", "volume", "ls"]), "");
}
