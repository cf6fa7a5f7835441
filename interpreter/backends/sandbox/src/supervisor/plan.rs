//! From a step's description to an image that its processes can use without allocating.

use std::collections::BTreeSet;
use std::ffi::{OsStr, c_int};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::accounts;
use super::agent::AgentProxy;
use super::certificates;
use super::folders::StepFolders;
use super::lower::{layer_file, layer_stack};
use super::mountpoints::MountPoints;
use super::rlimits;
use super::secrets;
use super::server::Context;
use super::skeleton::Stub;
use super::step_network::StepNet;
use super::texts::{c_path, c_texts, folders_to, machine, program_paths};
use super::uppers::{self, Upper};
use super::view::{Content, PlaceKind, Region, View};
use super::volumes::{self, HeldVolume};
use crate::child::image::{
    Attachment, FdSlot, Identity, MountPoint, Overlay, Probe, Program, Source, Stack as ProcessStack,
    StepImage, StringArray,
};
use crate::protocol::{self, Mount, MountedTree, Person, Step, StepFailure};
use crate::toolchain::Toolchain;

/// A step that is ready to run, and what to look at when it has run.
pub(super) struct Plan {
    pub(super) image: Box<StepImage>,
    /// The network that the image names.
    pub(super) network: StepNet,
    pub(super) root: Upper,
    /// In order; nothing of a volume or of a folder in memory.
    pub(super) mounts: Vec<Option<Upper>>,
    pub(super) volumes: Vec<HeldVolume>,
    /// The step's way to the user's SSH agent, for as long as it runs.
    pub(super) agent: Option<AgentProxy>,
}

/// What comes with a step beside its streams.
pub(super) struct Given {
    /// The sockets that lead to it, if it is a service.
    pub(super) tunnels: Vec<TcpListener>,
    /// A connection to the user's SSH agent.
    pub(super) agent: Option<OwnedFd>,
}

/// Plans a step. `folders` are where it works.
pub(super) fn plan(
    context: &Context,
    step: &Step,
    Given { tunnels, agent }: Given,
    folders: &StepFolders<'_>,
) -> Result<Plan, StepFailure> {
    let mut planner = Planner::new(context, step, folders)?;
    if step.toolchain {
        planner.add_toolchain()?;
    }
    let network = StepNet::of(context, step, tunnels)?;
    for (path, source) in network.files() {
        planner.add_network_file(path, source)?;
    }
    if let Some(own) = &step.certificates {
        let bundle = certificates::write(&planner.points.view, own, folders)?;
        planner.add_network_file(certificates::PLACE, bundle)?;
    }
    for path in ["/proc", "/sys", "/dev"] {
        planner.points.require_folder(Path::new(path)).map_err(StepFailure::Step)?;
    }
    let mounts = step.mounts.iter().map(|mount| planner.add_mount(mount));
    let mut mounts = mounts.collect::<Result<Vec<_>, _>>()?;
    // Over everything else: what a step is given it has.
    for (number, file) in step.secrets.files.iter().enumerate() {
        mounts.push(planner.add_secret(Path::new(&file.path), PlacedKind::Secret(number))?);
    }
    let socket = agent.as_ref().map(|_| folders.fresh("agent"));
    if let Some(socket) = &socket {
        mounts.push(planner.add_secret(secrets::agent_path(), PlacedKind::Socket(socket.clone()))?);
    }
    let account = accounts::find(step.user.as_deref(), &planner.points.view, context.ids)?;
    for volume in &planner.volumes {
        volumes::give(&volume.data, &account).map_err(machine(&volume.data))?;
    }
    let secrets = secrets::files(context, step, &account, &planner.points.view)?;
    let agent = match (socket, agent) {
        (Some(socket), Some(agent)) => {
            Some(AgentProxy::start(&socket, &account, agent).map_err(machine(&socket))?)
        }
        _ => None,
    };
    let argv = match &step.person {
        Some(person) => &planner.argv_for(person, step),
        None => &step.argv,
    };
    let root = planner.overlay(0)?;
    let (attachments, mut uppers) = planner.finish(mounts)?;
    uppers.truncate(step.mounts.len());
    let image = Box::new(StepImage {
        root: root.0,
        attach_point: c_path(&context.attach_point)?,
        mount_fds: FdSlot::vec(attachments.len()),
        attachments,
        secrets,
        workdir: folders_to(&step.workdir)?,
        identity: Identity {
            uid: account.uid,
            gid: account.gid,
            groups: account.groups,
            may_set_groups: !context.ids.is_single(),
            no_new_privileges: context.ids.is_single(),
            privileged: step.privileged,
        },
        limits: rlimits::of(step, account.uid, context.open_files),
        has_stdin: step.stdin,
        network: network.namespace(),
        has_sysfs: network.sysfs().is_some(),
        filter: if step.privileged { context.privileged_filter()? } else { context.filter.clone() },
        command: program(argv, &step.env)?,
        envp: secrets::environment(&step.env, &step.secrets.env)?,
        has_terminal: step.person.is_some(),
        stop_signal: step.serving.as_ref().map(|serving| c_int::from(serving.stop_signal)),
        probe: probe(step)?,
    });
    Ok(Plan { image, network, root: root.1, mounts: uppers, volumes: planner.volumes, agent })
}

fn program(argv: &[String], env: &[(String, String)]) -> Result<Program, StepFailure> {
    Ok(Program {
        paths: program_paths(argv, env)?,
        argv: StringArray::new(c_texts(argv.iter().cloned())?),
        stack: ProcessStack::new(),
    })
}

fn probe(step: &Step) -> Result<Option<Probe>, StepFailure> {
    let ready = step.serving.as_ref().and_then(|serving| serving.ready.as_ref());
    let probe = |ready: &protocol::Probe| {
        let program = program(&ready.argv, &ready.env)?;
        Ok(Probe {
            program,
            envp: secrets::environment(&ready.env, &step.secrets.env)?,
            stack: ProcessStack::new(),
        })
    };
    ready.map(probe).transpose()
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
    /// A cache volume's folder.
    Volume(PathBuf),
    /// In memory.
    Tmpfs(Option<u64>),
    /// A file in memory, by its place among the step's.
    Secret(usize),
    /// A socket of the supervisor's.
    Socket(PathBuf),
}

struct Planner<'a> {
    points: MountPoints<'a>,
    context: &'a Context,
    folders: &'a StepFolders<'a>,
    host_parts: Vec<Placed>,
    volumes: Vec<HeldVolume>,
    /// The root's layers over the base.
    layers: Vec<PathBuf>,
}

impl<'a> Planner<'a> {
    fn new(
        context: &'a Context,
        step: &Step,
        folders: &'a StepFolders<'a>,
    ) -> Result<Planner<'a>, StepFailure> {
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
        let (points, host_parts, volumes) = (MountPoints::new(view), Vec::new(), Vec::new());
        Ok(Planner { points, context, folders, host_parts, volumes, layers })
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

    /// A file of the network goes over whatever the root has at that path, links followed.
    fn add_network_file(&mut self, path: &str, source: PathBuf) -> Result<(), StepFailure> {
        let target =
            self.points.mount(Path::new(path), Content::File(source.clone())).map_err(StepFailure::Step)?;
        self.host_parts.push(Placed { target, kind: PlacedKind::Host(source) });
        Ok(())
    }

    fn add_mount(&mut self, mount: &Mount) -> Result<Placed, StepFailure> {
        let path = Path::new(&mount.path);
        let (content, kind) = match &mount.source {
            MountedTree::Folders(folders) => (
                Content::Layers(layer_stack(folders, &self.context.index)?),
                PlacedKind::Tree(self.points.view.regions.len()),
            ),
            MountedTree::File(file) => {
                let original = layer_file(file, &self.context.index)?;
                (Content::File(original.clone()), PlacedKind::File(original))
            }
            MountedTree::Volume(volume) => {
                let held = volumes::hold(volume)?;
                volumes::touch(&volume.touch, &self.context.index)?;
                let data = held.data.clone();
                self.volumes.push(held);
                (Content::Volume(data.clone()), PlacedKind::Volume(data))
            }
            MountedTree::Tmpfs { size } => (Content::Tmpfs, PlacedKind::Tmpfs(*size)),
        };
        let target = self.points.mount(path, content).map_err(StepFailure::Step)?;
        Ok(Placed { target, kind })
    }

    /// What is run for a person: the first program that is there.
    fn argv_for(&self, person: &Person, step: &Step) -> Vec<String> {
        let is_there = |program: &&String| {
            let paths = program_paths(std::slice::from_ref(*program), &step.env).unwrap_or_default();
            paths.iter().any(|path| {
                let place = self.points.view.resolve(Path::new(OsStr::from_bytes(path.to_bytes())));
                place.is_ok_and(|place| matches!(place.kind, PlaceKind::File(_)))
            })
        };
        match person.programs.iter().find(is_there).or(person.programs.first()) {
            Some(program) => vec![program.clone()],
            None => step.argv.clone(),
        }
    }

    fn add_secret(&mut self, path: &Path, kind: PlacedKind) -> Result<Placed, StepFailure> {
        let target = self.points.mount(path, Content::Secret).map_err(StepFailure::Step)?;
        Ok(Placed { target, kind })
    }

    /// The overlay of a region, with its folders.
    fn overlay(&self, region: usize) -> Result<(Overlay, Upper), StepFailure> {
        let stack = self.points.view.regions.get(region).and_then(|region| match &region.content {
            Content::Layers(stack) => Some(stack.clone()),
            _ => None,
        });
        uppers::make_overlay(
            stack.unwrap_or_default(),
            self.points.stubs(region),
            self.folders,
            &self.context.index,
        )
    }

    /// Attachments in their order, the host's parts first, and the uppers of the step's own mounts.
    fn finish(&self, mounts: Vec<Placed>) -> Result<(Vec<Attachment>, Vec<Option<Upper>>), StepFailure> {
        let mut attachments = Vec::new();
        for part in &self.host_parts {
            if let PlacedKind::Host(source) = &part.kind {
                let source = Source::Host(c_path(source)?);
                attachments.push(Attachment { target: c_path(&part.target)?, source, missing: Vec::new() });
            }
        }
        let mut uppers = Vec::new();
        for mount in mounts {
            let (source, upper) = self.mount_source(&mount.kind)?;
            let missing = self.missing(&mount.target)?;
            attachments.push(Attachment { target: c_path(&mount.target)?, source, missing });
            uppers.push(upper);
        }
        Ok((attachments, uppers))
    }

    fn missing(&self, target: &Path) -> Result<Vec<MountPoint>, StepFailure> {
        let point = |(path, stub): &(PathBuf, Stub)| {
            let path = c_path(path)?;
            Ok(if *stub == Stub::File { MountPoint::File(path) } else { MountPoint::Folder(path) })
        };
        self.points.missing(target).iter().map(point).collect()
    }

    fn mount_source(&self, kind: &PlacedKind) -> Result<(Source, Option<Upper>), StepFailure> {
        match kind {
            PlacedKind::Tree(region) => {
                let (mut overlay, upper) = self.overlay(*region)?;
                if overlay.lowers.is_empty() {
                    // Never the upper folder itself: a step could write overlayfs's own marks into it, and its changes would mean
                    // something else than what it saw.
                    let empty = self.context.bases.empty().map_err(StepFailure::Machine)?;
                    overlay.lowers.push(c_path(empty)?);
                }
                Ok((Source::Overlay(overlay), Some(upper)))
            }
            PlacedKind::File(original) => {
                let (copy, upper) = uppers::copy_file(original, self.folders)?;
                Ok((Source::Private(c_path(&copy)?), Some(upper)))
            }
            PlacedKind::Volume(data) => Ok((Source::Volume(c_path(data)?), None)),
            PlacedKind::Tmpfs(size) => {
                let size = size.map(|size| c_path(Path::new(&size.to_string()))).transpose()?;
                Ok((Source::Tmpfs(size), None))
            }
            PlacedKind::Secret(number) => Ok((Source::Secret(*number), None)),
            PlacedKind::Socket(path) => Ok((Source::Private(c_path(path)?), None)),
            PlacedKind::Host(path) => {
                Err(StepFailure::Machine(format!("{} is no mount of the step", path.display())))
            }
        }
    }
}
