//! Cache volumes to archives and back.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use pipe_archive::{ArchiveError, Limits, UnpackFailure, pack_volume, unpack_volume};
use pipe_ops::pure::check_text;
use pipe_store::{Store, VolumeContent, VolumeHistory, VolumeId, VolumeOwner, VolumePlacing};

use super::{SHOWN, failed, in_use, meant};
use crate::args::{ExportArgs, GlobalArgs, ImportArgs};
use crate::config::Config;
use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::package::Package;
use crate::rewrite::write_beside;
use crate::{output, upkeep};

/// Bytes that are written at a time.
const PIECE: usize = 256 << 10;

/// Stands for standard input and output.
const STREAM: &str = "-";

/// Writes a volume to an archive.
pub(super) fn export(store: &Store, args: &ExportArgs, environment: &Environment) -> Result<(), CliError> {
    let file = args.file.as_deref().filter(|file| *file != Path::new(STREAM));
    if file.is_none() && environment.stdout_is_terminal {
        return Err(CliError::usage("an archive is nothing for a terminal")
            .help("name a file, or send standard output to one"));
    }
    if let Some(folder) = file.filter(|file| environment.current_dir.join(file).is_dir()) {
        return Err(CliError::usage(format!("{} is a directory, not a file to write to", folder.display()))
            .help(format!("name a file in it: {}", folder.join("volume.tar").display())));
    }
    let entries = store.volumes().map_err(failed)?;
    let found = meant(&entries, &args.volume)?;
    let [entry] = found.as_slice() else {
        let keys: Vec<&str> =
            found.iter().map(|entry| entry.key.get(..SHOWN).unwrap_or(&entry.key)).collect();
        return Err(CliError::usage(format!("there are several cache volumes `{}`", args.volume))
            .help(format!("name one by its key: {}", keys.join(", "))));
    };
    let Some(volume) = store.volume_content(&entry.key).map_err(failed)? else {
        return Err(in_use(&args.volume).help("try again when that step is over"));
    };
    match file {
        None => write(&volume, io::stdout().lock(), "standard output"),
        Some(file) => {
            let shown = file.display().to_string();
            let place = environment.current_dir.join(file);
            // A pipe or a device is written to; it cannot be replaced.
            match std::fs::metadata(&place) {
                Ok(found) if !found.is_file() && !found.is_dir() => {
                    let opened = File::options().write(true).open(&place);
                    write(&volume, opened.map_err(|error| not_written(&shown, &error))?, &shown)
                }
                _ => {
                    write_beside(&place, |to| write(&volume, to, &shown), |error| not_written(&shown, &error))
                }
            }
        }
    }
}

fn write(volume: &VolumeContent, to: impl Write, place: &str) -> Result<(), CliError> {
    let mut to = BufWriter::with_capacity(PIECE, to);
    let written = pack_volume(volume, &mut to).and_then(|()| Ok(to.flush()?));
    written.map_err(|error| match error {
        // Whoever read it has had enough.
        ArchiveError::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            CliError::silent(Exit::Failed)
        }
        ArchiveError::Write(error) => not_written(place, &error),
        ArchiveError::Entry { .. } => CliError::new(Exit::Failed, error.to_string()),
        ArchiveError::Store(error) => failed(error),
    })
}

fn not_written(place: &str, error: &io::Error) -> CliError {
    CliError::machine(format!("cannot write to {place}: {error}"))
}

/// Makes a volume of an archive.
pub(super) fn import(
    store: &Store,
    args: &ImportArgs,
    global: &GlobalArgs,
    environment: &Environment,
) -> Result<(), CliError> {
    check_name("the name of a cache volume", &args.volume)?;
    if let Some(platform) = &args.platform {
        check_text("Platform", platform).map_err(|error| {
            CliError::usage(format!("--platform: {error}"))
                .help("a platform is like linux/amd64, linux/arm64 or linux/arm/v7")
        })?;
    }
    args.user.as_deref().map_or(Ok(()), check_user)?;
    let limits = Config::read(environment.config.as_deref())?.limits()?;
    let owner = match &args.shared {
        Some(group) => {
            check_name("the name of a group", group)?;
            VolumeOwner::Group(group.clone())
        }
        None => {
            let folder = Package::folder_of(environment, global.directory.as_deref())?;
            let folder = folder
                .canonicalize()
                .map_err(|error| CliError::usage(format!("cannot read {}: {error}", folder.display())))?;
            VolumeOwner::package(&folder)
        }
    };
    let unpacked = unpack_volume(store, &mut *open(&args.file, environment)?, &Limits::default());
    let unpacked = unpacked.map_err(|failure| refused(failure, &args.file))?;
    let history = unpacked.history.as_ref();
    let platform = args.platform.as_deref().or(history.map(VolumeHistory::platform));
    let user = args.user.as_deref().or(history.map(VolumeHistory::user));
    let id = VolumeId {
        owner,
        name: args.volume.clone(),
        platform: platform.map_or_else(pipe_engine::machine_platform, str::to_owned),
        // As a step says it that runs as root.
        user: user.filter(|user| *user != "root").unwrap_or("0").to_owned(),
    };
    let lost_owners = unpacked.content.lost_owners();
    match store.place_volume(&id, unpacked.content, unpacked.history, args.replace).map_err(failed)? {
        VolumePlacing::Placed => {}
        VolumePlacing::InUse => {
            return Err(in_use(&args.volume).help("try again when that step is over"));
        }
        VolumePlacing::Exists => {
            let VolumeId { name, owner, platform, user } = &id;
            let whose =
                format!("there is a cache volume `{name}` of {owner}, {platform}, user {user} already");
            return Err(CliError::usage(whose).help("`--replace` removes it first"));
        }
    }
    if lost_owners {
        output::notice(
            "warning: this user's steps have a single user id, so everything in the volume belongs to it; `pipe doctor` says how to get more\n",
        );
    }
    upkeep::settle(store, &limits, |message| output::notice(&format!("warning: {message}\n")));
    Ok(())
}

/// As the language has it: what names a volume or a group.
fn check_name(what: &str, name: &str) -> Result<(), CliError> {
    if name.is_empty() || name.len() > 200 || name.chars().any(char::is_control) {
        return Err(CliError::usage(format!("{what} has 1 to 200 bytes and no control characters")));
    }
    Ok(())
}

/// As a step has it, without its group: a volume is every group's of its user.
fn check_user(user: &str) -> Result<(), CliError> {
    let is_odd = |c: char| c == ':' || c.is_whitespace() || c.is_control();
    if user.is_empty() || user.len() > 200 || user.contains(is_odd) {
        return Err(CliError::usage(format!("--user: `{}` is no user of a step", user.escape_debug()))
            .help("name one as in `.user(…)`, without its group: root, node, 1000"));
    }
    Ok(())
}

fn open(file: &Path, environment: &Environment) -> Result<Box<dyn Read>, CliError> {
    if file == Path::new(STREAM) {
        return Ok(Box::new(io::stdin().lock()));
    }
    let opened = File::open(environment.current_dir.join(file));
    let opened = opened.map_err(|error| not_read(file, &error))?;
    Ok(Box::new(opened))
}

fn not_read(file: &Path, error: &io::Error) -> CliError {
    CliError::usage(format!("cannot read {}: {error}", file.display()))
}

fn refused(failure: UnpackFailure, file: &Path) -> CliError {
    match failure {
        UnpackFailure::Content(reason) => {
            CliError::new(Exit::Failed, format!("the archive {} is refused: {reason}", file.display()))
        }
        UnpackFailure::Read(error) => not_read(file, &error),
        UnpackFailure::Store(error) => failed(error),
    }
}
