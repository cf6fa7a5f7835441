//! The store stays as small as it should be, and nothing that is in use goes.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::harness::{World, finish};
use crate::namespaces;

fn layers(world: &World) -> usize {
    std::fs::read_dir(world.store().join("layers")).unwrap().count()
}

#[test]
fn what_would_go_is_said_and_then_goes() {
    let world = World::example("hello");
    world.run(["run", "build", "unit"]).success();
    let size: serde_json::Value = serde_json::from_str(&world.prints(["cache", "size", "--json"])).unwrap();
    assert!(size["parts"]["layers"].as_u64().unwrap() > 100_000, "{size}");
    assert!(world.prints(["cache", "size"]).contains("of 50.0 GiB that it may take"));

    let said = world.prints(["cache", "prune", "--all", "--dry-run"]);
    for part in ["would remove", "step build: used least recently", "step unit", "folder ", "would free"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(world.prints(["cache", "ls"]).contains("build"), "nothing went");
    assert!(world.prints(["cache", "prune"]).starts_with("freed"), "it is below its limits");
    assert_eq!(world.events(["run", "build"]).success().steps("ran"), [""; 0]);

    let done = world.prints(["cache", "prune", "--all"]);
    assert!(done.contains("removed") && done.contains("step build") && done.contains("freed"), "{done}");
    assert_eq!((world.prints(["cache", "ls"]).as_str(), layers(&world)), ("", 0));
    world.run(["cache", "verify"]).success();
    assert_eq!(world.events(["run", "build"]).success().steps("ran"), ["build"]);
}

#[test]
fn a_run_keeps_to_the_configured_size() {
    let world = World::example("hello");
    world.configure("[cache]\nsize = \"400KB\"\n");
    let out = world.path("hello");
    world.run(["run", "-o", out.to_str().unwrap(), "build"]).success().says("cache.size");
    assert_eq!(finish(&mut world.command(&out)).success().stdout, "hello, world\n");
    let size: serde_json::Value = serde_json::from_str(&world.prints(["cache", "size", "--json"])).unwrap();
    assert!(size["total"].as_u64().unwrap() <= 400_000, "{size}");
    world.run(["cache", "verify"]).success();
    world.run(["run", "build"]).success();
    world.configure("[cache]\nsize = \"much\"\n");
    world.run(["run", "build"]).exits(2).says("cache.size");
}

#[test]
fn a_run_in_progress_is_not_disturbed() {
    let world = World::tools(
        "fn first() -> File { tools.run(sh\"echo first > /f\").file(\"/f\") }\n\
         fn second() -> File { tools.mount(\"/in\", first()).run(sh\"\"\"\n    echo started\n    sleep 2\n    cat /in > /g\n  \"\"\").file(\"/g\") }\n\
         pub fn early() -> String { first().contents }\n\
         pub fn late() -> String { tools.mount(\"/first\", first()).mount(\"/second\", second()).run(sh\"cat /first /second > /h\").file(\"/h\").contents }\n",
    );
    world.run(["run", "early"]).success();
    let mut running = world.start(["run", "late"]);
    running.wait_for_log("started");
    let pruned = world.prints(["cache", "prune", "--all"]);
    assert!(!pruned.contains("step first"), "{pruned}");
    running.wait().success();
    let again = world.events(["run", "late"]).success();
    assert_eq!(again.steps("ran"), [""; 0], "not even its results went");
    world.run(["cache", "verify"]).success();
    world.run(["cache", "prune", "--all"]).success();
    assert_eq!(layers(&world), 0);
}

/// Whoever prunes, and however often: the runs beside it come to their results, and nothing is damaged.
#[test]
fn runs_and_prunings_at_once() {
    let world = World::tools(
        "param round: Int\n\
         fn step(c: Container, n: Int) -> Container { c.run(sh\"echo ${{ n }} ${{ round }} >> /all; head -c 200000 /dev/urandom > /big\", network: Off) }\n\
         pub fn chain() -> String { [1, 2, 3, 4, 5, 6].fold(tools, step).run(sh\"wc -l < /all\").stdout }\n",
    );
    for round in 0..4 {
        let round = (round / 2).to_string();
        let runs = [0, 1].map(|_| world.start(["run", "chain", "--round", &round]));
        let prunings = [0, 1, 2].map(|_| world.start(["cache", "prune", "--all"]));
        for run in runs {
            assert_eq!(run.wait().success().stdout, "6\n");
        }
        for pruning in prunings {
            pruning.wait().success();
        }
    }
    world.run(["cache", "verify"]).success();
    world.run(["cache", "prune", "--all"]).success();
    assert_eq!(layers(&world), 0);
}

#[test]
fn a_damaged_database_is_put_aside() {
    let world = World::example("hello");
    world.run(["run", "build"]).success();
    std::fs::write(world.store().join("db.sqlite"), "what is this? ".repeat(5000)).unwrap();
    world.run(["run", "build"]).exits(3).says("pipe cache verify");
    world.run(["cache", "verify", "--dry-run"]).exits(1);
    world.run(["run", "build"]).exits(3);
    let report = world.run(["cache", "verify"]).exits(1);
    assert!(report.stdout.contains("quarantine"), "{}", report.stdout);
    assert_eq!(layers(&world), 0, "what nothing names any more is removed");
    world.run(["cache", "verify"]).success();
    assert_eq!(world.events(["run", "build"]).success().steps("ran"), ["build"]);
}

#[test]
fn a_database_without_one_of_its_tables_is_put_aside() {
    const DROP: &str = "import sqlite3, sys\n\
        database = sqlite3.connect(sys.argv[1])\n\
        database.execute('PRAGMA foreign_keys = OFF')\n\
        database.execute('DROP TABLE ' + sys.argv[2])\n\
        database.commit()\n\
        database.close()";
    for table in ["step", "layer", "usage"] {
        let world = World::example("hello");
        world.run(["run", "build"]).success();
        let mut drop = world.command("python3");
        finish(drop.args(["-c", DROP]).arg(world.store().join("db.sqlite")).arg(table)).success();
        // When something was used last is not needed to run.
        if table != "usage" {
            world.run(["run", "build"]).exits(3).says("pipe cache verify");
        }
        let report = world.run(["cache", "verify"]).exits(1);
        assert!(
            report.stdout.contains("no such table") && report.stdout.contains(table),
            "{}",
            report.stdout
        );
        world.run(["cache", "verify"]).success();
        assert_eq!(world.events(["run", "build"]).success().steps("ran"), ["build"]);
    }
}

/// The number of its format stands in the header of an SQLite file, at byte 60.
fn set_format(store: &Path, change: impl Fn(u32) -> u32) {
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(store.join("db.sqlite")).unwrap();
    let mut format = [0; 4];
    file.seek(SeekFrom::Start(60)).unwrap();
    file.read_exact(&mut format).unwrap();
    file.seek(SeekFrom::Start(60)).unwrap();
    file.write_all(&change(u32::from_be_bytes(format)).to_be_bytes()).unwrap();
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let world = World::example("hello");
    world.run(["run", "build"]).success();
    world.run(["cache", "prune"]).success();
    set_format(&world.store(), |format| format + 1);
    for args in
        [&["run", "build"][..], &["cache", "prune", "--all"], &["cache", "verify"], &["cache", "size"]]
    {
        world.run(args).exits(3).says("newer version");
    }
    set_format(&world.store(), |format| format - 1);
    assert_eq!(world.events(["run", "build"]).success().steps("ran"), [""; 0]);
}

/// The power went before anything was on the disk but the rows: the machine started anew since.
#[test]
fn a_power_loss_loses_time_only() {
    // Another boot is shown by a mount.
    if !namespaces::inside("prune::a_power_loss_loses_time_only", "m", "true") {
        return;
    }
    let world = World::example("hello");
    world.run(["run", "build", "unit"]).success();
    let boot = world.path("boot");
    std::fs::write(&boot, "2f1d8c1e-0000-4000-8000-000000000000\n").unwrap();
    let rebooted = |args: &[&str]| {
        let mut command = world.command("unshare");
        let script = "mount --bind \"$0\" /proc/sys/kernel/random/boot_id && exec \"$@\"";
        command.args(["-m", "sh", "-c", script]).arg(&boot).arg(crate::harness::pipe_binary());
        finish(command.args(args))
    };
    let mut lost = 0;
    for layer in std::fs::read_dir(world.store().join("layers")).unwrap() {
        lost += cut(&layer.unwrap().path());
    }
    assert!(lost > 1, "{lost}");
    let report = rebooted(&["cache", "verify"]).success();
    assert!(report.stdout.contains("lost with the power"), "{}", report.stdout);
    // Steps do not run below a mount over `/proc`.
    let again = world.events(["run", "build", "unit"]).success();
    assert!(!again.steps("ran").is_empty(), "what was lost is made again");
    let verified = rebooted(&["cache", "verify"]).success();
    assert!(!verified.stdout.contains("lost"), "{}", verified.stdout);
    assert_eq!(world.events(["run", "build", "unit"]).success().steps("ran"), [""; 0]);
}

/// Takes the second half of each file; how many there were.
fn cut(folder: &Path) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        if metadata.is_dir() {
            files += cut(&path);
        } else if metadata.is_file() {
            files += 1;
            std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(metadata.len() / 2).unwrap();
        }
    }
    files
}

/// Where the kernel takes no upper folder of an overlay, as in many containers, it is said what to do.
#[test]
fn a_store_on_an_overlay_works_or_says_what_to_do() {
    if !namespaces::inside("prune::a_store_on_an_overlay_works_or_says_what_to_do", "m", "true") {
        return;
    }
    let world = World::example("hello");
    let [lower, upper, work, merged] = ["lower", "upper", "overlay-work", "merged"].map(|name| {
        let path = world.path(name);
        std::fs::create_dir(&path).unwrap();
        path
    });
    let options =
        format!("lowerdir={},upperdir={},workdir={}", lower.display(), upper.display(), work.display());
    let on_overlay = |args: &[&str]| {
        let mut command = world.command("unshare");
        let script = "mount -t overlay -o \"$0\" overlay \"$1\" && shift && exec \"$@\"";
        command.args(["-m", "sh", "-c", script, &options]).arg(&merged).arg(crate::harness::pipe_binary());
        finish(command.env("PIPE_STORE", merged.join("store")).args(args))
    };
    let doctor = on_overlay(&["doctor"]);
    let run = on_overlay(&["run", "build"]);
    match run.code {
        Some(0) => drop(doctor.success()),
        _ => {
            run.exits(3).says("set PIPE_STORE to");
            assert!(doctor.exits(3).stdout.contains("set PIPE_STORE to"));
        }
    }
    // Nothing is harmed, and what runs no step works.
    on_overlay(&["cache", "verify"]).success();
    on_overlay(&["cache", "size"]).success();
}
