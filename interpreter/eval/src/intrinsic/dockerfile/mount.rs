//! `RUN --mount`: what is there while a command runs, and no part of the stage.

use std::sync::Arc;

use pipe_analysis::typed::Type;
use pipe_dockerfile::RunMount;
use pipe_ops::{
    Arg, CacheVolume, Inspection, Mounted, Op, Output, SECRET_MODE, SecretGiven, SecretUse, Sharing,
};

use super::build::Build;
use super::stage::Stage;
use crate::error::{EvalError, Result};
use crate::machine::{Site, symbolic};
use crate::value::{ContainerValue, Value};

/// What a mount says, by key; other names of the same key are one.
type Options = Vec<(&'static str, Arc<str>)>;

/// Keys that say who may write, which matters to nobody: what is written to a private view is gone behind the step.
const IGNORED: [&str; 4] = ["readonly", "ro", "rw", "readwrite"];

impl Build<'_, '_> {
    pub(super) fn mount(
        &mut self,
        stage: &Stage,
        container: &mut ContainerValue,
        mount: &RunMount,
        index: usize,
        site: &Site,
    ) -> Result<()> {
        let allowed: &[&'static str] = match mount.kind.as_str() {
            "bind" => &["target", "source", "from"],
            "cache" => &["target", "id", "sharing"],
            "tmpfs" => &["target", "size"],
            "secret" => &["target", "id", "env", "required", "mode", "uid", "gid"],
            "ssh" => &["id", "required", "mode", "uid", "gid"],
            other => {
                let message = format!("`--mount=type={other}` is not supported");
                return Err(self
                    .error(message, mount.span)
                    .help("`bind`, `cache`, `tmpfs`, `secret` and `ssh` are"));
            }
        };
        let options = self.options(stage, mount, allowed)?;
        if mount.kind == "secret" {
            return self.secret(container, mount, &options);
        }
        if mount.kind == "ssh" {
            return self.agent(container, mount, &options);
        }
        let path = target(container, &options).ok_or_else(|| no_target(self, mount))?;
        let shown = match mount.kind.as_str() {
            "cache" => Mounted::Cache(self.cache(mount, &options, &path)?),
            "tmpfs" => Mounted::Tmpfs { size: self.size(mount, &options)? },
            _ => self.bind(stage, mount, &options, index, site)?,
        };
        container.add_mount(path, shown);
        Ok(())
    }

    /// The user's SSH agent, where `SSH_AUTH_SOCK` says. There is one, which whoever runs the command can reach.
    fn agent(&self, container: &mut ContainerValue, mount: &RunMount, options: &Options) -> Result<()> {
        if let Some(other) = get(options, "id").filter(|id| *id != "default") {
            let message = format!("there is no agent `{other}`");
            return Err(self
                .error(message, mount.span)
                .help("the user's own is `default`, as without an `id`"));
        }
        container.config.ssh_agent = true;
        Ok(())
    }

    fn options(&mut self, stage: &Stage, mount: &RunMount, allowed: &[&'static str]) -> Result<Options> {
        let mut options = Vec::new();
        for (key, word) in &mount.options {
            let key = match key.as_str() {
                "src" => "source",
                "dst" | "destination" => "target",
                key => key,
            };
            if IGNORED.contains(&key) {
                continue;
            }
            let Some(key) = allowed.iter().find(|allowed| **allowed == key) else {
                let message = format!("`{key}` of `--mount=type={}` is not supported", mount.kind);
                return Err(self
                    .error(message, mount.span)
                    .help(format!("it may have {}", allowed.join(", "))));
            };
            options.push((*key, self.stage_text(stage, word)?));
        }
        Ok(options)
    }

    /// A part of the context, of another stage, of a given folder or of an image.
    fn bind(
        &mut self,
        stage: &Stage,
        mount: &RunMount,
        options: &Options,
        index: usize,
        site: &Site,
    ) -> Result<Mounted> {
        let tree = match get(options, "from") {
            None => self.context,
            Some(name) => self.from(stage, name, mount.span, index, site)?,
        };
        let source = get(options, "source").unwrap_or(".").trim_start_matches('/');
        let Some(path) = super::relative(source).filter(|path| path != "." && !path.is_empty()) else {
            return Ok(Mounted::Tree(tree));
        };
        let is_folder = self.is_folder(tree, &path, site)?;
        let path = Arg::text(path);
        if is_folder {
            return self.machine.add_main(Op::Subdir { tree, path }, site).map(Mounted::Tree);
        }
        self.machine.add_main(Op::Subfile { tree, path }, site).map(Mounted::File)
    }

    /// Whether a path of a tree is a folder with something in it, as soon as that is known.
    fn is_folder(&mut self, tree: Output, path: &str, site: &Site) -> Result<bool> {
        let what = Inspection::Glob(Arg::text(format!("{}/*", literal(path))));
        let inside = self.machine.add_main(Op::Inspect { of: tree, what }, site)?;
        match self.machine.resolved(symbolic(inside, &Type::List(Type::String.into())), site)? {
            Value::List(inside) => Ok(!inside.is_empty()),
            _ => Err(self.machine.later("`--mount`", inside, self.call.place())),
        }
    }

    fn cache(&self, mount: &RunMount, options: &Options, path: &str) -> Result<CacheVolume> {
        let name = get(options, "id").unwrap_or(path);
        if name.is_empty() || name.len() > 200 || name.chars().any(char::is_control) {
            return Err(self.error("this cannot be the name of a cache", mount.span));
        }
        let sharing = match get(options, "sharing") {
            None | Some("shared") => Sharing::Shared,
            Some("locked") => Sharing::Locked,
            Some("private") => Sharing::Private,
            Some(other) => {
                let message = format!("`{other}` is no sharing: `shared`, `locked` or `private`");
                return Err(self.error(message, mount.span));
            }
        };
        Ok(CacheVolume { name: name.to_owned(), group: None, sharing })
    }

    fn size(&self, mount: &RunMount, options: &Options) -> Result<Option<u64>> {
        let Some(text) = get(options, "size") else { return Ok(None) };
        match bytes(text).filter(|bytes| *bytes > 0) {
            Some(bytes) => Ok(Some(bytes)),
            None => Err(self.error(format!("`{text}` is no size, such as 64m"), mount.span)),
        }
    }

    /// A secret that the caller gives by name. One that is not given is not there, unless it has to be.
    fn secret(&mut self, container: &mut ContainerValue, mount: &RunMount, options: &Options) -> Result<()> {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let id = get(options, "id").map(str::to_owned).or_else(|| get(options, "target").map(name));
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            return Err(self.error("this secret has no `id`", mount.span));
        };
        let Some(secret) =
            self.given.secrets.iter().find(|(name, _)| **name == id).map(|(_, secret)| secret.clone())
        else {
            if matches!(get(options, "required"), Some("true" | "1")) {
                let help = format!("give it with `secrets: [\"{id}\": …]`");
                return Err(self.error(format!("no secret `{id}` is given"), mount.span).help(help));
            }
            return Ok(());
        };
        let Value::Secret(secret) = secret else {
            return Err(self.error(format!("what is given for `{id}` is no secret"), mount.span));
        };
        let mut give = |given| container.config.give(SecretUse { secret, given, by_name: false });
        if let Some(name) = get(options, "env") {
            give(SecretGiven::Env(name.to_owned()));
            if get(options, "target").is_none() {
                return Ok(());
            }
        }
        let number = |key: &str| match get(options, key).map(str::parse::<u32>) {
            None => Ok(0),
            Some(number) => number.map_err(|_| self.error(format!("`{key}` is a number"), mount.span)),
        };
        let owner = Some(format!("{}:{}", number("uid")?, number("gid")?));
        let bits = |mode: &str| u32::from_str_radix(mode, 8).ok().filter(|bits| *bits <= 0o7777);
        let mode = match get(options, "mode").map(bits) {
            None => SECRET_MODE,
            Some(Some(mode)) => mode,
            Some(None) => return Err(self.error("`mode` is octal, as in 0400", mount.span)),
        };
        let path = match get(options, "target") {
            None => format!("/run/secrets/{id}"),
            Some(_) => target(container, options).ok_or_else(|| no_target(self, mount))?,
        };
        container.config.give(SecretUse {
            secret,
            given: SecretGiven::File { path, mode, owner },
            by_name: false,
        });
        Ok(())
    }
}

fn get<'a>(options: &'a Options, key: &str) -> Option<&'a str> {
    options.iter().rev().find(|(name, _)| *name == key).map(|(_, value)| &**value)
}

/// Where something is mounted: an absolute path, and not all there is.
fn target(container: &ContainerValue, options: &Options) -> Option<String> {
    let path = container.absolute(get(options, "target")?);
    (path.starts_with('/') && path != "/").then_some(path)
}

fn no_target(build: &Build<'_, '_>, mount: &RunMount) -> Box<EvalError> {
    let message = "this mount has no place: `target` is an absolute path below `/`";
    build.error(message, mount.span).help("a relative one needs a `WORKDIR` before it")
}

/// Bytes, perhaps in units of 1024.
fn bytes(text: &str) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let text = text.strip_suffix("ib").or_else(|| text.strip_suffix('b')).unwrap_or(&text);
    let (digits, shift) = match text.strip_suffix(['k', 'm', 'g']) {
        Some(digits) if text.ends_with('k') => (digits, 10),
        Some(digits) if text.ends_with('m') => (digits, 20),
        Some(digits) => (digits, 30),
        None => (text, 0),
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// A path as a glob that means nothing else.
fn literal(path: &str) -> String {
    let mut glob = String::new();
    for c in path.chars() {
        if "*?[]{}\\!".contains(c) {
            glob.push('\\');
        }
        glob.push(c);
    }
    glob
}
