//! `pipe init`.

mod templates;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::args::InitArgs;
use crate::environment::Environment;
use crate::exit::CliError;
use crate::output;

/// Makes a package from a template. What is there already is never touched: then nothing is made at all.
pub(crate) fn run(args: &InitArgs, environment: &Environment) -> Result<(), CliError> {
    let folder = environment.current_dir.join(args.directory.as_deref().unwrap_or(Path::new(".")));
    let manifest = format!("[package]\nname = \"{}\"\n", package_name(&folder));
    let files: Vec<(PathBuf, &str)> = std::iter::once(("pipe.toml", manifest.as_str()))
        .chain(templates::files(args.template).iter().copied())
        .map(|(name, text)| (folder.join(name), text))
        .collect();
    let taken = files.iter().find(|(path, _)| path.symlink_metadata().is_ok());
    if let Some((path, _)) = taken {
        return Err(CliError::usage(format!("{} exists, and `pipe init` never overwrites", path.display()))
            .help("name another folder: `pipe init DIR`"));
    }
    for (path, text) in &files {
        make(path, text).map_err(|error| {
            let message = format!("cannot write {}: {error}", path.display());
            match error.kind() {
                ErrorKind::StorageFull => CliError::machine(message),
                _ => CliError::usage(message),
            }
        })?;
    }
    let at = args.directory.as_ref().map(|folder| format!("-C {} ", folder.display())).unwrap_or_default();
    output::notice(&format!(
        "made a package with {} files; try `pipe {at}list`, `pipe {at}test` and `pipe {at}run {}`\n",
        files.len(),
        templates::first_target(args.template),
    ));
    Ok(())
}

fn make(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

/// The folder's name as a package's: letters, digits, `-` and `_`.
fn package_name(folder: &Path) -> String {
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    let fits = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = name.chars().map(fits).collect();
    match name.trim_matches(['-', '_']) {
        "" => "pipeline".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_has_a_name_for_its_package() {
        let names = [("/x/My App", "My-App"), ("/x/_a.b_", "a-b"), ("/", "pipeline"), ("/x/…", "pipeline")];
        for (folder, name) in names {
            assert_eq!(package_name(Path::new(folder)), name);
        }
    }
}
