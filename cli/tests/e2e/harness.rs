//! A hermetic place to run `pipe` in: own home, own store, no variables of the caller.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The binary under test. `PIPE_TEST_BINARY` names it where the build folder cannot be read: another user's tests.
pub(crate) fn pipe_binary() -> PathBuf {
    std::env::var_os("PIPE_TEST_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_pipe").into(), PathBuf::from)
}

/// The repository's root. `PIPE_TEST_REPOSITORY` names a copy for another user.
pub(crate) fn repository() -> PathBuf {
    std::env::var_os("PIPE_TEST_REPOSITORY")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf(), PathBuf::from)
}

/// Says that a test cannot run here. Written past the capture of the test runner: the lines are counted.
pub(crate) fn skip(name: &str, reason: &str) {
    let _ = writeln!(std::io::stderr().lock(), "SKIP {name}: {reason}");
}

/// The user that the tests run as.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Steps of this user have more than one id: it is root, or has a range of subordinate ids.
pub(crate) fn has_ids() -> bool {
    let name = finish(Command::new("id").arg("-un")).success().stdout;
    let ranges = std::fs::read_to_string("/etc/subuid").unwrap_or_default();
    is_root() || ranges.lines().any(|line| line.split(':').next() == Some(name.trim()))
}

/// A folder with a package in it, a home and a store.
pub(crate) struct World {
    root: TempDir,
}

impl World {
    /// Without any file.
    pub(crate) fn empty() -> World {
        let root = tempfile::Builder::new().prefix("pipe-e2e-").tempdir().unwrap();
        for folder in ["package", "home"] {
            std::fs::create_dir(root.path().join(folder)).unwrap();
        }
        World { root }
    }

    /// With a package of one module.
    pub(crate) fn module(text: &str) -> World {
        let world = World::empty();
        world.write("pipe.toml", "[package]\nname = \"test\"\n");
        world.write("main.pipe", text);
        world
    }

    /// With a package whose functions stand on the host's tools: `tools` is there.
    pub(crate) fn tools(text: &str) -> World {
        World::module(&format!("param tools: Container = host.toolchain()\n\n{text}"))
    }

    /// With a copy of an example of the repository.
    pub(crate) fn example(name: &str) -> World {
        let world = World::empty();
        copy_tree(&repository().join("examples").join(name), &world.package());
        world
    }

    /// The package's folder.
    pub(crate) fn package(&self) -> PathBuf {
        self.root.path().join("package")
    }

    /// The user's home.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Where the store will be.
    pub(crate) fn store(&self) -> PathBuf {
        self.root.path().join("store")
    }

    /// A path beside package, home and store.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Writes a file of the package.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.package().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Reads a file of the package.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.package().join(name)).unwrap()
    }

    /// Has the registry at `url` stand for the public ones.
    pub(crate) fn mirror(&self, url: &str) {
        let mirrors = ["docker.io", "gcr.io", "ghcr.io"]
            .map(|registry| format!("[registry.\"{registry}\"]\nmirrors = [\"{url}\"]\n"));
        self.configure(&mirrors.concat());
    }

    /// Writes the user's configuration.
    pub(crate) fn configure(&self, text: &str) {
        let folder = self.home().join(".config/pipe");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), text).unwrap();
    }

    /// A command in the package's folder, with nothing of the caller's environment.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.package())
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", self.home())
            .env("PIPE_STORE", self.store())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }

    /// `pipe`, to be given arguments.
    pub(crate) fn pipe(&self) -> Command {
        self.command(pipe_binary())
    }

    /// Runs `pipe` to its end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Outcome {
        finish(self.pipe().args(args))
    }

    /// Runs `pipe` and gives what it printed; it has to succeed.
    pub(crate) fn prints<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> String {
        self.run(args).success().stdout
    }

    /// Starts `pipe`, with its events readable.
    pub(crate) fn start<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Running {
        self.start_with(self.pipe(), args)
    }

    /// As [`World::start`], of a `pipe` that was prepared.
    pub(crate) fn start_with<A: AsRef<OsStr>>(
        &self,
        mut pipe: Command,
        args: impl IntoIterator<Item = A>,
    ) -> Running {
        let child = pipe
            .arg("--progress=json")
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Running::new(child)
    }

    /// Runs `pipe` with `--progress json`.
    pub(crate) fn events<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Outcome {
        finish(self.pipe().arg("--progress=json").args(args))
    }

    /// The work folders of runs that the store holds.
    pub(crate) fn work_folders(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.store().join("work"))
            .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
            .unwrap_or_default()
    }
}

/// Runs a command to its end.
pub(crate) fn finish(command: &mut Command) -> Outcome {
    let shown = format!("{command:?}");
    let output = command.output().unwrap_or_else(|error| panic!("{shown}: {error}"));
    Outcome::of(&shown, &output)
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    shown: String,
    /// The exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Outcome {
    /// Of a command that has ended.
    pub(crate) fn of(shown: &str, output: &std::process::Output) -> Outcome {
        Outcome {
            shown: shown.to_owned(),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// It ended with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Outcome {
        assert_eq!(
            self.code,
            Some(code),
            "{}\n--- stdout\n{}\n--- stderr\n{}",
            self.shown,
            self.stdout,
            self.stderr
        );
        assert!(!self.stderr.contains("panicked at"), "{}", self.stderr);
        self
    }

    /// It succeeded.
    #[track_caller]
    pub(crate) fn success(self) -> Outcome {
        self.exits(0)
    }

    /// Standard error has this in it.
    #[track_caller]
    pub(crate) fn says(self, part: &str) -> Outcome {
        assert!(
            self.stderr.contains(part),
            "{} should say {part:?}\n--- stderr\n{}",
            self.shown,
            self.stderr
        );
        self
    }

    /// Objects of the event stream: every line of standard error.
    pub(crate) fn objects(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stderr.lines().map(parse).collect()
    }

    /// Names of the steps that came into this state, in order.
    pub(crate) fn steps(&self, state: &str) -> Vec<String> {
        self.objects()
            .iter()
            .filter(|object| object["event"] == "step" && object["state"] == state)
            .map(|object| object["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Keys of the steps that came into this state.
    pub(crate) fn keys(&self, state: &str) -> Vec<String> {
        self.objects()
            .iter()
            .filter(|object| object["event"] == "step" && object["state"] == state)
            .filter_map(|object| object["key"].as_str().map(str::to_owned))
            .collect()
    }

    /// What warnings say, without the one that belongs to the machine: an ordinary user's steps may have a single id.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let text = |object: &Value| object["message"].as_str().unwrap().to_owned();
        self.objects()
            .iter()
            .filter(|object| object["event"] == "warning")
            .map(text)
            .filter(|text| !text.starts_with("steps have a single user id"))
            .collect()
    }

    /// The object of this kind, of which there is one.
    #[track_caller]
    pub(crate) fn the(&self, event: &str) -> Value {
        let found: Vec<Value> =
            self.objects().into_iter().filter(|object| object["event"] == event).collect();
        assert_eq!(found.len(), 1, "{event}: {}", self.stderr);
        found.into_iter().next().unwrap()
    }
}

/// A `pipe` that runs, with its event stream.
pub(crate) struct Running {
    child: Child,
    lines: std::io::Lines<std::io::BufReader<std::process::ChildStderr>>,
    seen: Vec<Value>,
}

impl Running {
    fn new(mut child: Child) -> Running {
        use std::io::BufRead;
        let stderr = child.stderr.take().unwrap();
        Running { child, lines: std::io::BufReader::new(stderr).lines(), seen: Vec::new() }
    }

    /// Waits for an object of the event stream.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let Some(line) = self.lines.next() else { panic!("the stream ended: {:#?}", self.seen) };
            let Ok(object) = serde_json::from_str::<Value>(&line.unwrap()) else { continue };
            self.seen.push(object.clone());
            if wanted(&object) {
                return object;
            }
        }
    }

    /// Waits until a step prints this.
    #[track_caller]
    pub(crate) fn wait_for_log(&mut self, part: &str) {
        self.wait_for(|object| object["event"] == "log" && object["text"].as_str().unwrap().contains(part));
    }

    /// Its process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits for its end; gives the exit code and the rest of the events.
    pub(crate) fn wait(mut self) -> Outcome {
        for line in self.lines.by_ref() {
            self.seen.extend(line.ok().and_then(|line| serde_json::from_str(&line).ok()));
        }
        let output = self.child.wait_with_output().unwrap();
        Outcome {
            shown: "pipe".to_owned(),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: self.seen.iter().map(|object| format!("{object}\n")).collect(),
        }
    }
}

/// Command lines of all processes that this user may look at.
pub(crate) fn command_lines() -> Vec<String> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "))
        .collect()
}

/// Copies a folder with all in it.
pub(crate) fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
