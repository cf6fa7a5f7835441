//! What a target begins with: programs and files of this repository, and `fuzz/seeds`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{repository, run};

/// The folder of a target's inputs, with its seeds laid in; what earlier runs found stays.
pub(super) fn corpus(root: &Path, target: &str) -> Result<PathBuf, String> {
    let folder = root.join("fuzz/corpus").join(target);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut texts = kept(root, target);
    match target {
        "lexer" | "parser" | "formatter" | "checker" | "evaluator" | "editor" => texts.extend(programs(root)),
        "dockerfile" => texts.extend(dockerfiles(root)),
        "manifest" => texts.extend(named(root, &["pipe.toml", "pipe.lock"])),
        "archive" => archives(root, &folder)?,
        _ => {}
    }
    for (number, text) in texts.iter().enumerate() {
        let file = folder.join(format!("seed-{number}"));
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(folder)
}

/// Files that are written for the target: `fuzz/seeds/TARGET/*`. A line that is `---` stands for a zero byte.
fn kept(root: &Path, target: &str) -> Vec<String> {
    let folder = PathBuf::from("fuzz/seeds").join(target);
    let files = repository::files(root).into_iter().filter(|file| file.starts_with(&folder));
    files.map(|file| repository::read(root, &file).replace("\n---\n", "\0")).collect()
}

/// Every program of the repository: files, and fences of pages.
fn programs(root: &Path) -> Vec<String> {
    let files = repository::with_extension(root, "pipe");
    let mut texts: Vec<String> = files.iter().map(|file| repository::read(root, file)).collect();
    for page in repository::with_extension(root, "md") {
        texts.extend(fences(&repository::read(root, &page), "pipe"));
    }
    texts
}

fn dockerfiles(root: &Path) -> Vec<String> {
    let mut texts = named(root, &["Dockerfile", ".dockerignore"]);
    for page in repository::with_extension(root, "md") {
        texts.extend(fences(&repository::read(root, &page), "dockerfile"));
    }
    texts
}

fn named(root: &Path, names: &[&str]) -> Vec<String> {
    let is_named = |file: &PathBuf| {
        file.file_name().and_then(|name| name.to_str()).is_some_and(|name| names.contains(&name))
    };
    let files = repository::files(root).into_iter().filter(is_named);
    files.map(|file| repository::read(root, &file)).collect()
}

/// The fenced texts of a page whose info begins with a word.
fn fences(page: &str, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let text: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        if info.split_whitespace().next() == Some(word) {
            found.push(text.join("\n") + "\n");
        }
    }
    found
}

/// The same few files in each form that is read.
fn archives(root: &Path, folder: &Path) -> Result<(), String> {
    for (name, how) in [
        ("tar", "-c"),
        ("gz", "-cz"),
        ("xz", "-cJ"),
        ("bz2", "-cj"),
        ("zst", "-c --zstd"),
        ("pax", "-c --format=pax"),
    ] {
        let file = folder.join(format!("seed-{name}"));
        let mut tar = Command::new("tar");
        tar.args(how.split(' ')).arg("-f").arg(&file).arg("-C").arg(root).args(["LICENSE", "examples"]);
        // A compressor that is not there is one seed less.
        if run::output(&mut tar).is_err() {
            let _ = std::fs::remove_file(&file);
        }
    }
    let zip = folder.join("seed-zip");
    let mut python = Command::new("python3");
    let _ = run::output(
        python
            .args(["-m", "zipfile", "-c"])
            .arg(&zip)
            .arg(root.join("LICENSE"))
            .arg(root.join("rustfmt.toml")),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_pages_are_seeds() {
        let page = "```pipe before\na\n```\ntext\n```sh\nb\n```\n```pipe\nc\n```\n";
        assert_eq!(fences(page, "pipe"), ["a\n", "c\n"]);
    }
}
