//! A graph as text, for snapshots: one node a line in topological order.

use pipe_ops::{
    Act, Arg, Assembly, Copy, Datum, Exec, Gather, GatherSource, Graph, Inspection, Mounted, NodeId, Op,
    Output, SecretGiven, Slot,
};

/// The nodes that `outputs` need, numbered from 0, then the outputs.
pub(crate) fn graph_text(graph: &Graph, outputs: &[Output]) -> String {
    let needed = graph.reachable(outputs);
    let text = Text { needed: needed.clone() };
    let mut lines = Vec::new();
    for (number, id) in needed.iter().enumerate() {
        let node = graph.get(*id).unwrap();
        let origin = &node.origins[0];
        lines.push(format!(
            "%{number} = {}  # {}:{} {}",
            text.op(&node.op),
            origin.file,
            origin.line,
            origin.name
        ));
        if node.hints != Default::default() {
            lines.push(format!("     {:?}", node.hints));
        }
    }
    lines.push(format!(
        "=> {}",
        outputs.iter().map(|output| text.output(*output)).collect::<Vec<_>>().join(", ")
    ));
    lines.join("\n")
}

struct Text {
    needed: Vec<NodeId>,
}

impl Text {
    fn output(&self, output: Output) -> String {
        let number = self.needed.iter().position(|id| *id == output.node).unwrap();
        match output.slot {
            Slot::Main => format!("%{number}"),
            Slot::Mount(index) => format!("%{number}.mount{index}"),
            slot => format!("%{number}.{}", format!("{slot:?}").to_lowercase()),
        }
    }

    fn arg(&self, arg: &Arg) -> String {
        match arg {
            Arg::Output(output) => self.output(*output),
            Arg::Const(datum) => data(datum),
        }
    }

    fn args(&self, args: &[Arg]) -> String {
        args.iter().map(|arg| self.arg(arg)).collect::<Vec<_>>().join(", ")
    }

    fn gather(&self, gather: &Gather) -> String {
        let source =
            |source: &GatherSource| format!("{}:{}", self.output(source.tree), self.arg(&source.pattern));
        let sources: Vec<String> = gather.sources.iter().map(source).collect();
        let mut text = format!(
            "gather {} {}{} of {}",
            self.output(gather.into),
            self.arg(&gather.path),
            if gather.folder { "/" } else { "" },
            sources.join(", ")
        );
        if let Some(owner) = &gather.owner {
            text.push_str(&format!(" owner {}", self.arg(owner)));
        }
        if let Some(mode) = gather.mode {
            text.push_str(&format!(" mode {mode:o}"));
        }
        if !gather.exclude.is_empty() {
            text.push_str(&format!(" exclude {:?}", gather.exclude));
        }
        if gather.parents { text + " with parents" } else { text }
    }

    fn op(&self, op: &Op) -> String {
        match op {
            Op::Empty => "empty".to_owned(),
            Op::Toolchain => "toolchain".to_owned(),
            Op::Image { reference, platform, fresh } => {
                let fresh = fresh.map(|fresh| format!(" fresh {fresh}")).unwrap_or_default();
                format!("image {} {platform}{fresh}", self.arg(reference))
            }
            Op::Archive { file, platform } => format!("archive {} {platform}", self.output(*file)),
            Op::HostDir(dir) => {
                format!("host_dir {:?} include {:?} exclude {:?}", dir.path, dir.include, dir.exclude)
            }
            Op::HostFile { path } => format!("host_file {path:?}"),
            Op::HostEnv { name } => format!("host_env {name:?}"),
            Op::HostSecret { source } => format!("host_secret {source:?}"),
            Op::RandomSecret { place } => format!("random_secret {place:?}"),
            Op::FakeSecret { name } => format!("fake_secret {name:?}"),
            Op::Exec(exec) => self.exec(exec),
            Op::Service(service) => {
                let ready = service.ready.as_ref().map(|ready| self.args(&ready.argv)).unwrap_or_default();
                let shared = if service.shared { " shared" } else { "" };
                format!(
                    "service{shared} ports {:?} ready [{ready}] {}",
                    service.ports,
                    self.exec(&service.exec)
                )
            }
            Op::Breakpoint(breakpoint) => {
                let last = breakpoint.last.map(|last| format!(" last {}", self.output(last)));
                format!(
                    "breakpoint{} shells {:?} {}",
                    last.unwrap_or_default(),
                    breakpoint.shells,
                    self.exec(&breakpoint.exec)
                )
            }
            Op::Guard { exec, success } => format!("guard {} success {success:?}", self.output(*exec)),
            Op::Subdir { tree, path } => format!("subdir {} {}", self.output(*tree), self.arg(path)),
            Op::Subfile { tree, path } => format!("subfile {} {}", self.output(*tree), self.arg(path)),
            Op::Copy(copy) => self.copy(copy),
            Op::BuildContext { tree, dockerfile } => {
                format!("context {} of {dockerfile:?}", self.output(*tree))
            }
            Op::Gather(gather) => self.gather(gather),
            Op::Write { into, path, text, mode } => {
                format!("write {} {} {} mode {mode:o}", self.output(*into), self.arg(path), self.arg(text))
            }
            Op::Remove { from, path } => format!("remove {} {}", self.output(*from), self.arg(path)),
            Op::Contents { file } => format!("contents {}", self.output(*file)),
            Op::Repo { history, submodules: false } => format!("repo history {history}"),
            Op::Repo { history, submodules: true } => format!("repo history {history} with submodules"),
            Op::Git { repo, query } => format!("git {} {query:?}", self.output(*repo)),
            Op::Inspect { of, what: Inspection::Glob(pattern) } => {
                format!("glob {} {}", self.output(*of), self.arg(pattern))
            }
            Op::Inspect { of, what } => {
                format!("{} {}", format!("{what:?}").to_lowercase(), self.output(*of))
            }
            Op::Difference { from, to } => format!("diff {} {}", self.output(*from), self.output(*to)),
            Op::Pack { tree, form } => {
                format!("{} {}", format!("{form:?}").to_lowercase(), self.output(*tree))
            }
            Op::Http { url, sha256, headers } => {
                let sha256 = sha256.iter().map(|sha256| format!(" sha256 {}", self.arg(sha256)));
                let headers = headers.iter().map(|header| {
                    format!(" {}: {}{}", header.name, header.prefix, self.output(header.secret))
                });
                format!("http {}{}", self.arg(url), sha256.chain(headers).collect::<String>())
            }
            Op::Checkout { url, reference, submodules, account } => {
                let account = account.iter().map(|account| {
                    format!(" as {} with {}", self.arg(&account.username), self.output(account.password))
                });
                let account: String = account.collect();
                format!("checkout {} {} submodules={submodules}{account}", self.arg(url), self.arg(reference))
            }
            Op::Assemble(assembly) => self.assembly(assembly),
            Op::Index { images } => format!("index {}", self.outputs(images)),
            Op::Tarball { image } => format!("tarball {}", self.output(*image)),
            Op::Unpack { file, root } => format!("unpack {} root={root}", self.output(*file)),
            Op::Apply { function, args } => format!("apply {function}({})", self.args(args)),
            Op::Effect(effect) => {
                let act = match &effect.act {
                    Act::Perform(exec) => format!("perform {}", self.exec(exec)),
                    Act::Export { source, path, .. } => format!("export {} {path:?}", self.output(*source)),
                    Act::Sleep(arg) => format!("sleep {}", self.arg(arg)),
                    Act::Approve(arg) => format!("approve {}", self.arg(arg)),
                    Act::Notify(arg) => format!("notify {}", self.arg(arg)),
                    Act::Up { service, ports } => format!("up {} {ports:?}", self.output(*service)),
                    Act::Push { image, reference, auth } => {
                        let auth = auth.as_ref().map(|auth| {
                            format!(" as {} with {}", self.arg(&auth.username), self.output(auth.password))
                        });
                        let image = self.output(*image);
                        format!("push {image} {}{}", self.arg(reference), auth.unwrap_or_default())
                    }
                    Act::Load { image, reference } => {
                        format!("load {} {}", self.output(*image), self.arg(reference))
                    }
                    Act::Attach { image, media_type, file } => {
                        let (image, media_type) = (self.arg(image), self.arg(media_type));
                        format!("attach {} to {image} as {media_type}", self.output(*file))
                    }
                };
                format!("{act} after {}", self.outputs(&effect.after))
            }
            Op::Settled { start, of, .. } => {
                format!("settled {} after {}", self.outputs(of), self.outputs(start))
            }
            Op::After { of, after } => format!("{} after {}", self.output(*of), self.outputs(after)),
            Op::Together { of } => format!("together {}", self.outputs(of)),
            Op::Lane { after, index } => format!("lane {index} after {}", self.outputs(after)),
            Op::Declared { operation, inputs, args } => {
                let inputs: Vec<_> = inputs.iter().map(|input| self.output(*input)).collect();
                let args: Vec<_> = args.iter().map(data).collect();
                format!("declared {operation}({})", [inputs, args].concat().join(", "))
            }
        }
    }

    fn outputs(&self, outputs: &[Output]) -> String {
        let outputs: Vec<_> = outputs.iter().map(|output| self.output(*output)).collect();
        format!("[{}]", outputs.join(", "))
    }

    fn assembly(&self, assembly: &Assembly) -> String {
        let mut out = format!("image {} platform {}", self.output(assembly.root), assembly.platform);
        if let Some(base) = assembly.base {
            out.push_str(&format!(" over {} unset {:?}", self.output(base.digests), assembly.unset_env));
        }
        if assembly.whole {
            out.push_str(" whole");
        }
        for (what, map) in
            [("env", &assembly.env), ("label", &assembly.labels), ("annotation", &assembly.annotations)]
        {
            for (name, value) in map {
                out.push_str(&format!("\n     {what} {name}={}", self.arg(value)));
            }
        }
        let args = [
            ("workdir", &assembly.workdir),
            ("entrypoint", &assembly.entrypoint),
            ("command", &assembly.command),
        ];
        for (what, arg) in args {
            out.extend(arg.as_ref().map(|arg| format!("\n     {what} {}", self.arg(arg))));
        }
        out.extend(assembly.user.as_ref().map(|user| format!("\n     user {user}")));
        out.extend(assembly.ports.iter().map(|port| format!("\n     port {port}")));
        out.extend(assembly.shell.as_ref().map(|shell| format!("\n     shell {shell:?}")));
        out
    }

    fn copy(&self, copy: &Copy) -> String {
        let kind = if copy.is_file { "file" } else { "tree" };
        let mut out = format!(
            "copy {kind} {} into {} at {}",
            self.output(copy.source),
            self.output(copy.into),
            self.arg(&copy.path)
        );
        if let Some(owner) = &copy.owner {
            out.push_str(&format!(" owner {owner}"));
        }
        if let Some(mode) = copy.mode {
            out.push_str(&format!(" mode {mode:o}"));
        }
        if !copy.include.is_empty() || !copy.exclude.is_empty() {
            out.push_str(&format!(" include {:?} exclude {:?}", copy.include, copy.exclude));
        }
        out
    }

    fn exec(&self, exec: &Exec) -> String {
        let mut out = format!("exec [{}] in {}", self.args(&exec.argv), self.output(exec.root));
        for mount in &exec.mounts {
            let shown = match &mount.shown {
                Mounted::Tree(source) => format!("tree {}", self.output(*source)),
                Mounted::File(source) => format!("file {}", self.output(*source)),
                Mounted::Cache(volume) => format!("cache {:?} {:?}", volume.name, volume.sharing),
                Mounted::Tmpfs { size } => format!("tmpfs {size:?}"),
            };
            out.push_str(&format!("\n     mount {shown} at {}", mount.path));
        }
        if let Some(image) = exec.image {
            out.push_str(&format!("\n     image {} unset {:?}", self.output(image), exec.unset_env));
        }
        for (name, value) in &exec.env {
            out.push_str(&format!("\n     env {name}={}", self.arg(value)));
        }
        if let Some(user) = &exec.user {
            out.push_str(&format!("\n     user {user}"));
        }
        if let Some(stdin) = &exec.stdin {
            out.push_str(&format!("\n     stdin {}", self.arg(stdin)));
        }
        for binding in &exec.services {
            let localhost = if binding.localhost { " on localhost" } else { "" };
            let service = self.output(binding.service);
            out.push_str(&format!("\n     service {} {service}{localhost}", binding.alias));
        }
        for given in &exec.secrets {
            let by_name = if given.by_name { " by name" } else { "" };
            let how = match &given.given {
                SecretGiven::Env(name) => format!("env {name}"),
                SecretGiven::File { path, mode, owner } => {
                    format!("file {path} mode {mode:o} owner {owner:?}")
                }
                SecretGiven::Login { registry, username } => {
                    format!("login {registry} {}", self.arg(username))
                }
            };
            out.push_str(&format!("\n     secret {} {how}{by_name}", self.output(given.secret)));
        }
        if exec.ssh_agent {
            out.push_str("\n     ssh agent");
        }
        if !exec.allow_secret_in.is_empty() {
            out.push_str(&format!("\n     secrets may stay in {:?}", exec.allow_secret_in));
        }
        out.push_str(&format!("\n     workdir {} platform {}", exec.workdir, exec.platform));
        if exec.network != pipe_ops::Network::Outbound {
            out.push_str(&format!(" network {:?}", exec.network));
        }
        out
    }
}

fn data(datum: &Datum) -> String {
    match datum {
        Datum::Text(text) => format!("{text:?}"),
        Datum::Int(number) => number.to_string(),
        Datum::Bool(value) => value.to_string(),
        Datum::List(items) => format!("[{}]", items.iter().map(data).collect::<Vec<_>>().join(", ")),
        other => format!("{other:?}"),
    }
}
