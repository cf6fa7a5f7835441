//! `COPY` and `WORKDIR`: what they put into a stage's tree.

use std::sync::Arc;

use pipe_analysis::typed::Type;
use pipe_dockerfile::{Copy, CopySource, Span, Word};
use pipe_ops::{Arg, Gather, GatherSource, Op, Output};

use super::build::Build;
use super::stage::{Origin, Stage};
use crate::error::Result;
use crate::machine::Site;
use crate::value::Value;

/// Permission bits of a here-document.
const INLINE_MODE: u32 = 0o644;

impl Build<'_, '_> {
    pub(super) fn copy(&mut self, stage: &mut Stage, copy: &Copy, span: Span, index: usize) -> Result<()> {
        let destination = self.stage_text(stage, &copy.destination)?;
        let site = self.site(span, &format!("COPY to {destination}"));
        let tree = match &copy.from {
            None => self.context,
            Some((name, span)) => self.from(stage, name, *span, index, &site)?,
        };
        let mut sources = Vec::with_capacity(copy.sources.len());
        for source in &copy.sources {
            sources.push(self.source(stage, source, tree, &site)?);
        }
        let folder = is_folder(&destination);
        if sources.len() > 1 && !folder {
            let message = format!("{} sources need a folder to go to", sources.len());
            return Err(self.error(message, copy.destination.span).help("end the destination with `/`"));
        }
        let mut exclude = Vec::with_capacity(copy.exclude.len());
        for pattern in &copy.exclude {
            exclude.push(self.stage_text(stage, pattern)?.to_string());
        }
        let gather = Gather {
            into: stage.container.root,
            path: self.destination(stage, &destination, &site)?,
            folder,
            sources,
            owner: self.owner(stage, copy.owner.as_ref(), &site)?,
            mode: self.mode(stage, copy.mode.as_ref())?,
            exclude,
            parents: copy.parents,
        };
        stage.container.root = self.machine.add_main(Op::Gather(Box::new(gather)), &site)?;
        Ok(())
    }

    /// The tree that `--from` names.
    pub(super) fn from(
        &mut self,
        stage: &Stage,
        name: &str,
        span: Span,
        index: usize,
        site: &Site,
    ) -> Result<Output> {
        match self.origin(name, index) {
            Origin::Stage(of) => Ok(self.made(of)?.container.root),
            Origin::Context(tree) => Ok(tree),
            Origin::Image(name) => {
                let lower = name.to_ascii_lowercase();
                if self.parsed.stages.iter().any(|stage| stage.from.name.as_ref() == Some(&lower)) {
                    let message = format!("the stage `{name}` comes later, or is this one");
                    return Err(self.error(message, span).help("only earlier stages can be copied from"));
                }
                if name.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(self.error(format!("there is no stage {name} before this one"), span));
                }
                let platform = stage.container.config.platform.clone();
                self.image(&name, &platform, span, site)
            }
        }
    }

    fn source(
        &mut self,
        stage: &Stage,
        source: &CopySource,
        tree: Output,
        site: &Site,
    ) -> Result<GatherSource> {
        match source {
            CopySource::Path(word) => {
                if let Some(text) = word.as_text().filter(|text| is_remote(text)) {
                    let message = format!("`{text}` is not a path: `COPY` fetches nothing");
                    let help =
                        "fetch it in the pipeline, give it as one of `contexts:`, and say `COPY --from`";
                    return Err(self.error(message, word.span).help(help));
                }
                let pattern = self.stage_value(stage, word)?;
                Ok(GatherSource { tree, pattern: self.machine.arg(&pattern, site)? })
            }
            CopySource::Inline { name, text } => {
                let text = self.stage_value(stage, text)?;
                let into = self.empty(site)?;
                let name = name.trim_matches('/');
                let text = self.machine.arg(&text, site)?;
                let path = Arg::text(name);
                let tree = self.machine.add_main(Op::Write { into, path, text, mode: INLINE_MODE }, site)?;
                Ok(GatherSource { tree, pattern: Arg::text(literal(name)) })
            }
        }
    }

    /// A path in the container, absolute.
    fn destination(&mut self, stage: &Stage, path: &str, site: &Site) -> Result<Arg> {
        let workdir = self.machine.workdir_of(&stage.container, site)?;
        self.machine.join(workdir, Arg::text(path), site)
    }

    fn owner(&mut self, stage: &Stage, word: Option<&Word>, site: &Site) -> Result<Option<Arg>> {
        let Some(word) = word else { return Ok(None) };
        let value = self.stage_value(stage, word)?;
        self.machine.arg(&value, site).map(Some)
    }

    fn mode(&mut self, stage: &Stage, word: Option<&Word>) -> Result<Option<u32>> {
        let Some(word) = word else { return Ok(None) };
        let text = self.stage_text(stage, word)?;
        match u32::from_str_radix(&text, 8).ok().filter(|bits| *bits <= 0o7777) {
            Some(bits) => Ok(Some(bits)),
            None => {
                let message = format!("`{text}` is no mode in octal digits, such as 755");
                Err(self.error(message, word.span).help("set other modes with `RUN chmod`"))
            }
        }
    }

    /// Goes to a folder, which is made and belongs to the user.
    pub(super) fn workdir(&mut self, stage: &mut Stage, word: &Word, span: Span) -> Result<()> {
        let path = self.stage_text(stage, word)?;
        if path.is_empty() {
            return Err(self.error("this path is empty", word.span));
        }
        let site = self.site(span, &format!("WORKDIR {path}"));
        let absolute = stage.container.absolute(&path);
        let is_root = absolute == "/";
        stage.container.config.workdir = Some(absolute.into());
        if is_root {
            return Ok(());
        }
        let nothing = GatherSource { tree: self.empty(&site)?, pattern: Arg::text("/") };
        let gather = Gather {
            into: stage.container.root,
            path: self.machine.workdir_of(&stage.container, &site)?,
            folder: true,
            sources: vec![nothing],
            owner: self.owner_of_workdir(stage, &site)?,
            mode: None,
            exclude: Vec::new(),
            parents: false,
        };
        stage.container.root = self.machine.add_main(Op::Gather(Box::new(gather)), &site)?;
        Ok(())
    }

    fn owner_of_workdir(&mut self, stage: &Stage, site: &Site) -> Result<Option<Arg>> {
        match (&stage.container.config.user, stage.container.image()) {
            (Some(user), _) => Ok(Some(Arg::text(Arc::clone(user)))),
            (None, None) => Ok(None),
            (None, Some(image)) => {
                let user = self.machine.of_image(image, "user", None, &Type::String, self.call)?;
                let user: Value = self.machine.resolved(user, site)?;
                self.machine.arg(&user, site).map(Some)
            }
        }
    }
}

/// Whether a destination is a folder, whatever stands there.
fn is_folder(path: &str) -> bool {
    path.is_empty() || path.ends_with('/') || matches!(path.rsplit('/').next(), Some("." | ".."))
}

fn is_remote(path: &str) -> bool {
    ["http://", "https://", "git@", "git://", "ssh://"].iter().any(|scheme| path.starts_with(scheme))
}

/// A path as a pattern that means nothing else.
fn literal(path: &str) -> String {
    let mut pattern = String::new();
    for c in path.chars() {
        if "*?[\\".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}
