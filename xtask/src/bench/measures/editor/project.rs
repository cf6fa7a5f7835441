//! The same program twice: modules of functions, each of which calls the one before it.

use std::path::{Path, PathBuf};

use super::super::failing;

/// What a project is written in.
#[derive(Clone, Copy)]
pub(super) enum Language {
    Pipe,
    Python,
}

impl Language {
    /// What editors call it.
    pub(super) fn id(self) -> &'static str {
        match self {
            Language::Pipe => "pipe",
            Language::Python => "python",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Language::Pipe => "pipe",
            Language::Python => "py",
        }
    }

    /// What stands before the functions of a module.
    fn head(self, module: usize) -> String {
        match (self, module) {
            (Language::Pipe, 0) => String::new(),
            (Language::Pipe, _) => format!("use \"./m{}.pipe\" as before\n\n", module - 1),
            (Language::Python, 0) => "from container import Container, image\n\n".to_owned(),
            (Language::Python, _) => {
                format!("import m{} as before\nfrom container import Container\n\n", module - 1)
            }
        }
    }

    /// A function of eight lines, with its name and the call it makes.
    fn function(self, name: &str, call: &str) -> String {
        match self {
            Language::Pipe => format!(
                "## It goes on from the one before.\n\
                 pub fn {name}(name: String, count: Int) -> Container {{\n  \
                   let label = \"${{name}}-${{count}}\"\n  \
                   let base = {call}.env(\"NAME\", label)\n  \
                   let more = if count > 3 {{ base.env(\"MANY\", label) }} else {{ base }}\n  \
                   more.run([\"echo\", label])\n\
                 }}\n\n"
            ),
            Language::Python => format!(
                "def {name}(name: str, count: int) -> Container:\n    \
                     \"\"\"It goes on from the one before.\"\"\"\n    \
                     label = f\"{{name}}-{{count}}\"\n    \
                     base = {call}.env(\"NAME\", label)\n    \
                     more = base.env(\"MANY\", label) if count > 3 else base\n    \
                     return more.run([\"echo\", label])\n\n\n"
            ),
        }
    }

    /// What makes it whole: the entry module, or the classes.
    fn rest(self, modules: usize, functions: usize) -> (&'static str, String) {
        let (module, last) = (modules - 1, functions - 1);
        match self {
            Language::Pipe => (
                "main.pipe",
                format!("use \"./m{module}.pipe\" as last\n\npub fn all() -> Container {{ last.f{last}(\"all\", 1) }}\n"),
            ),
            Language::Python => (
                "container.py",
                "class Container:\n    def env(self, name: str, value: str) -> \"Container\":\n        return self\n\n    \
                 def run(self, command: list[str]) -> \"Container\":\n        return self\n\n\n\
                 def image(name: str) -> Container:\n    return Container()\n"
                    .to_owned(),
            ),
        }
    }
}

/// A project on the disk.
pub(super) struct Project {
    pub(super) folder: PathBuf,
    language: Language,
    modules: usize,
}

/// Where things are done.
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) text: String,
    /// What becomes wrong and right again.
    pub(super) argument: Argument,
    /// The end of an expression that is a container.
    pub(super) dot: Spot,
    /// A called function's name.
    pub(super) call: Spot,
}

/// A place in a file, from 0.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A text, and one of a wrong type to replace it with.
pub(super) struct Argument {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) right: &'static str,
    pub(super) wrong: &'static str,
}

impl Project {
    /// Writes so many functions into so many modules.
    pub(super) fn write(
        folder: &Path,
        language: Language,
        functions: usize,
        modules: usize,
    ) -> Result<Project, String> {
        failing(std::fs::create_dir_all(folder), folder)?;
        let each = functions / modules;
        let file = |name: &str, text: &str| failing(std::fs::write(folder.join(name), text), folder);
        for module in 0..modules {
            let mut text = language.head(module);
            for number in 0..each {
                let call = match (module, number) {
                    (0, 0) => "image(\"alpine:3.20\")".to_owned(),
                    (_, 0) => format!("before.f{}(label, 1)", each - 1),
                    _ => format!("f{}(label, 1)", number - 1),
                };
                text.push_str(&language.function(&format!("f{number}"), &call));
            }
            file(&format!("m{module}.{}", language.extension()), &text)?;
        }
        let (name, text) = language.rest(modules, each);
        file(name, &text)?;
        Ok(Project { folder: folder.to_path_buf(), language, modules })
    }

    /// The modules with their texts.
    pub(super) fn files(&self) -> Result<Vec<(PathBuf, String)>, String> {
        (0..self.modules).map(|module| self.file(module)).collect()
    }

    /// In the middle of the module in the middle.
    pub(super) fn place(&self) -> Result<Place, String> {
        let (file, text) = self.file(self.modules / 2)?;
        let lines: Vec<&str> = text.lines().collect();
        let find = |part: &str| {
            let line = (lines.len() / 2..lines.len()).find(|line| lines[*line].contains(part));
            let line = line.ok_or_else(|| format!("{}: no {part:?}", file.display()))?;
            Ok::<_, String>(Spot { line, column: lines[line].find(part).unwrap_or_default() })
        };
        let call = find("f50(label, 1)").or_else(|_| find("(label, 1)"))?;
        let number = find("label, 1)")?;
        let dot = find(".env(\"NAME\", label)")?;
        let end = Spot { line: dot.line, column: dot.column + ".env(\"NAME\", label)".len() };
        let argument = Argument {
            line: number.line,
            column: number.column + "label, ".len(),
            right: "1",
            wrong: "\"\"",
        };
        Ok(Place { file, text, argument, dot: end, call })
    }

    fn file(&self, module: usize) -> Result<(PathBuf, String), String> {
        let file = self.folder.join(format!("m{module}.{}", self.language.extension()));
        let text = failing(std::fs::read_to_string(&file), &file)?;
        Ok((file, text))
    }
}
