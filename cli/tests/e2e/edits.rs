//! A change of a file is never missed.

use std::fs::{File, FileTimes};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

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

/// Writes to memory that a file is mapped into: as long as the page was not written to the disk, no time of the file tells of it. A
/// write within the same tick of a file system's clock looks the same, and cannot be brought about at will.
const MAPPED: &str = r#"
import mmap, sys
with open(sys.argv[1], "r+b") as file: memory = mmap.mmap(file.fileno(), 0)
for line in sys.stdin:
    memory[0:1] = line.strip().encode()
    print(flush=True)
"#;

/// What was read within moments of a file's last change is read again.
#[test]
fn a_change_that_no_time_tells_of_is_seen_when_the_file_is_new() {
    let world = World::module(
        "param src: Dir = workspace.dir(\"src\")\npub fn text() -> String { src.file(\"f\").contents }\n",
    );
    let path = world.package().join("src/f");
    // On a machine that is busy the first run may come too late, or the page may be written to the disk.
    let told_nothing = (0..10).any(|_| {
        world.write("src/f", "0");
        let mut writer = world.command("python3");
        let mut writer = writer
            .args(["-c", MAPPED])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut answers = BufReader::new(writer.stdout.take().unwrap());
        let mut write = |text: &str| {
            writeln!(writer.stdin.as_mut().unwrap(), "{text}").unwrap();
            answers.read_line(&mut String::new()).unwrap();
            let meta = path.metadata().unwrap();
            (meta.mtime_nsec(), meta.ctime_nsec(), meta.ctime(), Instant::now())
        };
        let first = write("1");
        assert_eq!(world.prints(["run", "text"]), "1");
        let read_at_once = first.3.elapsed() < Duration::from_millis(1500);
        let second = write("2");
        let same = (first.0, first.1, first.2) == (second.0, second.1, second.2);
        if read_at_once {
            assert_eq!(world.prints(["run", "text"]), "2");
        }
        drop(writer.stdin.take());
        writer.wait().unwrap();
        same && read_at_once
    });
    assert!(told_nothing, "every write showed in the file's times, or came too late");
}

/// A step would look for it in vain: its path is told, once, however many folders it is in.
#[test]
fn what_is_no_file_is_left_out_and_named() {
    let world = World::tools(
        "param src: Dir = workspace.dir(\"src\")\nparam all: Dir = workspace.dir()\n\
         pub fn seen() -> String { tools.mount(\"/s\", src).mount(\"/all\", all).run([\"ls\", \"/s\"]).stdout }\n\
         param some: Dir = workspace.dir(\"src\", exclude: [\"pipe\", \"socket\"])\n\
         pub fn rest() -> String { tools.mount(\"/s\", some).run([\"ls\", \"/s\"]).stdout }\n",
    );
    world.write("src/file", "");
    let _listener = std::os::unix::net::UnixListener::bind(world.package().join("src/socket")).unwrap();
    crate::harness::finish(world.command("mkfifo").arg("src/pipe")).success();
    for _ in 0..2 {
        let outcome = world.events(["run", "seen"]).success();
        assert_eq!(outcome.stdout, "file\n");
        let warnings = outcome.warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with("`src/pipe`, `src/socket`: left out"), "{warnings:?}");
    }
    assert_eq!(world.events(["run", "rest"]).success().warnings(), [""; 0]);
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
