//! The encoding of commands and services.

use super::OpEncoder;
use crate::encoding::tag::OpTag;
use crate::{
    Breakpoint, Digest, Exec, Mount, Mounted, Network, NodeId, OpDigest, Output, SecretGiven, SecretUse,
    Service, Sharing,
};

/// What a command may have behind the fields that all have: each begins with a number of its own.
const EXEC_SERVICES: u8 = 0;
const EXEC_VOLATILE: u8 = 1;
const EXEC_SECRETS: u8 = 2;
const EXEC_PRIVILEGED: u8 = 3;

impl<F: Fn(NodeId) -> Option<OpDigest>> OpEncoder<F> {
    pub(super) fn exec(&mut self, exec: &Exec) {
        self.tag(OpTag::Exec);
        self.output(exec.root);
        self.each(&exec.mounts, Self::mount);
        self.each(&exec.argv, Self::arg);
        self.pairs(exec.env.len(), exec.env.iter().map(|(name, value)| (&**name, value)));
        self.encoder.u8(u8::from(exec.image.is_some()));
        if let Some(image) = exec.image {
            self.output(image);
        }
        self.encoder.list(&exec.unset_env, |encoder, name| encoder.text(name));
        self.encoder.text(&exec.workdir);
        self.encoder.optional(exec.user.as_ref(), |encoder, user| encoder.text(user));
        self.encoder.text(&exec.platform);
        self.encoder.u8(match exec.network {
            Network::Off => 0,
            Network::Outbound => 1,
            Network::Host => 2,
        });
        self.encoder.u8(u8::from(exec.stdin.is_some()));
        if let Some(stdin) = &exec.stdin {
            self.arg(stdin);
        }
        // Not of the first version: a command without any keeps its bytes.
        if !exec.services.is_empty() {
            self.encoder.u8(EXEC_SERVICES);
            self.each(&exec.services, |this, binding| {
                this.encoder.text(&binding.alias);
                this.output(binding.service);
                this.encoder.u8(u8::from(binding.localhost));
            });
        }
        if !exec.volatile_env.is_empty() {
            self.encoder.u8(EXEC_VOLATILE);
            self.encoder.list(&exec.volatile_env, |encoder, name| encoder.text(name));
        }
        self.confidential(exec);
        if exec.privileged {
            self.encoder.u8(EXEC_PRIVILEGED);
        }
    }

    pub(super) fn service(&mut self, service: &Service) {
        self.tag(OpTag::Service);
        self.encoder.u8(u8::from(service.ready.is_some()));
        if let Some(ready) = &service.ready {
            self.each(&ready.argv, Self::arg);
            self.encoder.u64(ready.env.len() as u64);
            for (name, value) in &ready.env {
                self.encoder.text(name);
                self.arg(value);
            }
        }
        self.encoder.list(&service.ports, |encoder, port| encoder.u32(u32::from(*port)));
        self.encoder.u8(u8::from(service.shared));
        self.exec(&service.exec);
    }

    pub(super) fn breakpoint(&mut self, breakpoint: &Breakpoint) {
        self.tag(OpTag::Breakpoint);
        self.exec(&breakpoint.exec);
        self.encoder.list(&breakpoint.shells, |encoder, shell| encoder.text(shell));
        self.each(breakpoint.last.as_slice(), |this, last| this.output(*last));
    }

    /// A command that is given nothing of the kind keeps the bytes it always had.
    fn confidential(&mut self, exec: &Exec) {
        if exec.secrets.is_empty() && !exec.ssh_agent && exec.allow_secret_in.is_empty() {
            return;
        }
        self.encoder.u8(EXEC_SECRETS);
        self.each(&exec.secrets, Self::secret_use);
        self.encoder.u8(u8::from(exec.ssh_agent));
        self.encoder.list(&exec.allow_secret_in, |encoder, path| encoder.text(path));
    }

    fn secret_use(&mut self, given: &SecretUse) {
        self.output(given.secret);
        self.encoder.u8(u8::from(given.by_name));
        match &given.given {
            SecretGiven::Env(name) => {
                self.encoder.u8(0);
                self.encoder.text(name);
            }
            SecretGiven::File { path, mode, owner } => {
                self.encoder.u8(1);
                self.encoder.text(path);
                self.encoder.u32(*mode);
                self.encoder.optional(owner.as_ref(), |encoder, owner| encoder.text(owner));
            }
            SecretGiven::Login { registry, username } => {
                self.encoder.u8(2);
                self.encoder.text(registry);
                self.arg(username);
            }
        }
    }

    fn mount(&mut self, mount: &Mount) {
        self.encoder.text(&mount.path);
        match &mount.shown {
            Mounted::Tree(source) => self.shown(*source, 0),
            Mounted::File(source) => self.shown(*source, 1),
            Mounted::Cache(volume) => {
                match &volume.group {
                    None => self.no_source(2),
                    Some(group) => {
                        self.no_source(4);
                        self.encoder.text(group);
                    }
                }
                self.encoder.text(&volume.name);
                self.encoder.u8(match volume.sharing {
                    Sharing::Shared => 0,
                    Sharing::Locked => 1,
                    Sharing::Private => 2,
                });
            }
            Mounted::Tmpfs { size } => {
                self.no_source(3);
                self.encoder.optional(size.as_ref(), |encoder, size| encoder.u64(*size));
            }
        }
    }

    fn shown(&mut self, source: Output, kind: u8) {
        self.output(source);
        self.encoder.u8(kind);
    }

    /// What is no view of anything has a digest that no node has in the edge's place, so that trees and files keep their bytes.
    fn no_source(&mut self, kind: u8) {
        self.encoder.digest(Digest([0; 32]));
        self.encoder.u8(0);
        self.encoder.u8(kind);
    }
}
