//! Cache volumes that go out as archives, and come in.

use std::fs::File;

use crate::harness::{World, finish, pipe_binary};
use crate::volumes::{holder, release, set_back, two_objects};

/// What is in the volume of a name, with all that a step can see of it.
const CONTENT: &str = r#"
pub fn made() -> String {
  tools.cache("/c", "one").run(sh"""
    mkdir -m 700 /c/d
    echo text > /c/d/a
    chmod 600 /c/d/a
    touch -d "2020-01-02 03:04:05.123456789Z" /c/d/a
    ln /c/d/a /c/b
    ln -s /usr/bin/true /c/l
    mkfifo /c/p
    chown -R 7:8 /c/d 2> /dev/null || true
    """).stdout
}

pub fn seen(name: String) -> String {
  tools.cache("/c", name).run(sh"cd /c; find . -printf '%P %m %U:%G %y %l %n\n' | sort; stat -c %y d/a; cat b").stdout
}
"#;

#[test]
fn a_volume_goes_out_and_comes_in() {
    let world = World::tools(CONTENT);
    world.run(["run", "made"]).success();
    let before = world.prints(["run", "seen", "--name", "one"]);
    assert!(before.contains("03:04:05.123456789"), "{before}");
    world.run(["cache", "volume", "export", "one", "one.tar"]).success();
    world
        .run(["cache", "volume", "export", "one", "."])
        .exits(2)
        .says(". is a directory")
        .says("name a file in it: ./volume.tar");
    for user in ["", "a b", "1000:1000", "x\ny"] {
        world
            .run(["cache", "volume", "import", "other", "one.tar", "--user", user])
            .exits(2)
            .says("is no user of a step");
    }
    world.run(["cache", "volume", "import", "two", "one.tar"]).success();
    assert_eq!(world.prints(["run", "seen", "--name", "two"]), before);
    // Into another store, by way of another program.
    let mut packed = world.command("sh");
    packed.arg("-c").arg("\"$PIPE\" cache volume export one | gzip > one.tar.gz").env("PIPE", pipe_binary());
    finish(&mut packed).success();
    let mut import = world.pipe();
    import.args(["cache", "volume", "import", "three", "-"]).env("PIPE_STORE", world.path("other"));
    import.stdin(File::open(world.package().join("one.tar.gz")).unwrap());
    finish(&mut import).success();
    let mut seen = world.pipe();
    seen.args(["run", "seen", "--name", "three"]).env("PIPE_STORE", world.path("other"));
    assert_eq!(finish(&mut seen).success().stdout, before);

    world
        .run(["cache", "volume", "import", "two", "one.tar"])
        .exits(2)
        .says("there is a cache volume `two` of")
        .says("`--replace` removes it first");
    world.run(["cache", "volume", "import", "--replace", "two", "one.tar"]).success();
    world.run(["cache", "volume", "import", "--shared", "team", "one", "one.tar"]).success();
    world
        .run(["cache", "volume", "export", "one", "x.tar"])
        .exits(2)
        .says("there are several cache volumes `one`")
        .says("name one by its key");
    world
        .run(["cache", "volume", "export", "nothing", "x.tar"])
        .exits(2)
        .says("there is no cache volume `nothing`");
    world
        .run(["cache", "volume", "export", "two", "no/where.tar"])
        .exits(3)
        .says("cannot write to no/where.tar");
    world
        .run(["cache", "volume", "import", "--platform", "linux/x86_64", "x", "one.tar"])
        .exits(2)
        .says("--platform: ")
        .says("linux/amd64");
    world.run(["cache", "volume", "import", "x", "nowhere.tar"]).exits(2).says("cannot read nowhere.tar");
    let left = std::fs::read_dir(world.package())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains(".pipe-"));
    assert_eq!(left.count(), 0);
    assert_eq!(world.work_folders(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_hostile_archive_makes_no_volume() {
    let world = World::tools("");
    let mut archive = tar::Builder::new(File::create(world.package().join("bad.tar")).unwrap());
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..9].copy_from_slice(b"../escape");
    header.set_size(1);
    header.set_mode(0o644);
    header.set_cksum();
    archive.append(&header, &b"x"[..]).unwrap();
    archive.finish().unwrap();
    world
        .run(["cache", "volume", "import", "v", "bad.tar"])
        .exits(1)
        .says("the archive bad.tar is refused: `../escape` leads out of the archive");
    assert_eq!(world.prints(["cache", "volume", "ls"]), "");
    assert!(!world.store().join("volumes/escape").exists() && !world.store().join("escape").exists());
    assert_eq!(world.work_folders(), Vec::<std::path::PathBuf>::new());
}

/// A volume that comes back knows what its steps saw; one of another program may hold what was made of anything.
#[test]
fn make_trusts_a_volume_that_came_back_as_far_as_it_may() {
    let world = two_objects();
    let log = |salt: &str| world.prints(["run", "log", "--salt", salt]);
    assert!(log("1").contains("cp b.txt /obj/b"));
    let back = |archive: &str| {
        world.run(["cache", "volume", "import", "--replace", "o", archive]).success();
    };
    world.run(["cache", "volume", "export", "o", "o.tar"]).success();
    back("o.tar");
    let none = log("2");
    assert!(none.contains("Nothing to be done"), "{none}");
    // Changed while the volume was away, and looking older than the objects.
    back("o.tar");
    world.write("src/a.txt", "A");
    set_back(&world, "src/a.txt");
    let one = log("3");
    assert!(one.contains("cp a.txt /obj/a") && !one.contains("b.txt"), "{one}");
    let script = "mkdir x && tar -C x -xf o.tar && rm x/.pipe-cache-volume && tar -C x -cf plain.tar .";
    finish(world.command("sh").args(["-c", script])).success();
    back("plain.tar");
    let all = log("4");
    assert!(all.contains("cp a.txt /obj/a") && all.contains("cp b.txt /obj/b"), "{all}");
    let none = log("5");
    assert!(none.contains("Nothing to be done"), "{none}");
}

#[test]
fn the_store_keeps_to_its_size_when_a_volume_comes() {
    let world = World::tools("");
    world.configure("[cache]\nsize = \"2MB\"\n");
    for (name, size) in [("small", "700000"), ("other", "800000"), ("large", "3000000")] {
        let script = format!("head -c {size} /dev/urandom > {name}; tar -cf {name}.tar {name}");
        finish(world.command("sh").args(["-c", &script])).success();
    }
    world.run(["cache", "volume", "import", "small", "small.tar"]).success();
    world.run(["cache", "volume", "import", "other", "other.tar"]).success();
    let listed = world.prints(["cache", "volume", "ls"]);
    assert!(listed.contains("small") && listed.contains("other"), "{listed}");
    world.run(["cache", "volume", "import", "large", "large.tar"]).success().says("`cache.size`");
    assert_eq!(world.prints(["cache", "volume", "ls"]), "");
}

#[test]
fn a_volume_in_use_is_neither_written_down_nor_replaced() {
    let world = holder("Sharing.Shared");
    let mut first = world.start(["run", "hold"]);
    first.wait_for_log("started");
    world.run(["cache", "volume", "export", "v", "v.tar"]).exits(1).says("in use by a step that runs: v");
    assert!(!world.package().join("v.tar").exists());
    finish(world.command("sh").args(["-c", "touch f; tar -cf f.tar f"])).success();
    world.run(["cache", "volume", "import", "--replace", "v", "f.tar"]).exits(1).says("in use");
    release(&world);
    assert_eq!(first.wait().success().stdout, "started\n2\n");
}
