//! Steps for other processors.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::harness::{World, copy_tree, finish, repository, skip};
use crate::registry::Registry;

const PROGRAM: &str = r#"
param src: Dir = workspace.dir(include: ["hello-*"])
fn hello(platform: Platform) -> Container {
  scratch(platform: platform).copy("/hello", src.file("hello-${platform.arch}"), mode: "0755").run(["/hello"], name: "hello ${platform.arch}")
}
pub fn all_of_them() -> List[String] {
  let platforms: List[Platform] = ["linux/arm64", "linux/riscv64"]
  [for p in platforms => hello(p).stdout.trim()]
}
pub fn nowhere() -> Container { hello("windows/arm64") }
pub fn own() -> String { tools.run(["echo", "own"]).stdout.trim() }
"#;

/// A program of 64 bits that prints a text and ends, as a file: a header, one segment, the code, the text. `elf(5)`.
fn program(machine: u16, flags: u32, code: &[u32], text: &str) -> Vec<u8> {
    const BASE: u64 = 0x10000;
    const HEADERS: u64 = 64 + 56;
    let length = HEADERS + 4 * code.len() as u64 + text.len() as u64;
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    for half in [2, machine] {
        file.extend(half.to_le_bytes());
    }
    file.extend(1_u32.to_le_bytes());
    for word in [BASE + HEADERS, 64, 0] {
        file.extend(word.to_le_bytes());
    }
    file.extend(flags.to_le_bytes());
    for half in [64_u16, 56, 1, 0, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    // One segment to be loaded, readable and executable.
    for half in [1_u32, 5] {
        file.extend(half.to_le_bytes());
    }
    for word in [0, BASE, BASE, length, length, 0x1000] {
        file.extend(word.to_le_bytes());
    }
    file.extend(code.iter().flat_map(|word| word.to_le_bytes()));
    file.extend(text.as_bytes());
    file
}

/// `write(1, text, length)`, `exit(0)`.
fn arm64(text: &str) -> Vec<u8> {
    let adr = |register: u32, offset: u32| 0x1000_0000 | (offset & 3) << 29 | (offset >> 2) << 5 | register;
    let set = |register: u32, value: u32| 0xd280_0000 | value << 5 | register;
    let call = 0xd400_0001;
    let code =
        [adr(1, 32), set(0, 1), set(2, text.len() as u32), set(8, 64), call, set(0, 0), set(8, 93), call];
    program(183, 0, &code, text)
}

/// The same.
fn riscv64(text: &str) -> Vec<u8> {
    let add = |register: u32, to: u32, value: u32| value << 20 | to << 15 | register << 7 | 0x13;
    let here = 11 << 7 | 0x17;
    let call = 0x73;
    let length = text.len() as u32;
    let code = [
        here,
        add(11, 11, 36),
        add(10, 0, 1),
        add(12, 0, length),
        add(17, 0, 64),
        call,
        add(10, 0, 0),
        add(17, 0, 93),
        call,
    ];
    program(243, 5, &code, text)
}

/// Whether steps for other processors run; said where they do not.
fn runs_others(test: &str) -> bool {
    let report = World::empty().run(["doctor"]).stdout;
    let found = report.lines().find(|line| line.contains("emulators: ")).unwrap_or_default();
    let runs = ["arm64", "riscv64"].iter().all(|name| found.contains(name));
    if !runs {
        skip(test, "there is no emulator, or the kernel takes none");
    }
    runs
}

fn world() -> World {
    let world = World::tools(PROGRAM);
    for (name, program) in [("arm64", arm64("from arm64\n")), ("riscv64", riscv64("from riscv64\n"))] {
        std::fs::write(world.package().join(format!("hello-{name}")), program).unwrap();
    }
    world
}

/// Nothing that is installed counts.
fn without_programs(world: &World, target: &str) -> crate::harness::Outcome {
    let mut command = world.pipe();
    command.args(["--progress=json", "run", "--json", target]).env("PATH", "/nowhere");
    finish(&mut command)
}

#[test]
fn programs_of_other_processors_run() {
    if !runs_others("programs_of_other_processors_run") {
        return;
    }
    let world = world();
    let said = "[\"from arm64\",\"from riscv64\"]\n";
    let lacking = without_programs(&world, "all_of_them");
    // The host may have registered emulators for all.
    if lacking.code != Some(0) {
        let lacking = lacking.exits(3);
        lacking.says("a step for linux/arm64 cannot run on this machine").says("install emulators");
    }
    let outcome = world.events(["run", "--json", "all_of_them"]).success();
    assert_eq!(outcome.stdout, said);
    // Beside them, steps of this machine's own processor.
    assert_eq!(world.prints(["run", "own"]), "own");
    // What was had once needs no emulator.
    let again = without_programs(&world, "all_of_them").success();
    assert_eq!((again.stdout.as_str(), again.steps("ran").len()), (said, 0));
    assert!(world.work_folders().is_empty(), "{:?}", world.work_folders());
}

/// The kernel takes no line as long as this one's path.
#[test]
fn an_emulator_that_is_refused_takes_no_other_along() {
    let test = "an_emulator_that_is_refused_takes_no_other_along";
    if !runs_others(test) {
        return;
    }
    let world = world();
    let far = (0..10).fold(world.path("far"), |folder, _| folder.join("x".repeat(200)));
    std::fs::create_dir_all(&far).unwrap();
    let emulator = far.join("qemu-ppc64le-static");
    std::fs::write(&emulator, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&emulator, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", far.display(), std::env::var("PATH").unwrap());
    let report = finish(world.pipe().arg("doctor").env("PATH", &path)).stdout;
    let found = report.lines().find(|line| line.contains("emulators: ")).unwrap_or_default();
    if found.contains("ppc64le") && !found.contains("but not") {
        skip(test, "the host has registered its emulators");
        return;
    }
    assert!(found.contains("arm64") && found.contains("but not for ppc64le: cannot register"), "{found}");
    let mut run = world.pipe();
    let outcome = finish(run.args(["run", "--json", "all_of_them"]).env("PATH", &path)).success();
    assert_eq!(outcome.stdout, "[\"from arm64\",\"from riscv64\"]\n");
}

#[test]
fn a_platform_that_does_not_run_is_refused_with_what_mends_it() {
    let world = world();
    world.run(["plan", "nowhere"]).success();
    let outcome = world.run(["run", "nowhere"]).exits(3);
    outcome
        .says("a step for windows/arm64 cannot run on this machine")
        .says("main.pipe:6")
        .says("cross compiler");
}

const IMAGES: &str = r#"
let platforms: List[Platform] = ["linux/amd64", "linux/arm64", "linux/riscv64"]

fn base(platform: Platform) -> Container { image("busybox:stable", platform: platform) }
pub fn app(platform: Platform) -> Container {
  base(platform)
    .run(sh"""
      mkdir -p /srv/below
      uname -m > /srv/machine
      ln -s ../machine /srv/below/link
      test "$(basename "$0")" = sh
    """, network: Off)
    .entrypoint(["cat", "/srv/machine"])
}
pub action publish(ref: ImageRef) -> ImageRef { do index([for p in platforms => app(p)]).push(ref) }
pub fn back(ref: ImageRef) -> List[String] {
  [for p in platforms => image(ref, platform: p).run(sh"cat /srv/below/link; uname -m", network: Off).stdout]
}
fn web() -> Service {
  base("linux/arm64").run(sh"mkdir /www; uname -m > /www/index.html", network: Off).expose(8080)
    .service(command: ["httpd", "-f", "-p", "8080", "-h", "/www"])
}
pub fn served() -> String {
  base("linux/riscv64").bind("web", web()).run(["wget", "-qO-", "http://web:8080/index.html"]).stdout
}
"#;

/// Built by their own programs, pushed as one, and run again from there.
#[test]
fn images_for_all_processors_are_one_index() {
    let test = "images_for_all_processors_are_one_index";
    if !runs_others(test) {
        return;
    }
    let Some(images) = Registry::start(test) else { return };
    let world = images.module(IMAGES);
    let pushed = Registry::empty();
    let reference = format!("{}/team/app:1", pushed.address);
    world.run(["run", "publish", "--ref", &reference]).success();
    assert_eq!(index(&world, &reference), ["amd64", "arm64", "riscv64"]);
    let back = world.prints(["run", "--json", "back", "--ref", &reference]);
    assert_eq!(back.trim(), r#"["x86_64\nx86_64\n","aarch64\naarch64\n","riscv64\nriscv64\n"]"#);
    // A service, too, and who asks it.
    assert_eq!(world.prints(["run", "served"]), "aarch64\n");
}

/// The platforms of a pushed index, by somebody else's reading.
fn index(world: &World, reference: &str) -> Vec<String> {
    let mut skopeo = world.command("skopeo");
    skopeo.args(["inspect", "--tls-verify=false", "--raw", &format!("docker://{reference}")]);
    let raw = finish(&mut skopeo).success().stdout;
    let index: Value = serde_json::from_str(&raw).unwrap();
    let platform = |manifest: &Value| manifest["platform"]["architecture"].as_str().unwrap().to_owned();
    index["manifests"].as_array().unwrap().iter().map(platform).collect()
}

/// The sample: compiled by this machine's Go for others, and what it made runs as what it is for.
#[test]
fn multiarch() {
    if !runs_others("multiarch") {
        return;
    }
    let Some(images) = Registry::start("multiarch") else { return };
    let sample = repository().join("lang/syntax/tests/programs/multiarch.pipe");
    let text = std::fs::read_to_string(sample).unwrap();
    let text = text.replace("\"linux/arm64\"]", "\"linux/arm64\", \"linux/riscv64\"]");
    let says = "pub fn says() -> List[String] { [for p in platforms => app(p).run([\"/app\"], network: Off).stderr] }\n";
    let world = images.module(&format!("{text}\n{says}"));
    copy_tree(&repository().join("tests/images/multiarch"), &world.package().join("src"));
    let pushed = Registry::empty();
    let reference = format!("{}/team/app:1", pushed.address);
    world.run(["run", "--network", "off", "publish", "--ref", &reference]).success();
    assert_eq!(index(&world, &reference), ["amd64", "arm64", "riscv64"]);
    let said = world.prints(["run", "--network", "off", "--json", "says"]);
    assert_eq!(said.trim(), r#"["amd64\n","arm64\n","riscv64\n"]"#);
    world.run(["test"]).success();
}
