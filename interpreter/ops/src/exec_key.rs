//! The key of a command in a container.

use std::collections::BTreeMap;

use crate::{Digest, Network, Preimage};

/// An exec with everything it depends on known. Nothing else is in its key: no time limit, no name, no clock, no host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedExec {
    /// What the root stands on, when that is not nothing: the toolchain's digest.
    pub base: Option<Digest>,
    /// The root's content.
    pub root: Digest,
    /// Paths of mounts, in order, and what they show.
    pub mounts: Vec<ResolvedMount>,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
    /// The working folder.
    pub workdir: String,
    /// `user[:group]`; the image's own when `None`.
    pub user: Option<String>,
    /// `os/arch[/variant]`.
    pub platform: String,
    /// Which network the step gets.
    pub network: Network,
    /// What it reads on standard input.
    pub stdin: Option<String>,
    /// Services that it reaches.
    pub services: Vec<ResolvedBinding>,
    /// Secrets that it is given, in order.
    pub secrets: Vec<ResolvedSecret>,
    /// Whether it reaches the user's SSH agent: whose keys are in that does not count.
    pub ssh_agent: bool,
    /// Where its secrets may stay in what it leaves.
    pub allow_secret_in: Vec<String>,
    /// Whether it has every capability inside its namespaces.
    pub privileged: bool,
}

/// A service that a command reaches, with everything that the service depends on known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedBinding {
    /// The host name that leads to it.
    pub alias: String,
    /// What it is.
    pub definition: Digest,
    /// Its ports are on the command's own loopback, too.
    pub localhost: bool,
}

/// A secret of a command, as far as it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedSecret {
    /// How the command has it.
    pub given: ResolvedGiven,
    /// What stands for its value, made with a key that is not in the store's results: nobody can tell a guess by it. `None` for one that
    /// counts by name.
    pub value: Option<Digest>,
}

/// How a command has a secret, in all that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolvedGiven {
    /// In this variable.
    Env(String),
    /// In a file.
    File {
        /// Its path.
        path: String,
        /// Permission bits.
        mode: u32,
        /// `user[:group]`; the command's own user when `None`.
        owner: Option<String>,
    },
    /// As the password for a registry.
    Login {
        /// The registry.
        registry: String,
        /// The user's name there.
        username: String,
    },
}

/// A mount whose content is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedMount {
    /// The absolute path.
    pub path: String,
    /// What it shows.
    pub shown: ResolvedMounted,
}

/// What a mount shows, as far as it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolvedMounted {
    /// A tree or a file.
    Content {
        /// Its content.
        content: Digest,
        /// Permission bits, when it is a file.
        file_mode: Option<u32>,
        /// What a tree stands on, when that is not nothing.
        base: Option<Digest>,
    },
    /// A cache volume: what is in it does not count, nor how it is shared.
    Cache {
        /// The volume's name.
        name: String,
        /// The group of packages that have it together.
        group: Option<String>,
    },
    /// An empty folder in memory.
    Tmpfs,
}

impl ResolvedExec {
    /// What the step's key is made of.
    pub fn preimage(&self) -> Preimage {
        let mut preimage = Preimage::new("exec");
        for (index, arg) in self.argv.iter().enumerate() {
            preimage = preimage.text(format!("argv[{index}]"), arg);
        }
        for (name, value) in &self.env {
            preimage = preimage.text(format!("env {name}"), value);
        }
        preimage = preimage.text("workdir", &self.workdir);
        if let Some(user) = &self.user {
            preimage = preimage.text("user", user);
        }
        preimage = preimage.text("platform", &self.platform).text("network", self.network.name());
        if let Some(stdin) = &self.stdin {
            preimage = preimage.text("stdin", stdin);
        }
        if let Some(base) = self.base {
            preimage = preimage.digest("host tools", base);
        }
        preimage = preimage.digest("root file system", self.root);
        preimage = self.mounts.iter().fold(preimage, |preimage, mount| mount.add_to(preimage));
        preimage = self.services.iter().fold(preimage, |preimage, service| {
            let ResolvedBinding { alias, definition, localhost } = service;
            let preimage = preimage.digest(format!("service {alias}"), *definition);
            if *localhost { preimage.text(format!("service {alias} (localhost)"), "") } else { preimage }
        });
        preimage = self.secrets.iter().fold(preimage, |preimage, secret| secret.add_to(preimage));
        if self.ssh_agent {
            preimage = preimage.text("ssh agent", "");
        }
        if self.privileged {
            preimage = preimage.text("privileged", "");
        }
        let stays = |preimage: Preimage, path: &String| preimage.text(format!("{SECRET_MAY_STAY}{path}"), "");
        self.allow_secret_in.iter().fold(preimage, stays)
    }
}

/// What the label of a path begins with at which a step's secrets may stay.
const SECRET_MAY_STAY: &str = "allow_secret_in ";

impl Preimage {
    /// Whether what the step left may hold secrets, so that it must not leave this machine.
    pub fn may_hold_secrets(&self) -> bool {
        self.fields().iter().any(|field| field.label.starts_with(SECRET_MAY_STAY))
    }
}

impl ResolvedSecret {
    fn add_to(&self, preimage: Preimage) -> Preimage {
        let (label, with) = match &self.given {
            ResolvedGiven::Env(name) => (format!("secret {name}"), None),
            ResolvedGiven::File { path, mode, owner } => {
                let owner = owner.as_ref().map(|owner| format!(" {owner}")).unwrap_or_default();
                (format!("secret {path}"), Some(("mode, owner", format!("{mode:04o}{owner}"))))
            }
            ResolvedGiven::Login { registry, username } => {
                (format!("login {registry}"), Some(("user", username.clone())))
            }
        };
        let preimage = match with {
            Some((what, value)) => preimage.text(format!("{label} ({what})"), value),
            None => preimage,
        };
        match self.value {
            Some(value) => preimage.digest(label, value),
            None => preimage.text(label, "by name"),
        }
    }
}

impl ResolvedMount {
    fn add_to(&self, mut preimage: Preimage) -> Preimage {
        let path = &self.path;
        match &self.shown {
            ResolvedMounted::Content { content, file_mode, base } => {
                if let Some(mode) = file_mode {
                    preimage = preimage.text(format!("{path} (mode)"), format!("{mode:04o}"));
                }
                if let Some(base) = base {
                    preimage = preimage.digest(format!("{path} (host tools)"), *base);
                }
                preimage.digest(path, *content)
            }
            ResolvedMounted::Cache { name, group } => {
                if let Some(group) = group {
                    preimage = preimage.text(format!("{path} (group of the cache volume)"), group);
                }
                preimage.text(format!("{path} (cache volume)"), name)
            }
            ResolvedMounted::Tmpfs => preimage.text(format!("{path} (tmpfs)"), ""),
        }
    }
}

impl Network {
    /// As users write it.
    pub fn name(self) -> &'static str {
        match self {
            Network::Off => "Off",
            Network::Outbound => "Default",
            Network::Host => "Host",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = (&'static str, fn(&mut ResolvedExec));

    fn content(content: Digest, file_mode: Option<u32>, base: Option<Digest>) -> ResolvedMounted {
        ResolvedMounted::Content { content, file_mode, base }
    }

    fn exec() -> ResolvedExec {
        ResolvedExec {
            base: Some(Digest::of(b"tools")),
            root: Digest::of(b"root"),
            mounts: vec![ResolvedMount {
                path: "/src".into(),
                shown: ResolvedMounted::Content { content: Digest::of(b"src"), file_mode: None, base: None },
            }],
            argv: vec!["cc".into(), "-o".into(), "app".into()],
            env: BTreeMap::from([("A".into(), "1".into()), ("B".into(), "2".into())]),
            workdir: "/src".into(),
            user: None,
            platform: "linux/amd64".into(),
            network: Network::Off,
            stdin: None,
            services: vec![binding(b"db", false)],
            secrets: Vec::new(),
            ssh_agent: false,
            allow_secret_in: Vec::new(),
            privileged: false,
        }
    }

    fn binding(definition: &[u8], localhost: bool) -> ResolvedBinding {
        ResolvedBinding { alias: "db".into(), definition: Digest::of(definition), localhost }
    }

    /// Every field is in the key: what the table of the design names, and nothing beside it exists.
    #[test]
    fn every_field_changes_the_key() {
        let changes: [Change; 25] = [
            ("host tools", |exec| exec.base = None),
            ("root file system", |exec| exec.root = Digest::of(b"other")),
            ("/src", |exec| exec.mounts[0].shown = content(Digest::of(b"other"), None, None)),
            ("/src (mode)", |exec| {
                exec.mounts[0].shown = content(Digest::of(b"src"), Some(0o755), None);
            }),
            ("/src (host tools)", |exec| {
                exec.mounts[0].shown = content(Digest::of(b"src"), None, Some(Digest::of(b"tools")));
            }),
            ("/c (cache volume)", |exec| {
                let shown = ResolvedMounted::Cache { name: "objects".into(), group: None };
                exec.mounts.push(ResolvedMount { path: "/c".into(), shown });
            }),
            ("/c (group of the cache volume)", |exec| {
                let shown = ResolvedMounted::Cache { name: "objects".into(), group: Some("team".into()) };
                exec.mounts.push(ResolvedMount { path: "/c".into(), shown });
            }),
            ("/t (tmpfs)", |exec| {
                exec.mounts.push(ResolvedMount { path: "/t".into(), shown: ResolvedMounted::Tmpfs });
            }),
            ("/other", |exec| exec.mounts[0].path = "/other".into()),
            ("argv[2]", |exec| exec.argv[2] = "main".into()),
            ("argv[3]", |exec| exec.argv.push(String::new())),
            ("env A", |exec| drop(exec.env.insert("A".into(), "3".into()))),
            ("env C", |exec| drop(exec.env.insert("C".into(), "3".into()))),
            ("workdir", |exec| exec.workdir = "/".into()),
            ("user", |exec| exec.user = Some("nobody".into())),
            ("platform", |exec| exec.platform = "linux/arm64".into()),
            ("network", |exec| exec.network = Network::Outbound),
            ("stdin", |exec| exec.stdin = Some(String::new())),
            ("service db", |exec| exec.services = vec![binding(b"other", false)]),
            ("service db (localhost)", |exec| exec.services = vec![binding(b"db", true)]),
            ("secret TOKEN", |exec| exec.secrets.push(env_secret(Some(Digest::of(b"a"))))),
            ("secret TOKEN", |exec| exec.secrets.push(env_secret(None))),
            ("ssh agent", |exec| exec.ssh_agent = true),
            ("privileged", |exec| exec.privileged = true),
            ("allow_secret_in /x", |exec| exec.allow_secret_in.push("/x".into())),
        ];
        for (label, change) in changes {
            let mut changed = exec();
            change(&mut changed);
            assert_ne!(changed.preimage().key(), exec().preimage().key(), "{label}");
            let difference = exec().preimage().first_difference(&changed.preimage());
            assert_eq!(difference.map(|difference| difference.label).as_deref(), Some(label));
        }
    }

    fn env_secret(value: Option<Digest>) -> ResolvedSecret {
        ResolvedSecret { given: ResolvedGiven::Env("TOKEN".into()), value }
    }

    #[test]
    fn secrets_count_by_value_or_by_name() {
        let with = |secret: ResolvedSecret| ResolvedExec { secrets: vec![secret], ..exec() }.preimage();
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        let difference = with(env_secret(Some(one))).first_difference(&with(env_secret(Some(other))));
        assert_eq!(difference.map(|difference| difference.label).as_deref(), Some("secret TOKEN"));
        let file = |mode| {
            let given = ResolvedGiven::File { path: "/key".into(), mode, owner: None };
            with(ResolvedSecret { given, value: Some(one) })
        };
        let difference = file(0o400).first_difference(&file(0o440));
        assert_eq!(
            difference.map(|difference| difference.label).as_deref(),
            Some("secret /key (mode, owner)")
        );
        assert!(!exec().preimage().may_hold_secrets());
        assert!(ResolvedExec { allow_secret_in: vec!["/x".into()], ..exec() }.preimage().may_hold_secrets());
    }

    #[test]
    fn the_key_is_stable() {
        let exec = ResolvedExec { services: Vec::new(), ..exec() };
        assert_eq!(
            exec.preimage().key().to_string(),
            "5b83993bb0cd1998669fb2ef2f77a597e7dd48b7e6e8cfed2b075e800c8eb9a2"
        );
    }
}
