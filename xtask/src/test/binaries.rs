//! Building the tests, and copies that every user can run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{repository, run};

/// What the build gave.
pub(super) struct Built {
    /// The program.
    pub(super) pipe: PathBuf,
    /// What makes the grammar for editors.
    pub(super) grammar: PathBuf,
    /// Every test binary.
    pub(super) tests: Vec<TestBinary>,
}

/// A test binary.
pub(super) struct TestBinary {
    /// The package it belongs to.
    pub(super) package: String,
    /// The target's name.
    target: String,
    /// An integration test rather than the tests beside the code.
    pub(super) integration: bool,
    /// The package's folder: tests expect to run there.
    folder: PathBuf,
    path: PathBuf,
}

impl TestBinary {
    /// Package and target.
    pub(super) fn title(&self) -> String {
        if self.integration { format!("{}::{}", self.package, self.target) } else { self.package.clone() }
    }

    /// Runs it as `cargo test` would.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.arg("--show-output").current_dir(&self.folder);
        command.env("CARGO_MANIFEST_DIR", &self.folder).env("INSTA_UPDATE", "no");
        command
    }
}

/// Builds everything that tests need.
pub(super) fn build() -> Result<Built, String> {
    let mut command = run::cargo();
    command
        .args(["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"])
        .current_dir(repository::root())
        .stderr(Stdio::inherit());
    let output = command.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err("the tests do not build".to_owned());
    }
    let messages: Vec<Value> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    let artifacts = messages.iter().filter(|message| message["reason"] == "compiler-artifact");
    let mut built = Built { pipe: PathBuf::new(), grammar: PathBuf::new(), tests: Vec::new() };
    for artifact in artifacts {
        let Some(path) = artifact["executable"].as_str().map(PathBuf::from) else { continue };
        if artifact["profile"]["test"] == true {
            built.tests.extend(test_binary(artifact, path));
        } else if artifact["target"]["name"] == "pipe" {
            built.pipe = path;
        } else if artifact["target"]["name"] == "pipe-tree-sitter" {
            built.grammar = path;
        }
    }
    if built.pipe.as_os_str().is_empty() {
        return Err("the build gave no `pipe`".to_owned());
    }
    Ok(built)
}

fn test_binary(artifact: &Value, path: PathBuf) -> Option<TestBinary> {
    let manifest = PathBuf::from(artifact["manifest_path"].as_str()?);
    let text = std::fs::read_to_string(&manifest).ok()?;
    let table: toml::Table = toml::from_str(&text).ok()?;
    Some(TestBinary {
        package: table.get("package")?.get("name")?.as_str()?.to_owned(),
        target: artifact["target"]["name"].as_str()?.to_owned(),
        integration: artifact["target"]["kind"][0] == "test",
        folder: manifest.parent()?.to_path_buf(),
        path,
    })
}

/// The examples in documentation.
pub(super) fn doc_tests() -> Command {
    let mut command = run::cargo();
    command.args(["test", "--workspace", "--doc", "--quiet"]).current_dir(repository::root());
    command
}

/// Copies that any user can read and run, removed when dropped.
pub(super) struct Staged {
    /// The folder of the copies.
    pub(super) folder: PathBuf,
    /// The program.
    pub(super) pipe: PathBuf,
    /// What tests read of the repository.
    pub(super) repository: PathBuf,
    /// The test binaries.
    pub(super) tests: Vec<StagedTest>,
    /// The storage of a registry that has the images of tests.
    pub(super) images: Option<PathBuf>,
    /// The Python modules of `pre-commit`.
    pub(super) pre_commit: Option<PathBuf>,
}

/// A copy of a test binary.
pub(super) struct StagedTest {
    title: String,
    pub(super) path: PathBuf,
}

impl StagedTest {
    /// Package and target.
    pub(super) fn display_name(&self) -> &str {
        &self.title
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Parts of the repository that end-to-end tests read.
const READ_BY_TESTS: &[&str] = &[
    "examples",
    "tests",
    "docs/coming-from",
    "docs/errors",
    "docs/reference",
    ".pre-commit-hooks.yaml",
    "lang/syntax/tests/programs",
];

pub(super) fn stage(root: &Path, pipe: &Path, tests: &[&TestBinary]) -> Result<Staged, String> {
    let folder = std::env::temp_dir().join(format!("pipe-tests-{}", std::process::id()));
    let copy = |from: &Path, to: &Path| {
        std::fs::copy(from, to).map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
    };
    std::fs::create_dir_all(folder.join("bin")).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut staged = Staged {
        pipe: folder.join("bin/pipe"),
        repository: folder.join("repository"),
        folder,
        tests: Vec::new(),
        images: None,
        pre_commit: None,
    };
    copy(pipe, &staged.pipe)?;
    for test in tests {
        let path = staged.folder.join("bin").join(format!("test-{}", test.target));
        copy(&test.path, &path)?;
        staged.tests.push(StagedTest { title: test.title(), path });
    }
    for part in READ_BY_TESTS {
        for file in repository::files(&root.join(part)) {
            // A part that is a file has one without a name.
            let below = |part: PathBuf| if file.as_os_str().is_empty() { part } else { part.join(&file) };
            let to = below(staged.repository.join(part));
            std::fs::create_dir_all(to.parent().unwrap_or(&to)).map_err(|error| error.to_string())?;
            copy(&below(root.join(part)), &to)?;
        }
    }
    readable(&staged.folder)?;
    Ok(staged)
}

/// Whatever the umask, others may read and enter.
fn readable(folder: &Path) -> Result<(), String> {
    run::succeed(Command::new("chmod").args(["-R", "a+rX"]).arg(folder))
}
