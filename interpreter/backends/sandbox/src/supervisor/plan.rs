//! From a step's description to an image that its processes can use without allocating.

use std::collections::BTreeSet;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use super::attributes::{self, Attributes};
use super::layers::{LayerIndex, Stack};
use super::mountpoints::MountPoints;
use super::server::Context;
use super::view::{Content, Region, View};
use super::{accounts, skeleton};
use crate::child::image::{
    Attachment, Identity, Limits, Overlay, Source, Stack as ProcessStack, StepImage, Streams, StringArray,
};
use crate::child::mounts::DEVICES;
use crate::protocol::{Folder, Mount, MountedTree, Step, StepFailure};
use crate::toolchain::Toolchain;

/// A step that is ready to run, and what to look at when it has run.
pub(super) struct Plan {
    pub(super) image: StepImage,
    pub(super) root: Upper,
    pub(super) mounts: Vec<Upper>,
}

/// Where a step's changes end up.
pub(super) enum Upper {
    /// An overlay's upper folder, with the attributes it began with.
    Overlay { folder: PathBuf, before: Attributes },
    /// A folder with a private copy of a file under the name [`MOUNTED_FILE`], as it was before the step.
    File { folder: PathBuf, before: std::fs::Metadata },
}

/// The name of a mounted file in its folder.
pub(super) const MOUNTED_FILE: &str = "file";

/// Search path of an environment without `PATH`.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Plans a step whose folder is `folder`.
pub(super) fn plan(
    context: &Context,
    step: &Step,
    folder: &Path,
    streams: Streams,
) -> Result<Plan, StepFailure> {
    let mut planner = Planner::new(context, step, folder)?;
    if step.toolchain {
        planner.add_toolchain()?;
    }
    for path in ["/proc", "/sys", "/dev"] {
        planner.points.require_folder(Path::new(path)).map_err(StepFailure::Step)?;
    }
    let mounts = step.mounts.iter().enumerate().map(|(index, mount)| planner.add_mount(index, mount));
    let mounts = mounts.collect::<Result<Vec<_>, _>>()?;
    let account =
        accounts::find(step.user.as_deref(), &planner.points.view, context.ids).map_err(StepFailure::Step)?;
    let root = planner.overlay(0, "root")?;
    let (attachments, uppers) = planner.finish(mounts)?;
    let image = StepImage {
        root: root.0,
        attach_point: c_path(&context.attach_point)?,
        mount_fds: vec![-1; attachments.len()],
        attachments,
        device_fds: vec![-1; DEVICES.len()],
        workdir: folders_to(&step.workdir)?,
        identity: Identity {
            uid: account.uid,
            gid: account.gid,
            groups: account.groups,
            may_set_groups: !context.ids.is_single(),
            no_new_privileges: context.ids.is_single(),
        },
        limits: Limits { open_files: context.open_files },
        streams,
        network: context.networks.take(),
        filters: context.filters.clone(),
        programs: programs(step)?,
        argv: StringArray::new(texts(step.argv.iter().cloned())?),
        envp: StringArray::new(texts(step.env.iter().map(|(name, value)| format!("{name}={value}")))?),
        stack: ProcessStack::new(),
    };
    Ok(Plan { image, root: root.1, mounts: uppers })
}

/// A mount whose place is known and whose folders are not made yet.
struct Placed {
    target: PathBuf,
    kind: PlacedKind,
}

enum PlacedKind {
    /// By its region.
    Tree(usize),
    /// The file that is copied.
    File(PathBuf),
    /// Of the host.
    Host(PathBuf),
}

struct Planner<'a> {
    points: MountPoints<'a>,
    context: &'a Context,
    folder: &'a Path,
    host_parts: Vec<Placed>,
    /// The root's layers over the base.
    layers: Vec<PathBuf>,
}

impl<'a> Planner<'a> {
    fn new(context: &'a Context, step: &Step, folder: &'a Path) -> Result<Planner<'a>, StepFailure> {
        let base = if step.toolchain {
            context.bases.toolchain().map(|(path, _)| path)
        } else {
            context.bases.scratch()
        };
        let mut stack = layer_stack(&step.root, &context.index)?;
        let layers = stack.folders.clone();
        stack.folders.insert(0, base.map_err(StepFailure::Machine)?.to_path_buf());
        let root = Region { at: PathBuf::from("/"), content: Content::Layers(stack) };
        let view = View { regions: vec![root], index: &context.index };
        Ok(Planner { points: MountPoints::new(view), context, folder, host_parts: Vec::new(), layers })
    }

    /// The host's tools go over whatever the layers have at their paths.
    fn add_toolchain(&mut self) -> Result<(), StepFailure> {
        let (_, toolchain) = self.context.bases.toolchain().map_err(StepFailure::Machine)?;
        let touched = self.layers_touch(toolchain);
        for (name, target) in toolchain.links.iter().filter(|_| touched) {
            self.points.require_link(&Path::new("/").join(name), target).map_err(StepFailure::Step)?;
        }
        for part in &toolchain.parts {
            let source = part.source.clone();
            let content =
                if part.is_dir { Content::Host(source.clone()) } else { Content::File(source.clone()) };
            let path = Path::new("/").join(&part.name);
            let target = if touched {
                self.points.mount(&path, content).map_err(StepFailure::Step)?
            } else {
                self.points.mount_as_is(path, content)
            };
            self.host_parts.push(Placed { target, kind: PlacedKind::Host(source) });
        }
        Ok(())
    }

    /// Whether any layer over the base has anything where the tools go; few have.
    fn layers_touch(&self, toolchain: &Toolchain) -> bool {
        let parts = toolchain.parts.iter().map(|part| &part.name);
        let tops: BTreeSet<&OsStr> = parts
            .chain(toolchain.links.iter().map(|(name, _)| name))
            .filter_map(|name| name.iter().next())
            .collect();
        self.layers.iter().any(|layer| {
            self.context.index.facts(layer).names.iter().any(|name| tops.contains(name.as_os_str()))
        })
    }

    fn add_mount(&mut self, index: usize, mount: &Mount) -> Result<Placed, StepFailure> {
        let path = Path::new(&mount.path);
        if path == Path::new("/") || ["/proc", "/sys", "/dev"].iter().any(|kept| path.starts_with(kept)) {
            return Err(StepFailure::Step(format!("nothing can be mounted at `{}`", mount.path)));
        }
        let (content, kind) = match &mount.source {
            MountedTree::Folders(folders) => (
                Content::Layers(layer_stack(folders, &self.context.index)?),
                PlacedKind::Tree(self.points.view.regions.len()),
            ),
            MountedTree::File(file) => {
                let copy = self.folder.join(format!("mount{index}")).join(MOUNTED_FILE);
                (Content::File(copy), PlacedKind::File(layer_file(file, &self.context.index)?))
            }
        };
        let target = self.points.mount(path, content).map_err(StepFailure::Step)?;
        Ok(Placed { target, kind })
    }

    /// Makes the folders of a region's overlay.
    fn overlay(&self, region: usize, name: &str) -> Result<(Overlay, Upper), StepFailure> {
        let made = |path: PathBuf| -> Result<PathBuf, StepFailure> {
            std::fs::create_dir(&path).map_err(machine(&path))?;
            Ok(path)
        };
        let stack = self.points.view.regions.get(region).and_then(|region| match &region.content {
            Content::Layers(stack) => Some(stack.clone()),
            _ => None,
        });
        let mut stack = stack.unwrap_or_default();
        let upper = made(self.folder.join(name))?;
        match stack.folders.last() {
            // The root of an overlay has the attributes of its upper folder.
            Some(top) => attributes::copy_attributes(top, &upper).map_err(machine(top))?,
            None => {
                std::fs::set_permissions(&upper, PermissionsExt::from_mode(0o755)).map_err(machine(&upper))?
            }
        }
        let before = attributes::attributes(&upper).map_err(machine(&upper))?;
        if let Some(stubs) = self.points.stubs(region) {
            let top = self.folder.join(format!("{name}-stubs"));
            skeleton::make_over(&top, stubs, &stack, &self.context.index).map_err(machine(&top))?;
            stack.folders.push(top);
        }
        let work = made(self.folder.join(format!("{name}-work")))?;
        let lowers = stack.folders.iter().rev().map(|path| c_path(path)).collect::<Result<_, _>>()?;
        let overlay = Overlay { lowers, upper: c_path(&upper)?, work: c_path(&work)? };
        Ok((overlay, Upper::Overlay { folder: upper, before }))
    }

    /// Attachments in their order, the host's parts first, and the uppers of the step's own mounts.
    fn finish(&self, mounts: Vec<Placed>) -> Result<(Vec<Attachment>, Vec<Upper>), StepFailure> {
        let mut attachments = Vec::new();
        for part in &self.host_parts {
            if let PlacedKind::Host(source) = &part.kind {
                let source = Source::Host(c_path(source)?);
                attachments.push(Attachment { target: c_path(&part.target)?, source });
            }
        }
        let mut uppers = Vec::new();
        for (index, mount) in mounts.iter().enumerate() {
            let (source, upper) = self.mount_source(index, &mount.kind)?;
            attachments.push(Attachment { target: c_path(&mount.target)?, source });
            uppers.push(upper);
        }
        Ok((attachments, uppers))
    }

    fn mount_source(&self, index: usize, kind: &PlacedKind) -> Result<(Source, Upper), StepFailure> {
        let name = format!("mount{index}");
        match kind {
            PlacedKind::Tree(region) => {
                let (overlay, upper) = self.overlay(*region, &name)?;
                // Nothing below: the upper folder is all there is.
                let source = if overlay.lowers.is_empty() {
                    Source::Private(overlay.upper)
                } else {
                    Source::Overlay(overlay)
                };
                Ok((source, upper))
            }
            PlacedKind::File(original) => {
                let folder = self.folder.join(name);
                let (copy, before) = private_copy(original, &folder).map_err(machine(original))?;
                Ok((Source::Private(c_path(&copy)?), Upper::File { folder, before }))
            }
            PlacedKind::Host(path) => {
                Err(StepFailure::Machine(format!("{} is no mount of the step", path.display())))
            }
        }
    }
}

fn private_copy(original: &Path, folder: &Path) -> std::io::Result<(PathBuf, std::fs::Metadata)> {
    std::fs::create_dir(folder)?;
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755))?;
    let copy = folder.join(MOUNTED_FILE);
    std::fs::copy(original, &copy)?;
    attributes::copy_attributes(original, &copy)?;
    let before = std::fs::symlink_metadata(&copy)?;
    Ok((copy, before))
}

/// The folders as a stack. One that is opaque hides those below it, which overlayfs itself does not look at for a layer's top.
fn layer_stack(folders: &[Folder], index: &LayerIndex) -> Result<Stack, StepFailure> {
    let mut stack = Vec::new();
    for folder in folders.iter().rev() {
        let path = layer_path(folder)?;
        let facts = index.facts(&path);
        if !facts.sound {
            return Err(StepFailure::Machine(format!("`{}` is no folder of a layer", path.display())));
        }
        stack.push(path);
        if facts.opaque {
            break;
        }
    }
    stack.reverse();
    Ok(Stack { folders: stack })
}

/// A file of a layer. Its folder, like any of a layer, may not be a link.
fn layer_file(file: &Folder, index: &LayerIndex) -> Result<PathBuf, StepFailure> {
    let path = layer_path(file)?;
    let sound = path.parent().is_some_and(|folder| index.facts(folder).sound);
    let is_file = std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file());
    if sound && is_file {
        return Ok(path);
    }
    Err(StepFailure::Machine(format!("`{}` is no file of a layer", path.display())))
}

/// A path in a layer, relative to the store. It may not lead out.
fn layer_path(folder: &Folder) -> Result<PathBuf, StepFailure> {
    let inside = PathBuf::from(std::ffi::OsString::from_vec(folder.path.clone()));
    let layer = Path::new(&folder.layer);
    let plain = |path: &Path| path.components().all(|component| matches!(component, Component::Normal(_)));
    if layer.components().count() == 1 && plain(layer) && plain(&inside) {
        let path = Path::new("layers").join(layer);
        return Ok(if inside.as_os_str().is_empty() { path } else { path.join(inside) });
    }
    Err(StepFailure::Machine(format!("`{}/{}` is not a path of a layer", folder.layer, inside.display())))
}

fn machine(path: &Path) -> impl Fn(std::io::Error) -> StepFailure + '_ {
    move |error| StepFailure::Machine(format!("{}: {error}", path.display()))
}

/// Every folder on the way to an absolute path, outermost first.
fn folders_to(path: &str) -> Result<Vec<CString>, StepFailure> {
    if !path.starts_with('/') {
        return Err(StepFailure::Step(format!("the working folder `{path}` is not absolute")));
    }
    let mut folders: Vec<&Path> =
        Path::new(path).ancestors().filter(|folder| *folder != Path::new("/")).collect();
    folders.reverse();
    folders.into_iter().map(c_path).collect()
}

/// The paths at which the program may be, by the step's own `PATH`.
fn programs(step: &Step) -> Result<Vec<CString>, StepFailure> {
    let program = step.argv.first().filter(|program| !program.is_empty());
    let program = program.ok_or_else(|| StepFailure::Step("the command is empty".to_owned()))?;
    if program.contains('/') {
        return texts([program.clone()]);
    }
    let path =
        step.env.iter().find(|(name, _)| name == "PATH").map_or(DEFAULT_PATH, |(_, value)| value.as_str());
    texts(path.split(':').map(|folder| format!("{}/{program}", if folder.is_empty() { "." } else { folder })))
}

fn texts(texts: impl IntoIterator<Item = String>) -> Result<Vec<CString>, StepFailure> {
    texts.into_iter().map(|text| CString::new(text).map_err(|_| has_nul())).collect()
}

fn c_path(path: &Path) -> Result<CString, StepFailure> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| has_nul())
}

fn has_nul() -> StepFailure {
    StepFailure::Step(
        "a NUL character cannot be part of a command, an environment variable or a path".to_owned(),
    )
}
