//! Each target meets its demands on what it begins with, and on a few changes of that.

use std::path::{Path, PathBuf};

use pipe_fuzz::mutator::mutate;

/// How often each text is changed.
const CHANGES: u32 = 3;
const ROOM: usize = 16 << 10;

fn files(folder: &str) -> Vec<PathBuf> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        match std::fs::read_dir(&path) {
            Ok(entries) => open.extend(entries.map(|entry| entry.expect("an entry").path())),
            Err(_) => files.push(path),
        }
    }
    files.sort();
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The programs of the examples, as they are and changed.
fn on_programs(run: fn(&str)) {
    let programs =
        files("../examples").into_iter().filter(|path| path.extension().is_some_and(|end| end == "pipe"));
    let programs: Vec<PathBuf> = programs.collect();
    assert!(!programs.is_empty());
    for (number, path) in programs.iter().enumerate() {
        let text = read(path);
        run(&text);
        for change in 0..CHANGES {
            let mut data = text.clone().into_bytes();
            data.resize(ROOM, 0);
            let seed = number as u32 * CHANGES + change;
            let size = mutate(&mut data, text.len(), ROOM, seed, |_, size, _| size / 2);
            pipe_fuzz::with_text(&data[..size], run);
        }
    }
}

#[test]
fn the_lexer_on_programs() {
    on_programs(pipe_fuzz::lexer::run);
}

#[test]
fn the_parser_on_programs() {
    on_programs(pipe_fuzz::parser::run);
}

#[test]
fn the_formatter_on_programs() {
    on_programs(pipe_fuzz::formatter::run);
}

#[test]
fn the_checker_on_programs() {
    on_programs(pipe_fuzz::checker::run);
}

#[test]
fn the_evaluator_on_programs() {
    on_programs(pipe_fuzz::evaluator::run);
}

#[test]
fn the_editor_on_programs() {
    on_programs(pipe_fuzz::editor::run);
}

/// Readers of something else get programs, too: nothing has to be in its form.
#[test]
fn readers_of_other_texts_on_everything_there_is() {
    for path in files("../examples") {
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        pipe_fuzz::archive::run(&bytes);
        // An example may have an image or an archive among its files.
        let Ok(text) = String::from_utf8(bytes) else { continue };
        pipe_fuzz::dockerfile::run(&text);
        pipe_fuzz::manifest::run(&text);
    }
}

/// A line that is `---` stands for a zero byte.
#[test]
fn kept_seeds() {
    for (folder, run) in
        [("seeds/image", pipe_fuzz::image::run as fn(&[u8])), ("seeds/framing", pipe_fuzz::framing::run)]
    {
        for path in files(folder) {
            run(read(&path).replace("\n---\n", "\0").as_bytes());
        }
    }
}
