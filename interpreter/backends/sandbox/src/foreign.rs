//! Programs for other processors: which emulators this machine has, and how the kernel is told to use them (`binfmt_misc`).
//!
//! A host that has registered emulators with the flag `F` needs nothing more: the kernel holds them open, and they work in every root.
//! Else, from Linux 6.7 on, a user namespace can register its own.

use pipe_engine::BackendError;
use serde::{Deserialize, Serialize};

use crate::machine::Machine;

/// The first kernel whose user namespaces have formats of their own.
const OWN_FORMATS: (u32, u32) = (6, 7);

/// A processor that programs can be for.
struct Processor {
    /// In the names of images.
    name: &'static str,
    /// In those of QEMU.
    qemu: &'static str,
    /// `e_ident[EI_CLASS]`, `e_ident[EI_DATA]` and `e_machine` of its programs: `elf(5)`.
    class: u8,
    data: u8,
    machine: u16,
}

const LITTLE: u8 = 1;
const BIG: u8 = 2;
const BITS_32: u8 = 1;
const BITS_64: u8 = 2;

const PROCESSORS: [Processor; 9] = [
    Processor { name: "amd64", qemu: "x86_64", class: BITS_64, data: LITTLE, machine: 62 },
    Processor { name: "arm64", qemu: "aarch64", class: BITS_64, data: LITTLE, machine: 183 },
    Processor { name: "arm", qemu: "arm", class: BITS_32, data: LITTLE, machine: 40 },
    Processor { name: "386", qemu: "i386", class: BITS_32, data: LITTLE, machine: 3 },
    Processor { name: "loong64", qemu: "loongarch64", class: BITS_64, data: LITTLE, machine: 258 },
    Processor { name: "mips64le", qemu: "mips64el", class: BITS_64, data: LITTLE, machine: 8 },
    Processor { name: "ppc64le", qemu: "ppc64le", class: BITS_64, data: LITTLE, machine: 21 },
    Processor { name: "riscv64", qemu: "riscv64", class: BITS_64, data: LITTLE, machine: 243 },
    Processor { name: "s390x", qemu: "s390x", class: BITS_64, data: BIG, machine: 22 },
];

/// A format to be registered: the line that the kernel takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Format(pub(crate) String);

/// A format that the kernel refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unregistered {
    /// Where it stands among those that were to be registered.
    pub(crate) index: usize,
    pub(crate) reason: String,
}

/// What of other processors runs here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Emulators {
    /// This machine's processor.
    own: String,
    /// Names of others.
    runs: Vec<&'static str>,
    /// Names of those that have an emulator which could not be registered, and why.
    broken: Vec<(&'static str, String)>,
    /// What the steps' namespace has to register for that; nothing where the host has.
    formats: Vec<Format>,
    /// Whose programs each of these is for.
    named: Vec<&'static str>,
}

/// An emulator and how the kernel is to start it.
struct Emulator {
    path: String,
    /// Letters of `binfmt_misc`.
    flags: String,
}

impl Emulators {
    /// Looks for them. `own` is the platform of this machine.
    pub(crate) fn find(machine: &dyn Machine, own: &str) -> Emulators {
        let own = own.split('/').nth(1).unwrap_or_default();
        let others = || PROCESSORS.iter().filter(|processor| processor.name != own);
        let of_host: Vec<_> = others().filter_map(|one| Some((one, one.on_host(machine)?))).collect();
        let is_on_host = |one: &Processor| of_host.iter().any(|(known, _)| known.name == one.name);
        let can_register = version(&machine.release()).is_some_and(|found| found >= OWN_FORMATS);
        let added: Vec<_> = others()
            .filter(|one| can_register && !is_on_host(one))
            .filter_map(|one| Some((one, one.installed(machine)?)))
            .collect();
        // A namespace with formats of its own no longer sees the host's.
        let is_own = !added.is_empty();
        let all: Vec<_> = added.into_iter().chain(of_host).collect();
        let own_formats = || all.iter().filter(|_| is_own);
        let formats = own_formats().map(|(one, emulator)| one.format(emulator)).collect();
        let named = own_formats().map(|(one, _)| one.name).collect();
        let mut runs: Vec<_> = all.iter().map(|(one, _)| one.name).collect();
        runs.sort_unstable();
        Emulators { own: own.to_owned(), runs, broken: Vec::new(), formats, named }
    }

    /// What is to be registered for the steps.
    pub(crate) fn formats(&self) -> &[Format] {
        &self.formats
    }

    /// With what came of that: those that the kernel refused, or why it took none.
    pub(crate) fn registered(self, result: Result<Vec<Unregistered>, String>) -> Emulators {
        let broken: Vec<_> = match result {
            Err(reason) => self.runs.iter().map(|name| (*name, reason.clone())).collect(),
            Ok(refused) => {
                let name = |one: Unregistered| Some((*self.named.get(one.index)?, one.reason));
                refused.into_iter().filter_map(name).collect()
            }
        };
        let works = |name: &&str| broken.iter().all(|(other, _)| other != name);
        let runs = self.runs.iter().copied().filter(works).collect();
        Emulators { runs, broken, ..self }
    }

    /// The other processors whose programs run.
    ///
    /// # Errors
    /// Why none do, although there are emulators.
    pub(crate) fn runs(&self) -> Result<&[&'static str], &str> {
        match self.broken.first() {
            Some((_, reason)) if self.runs.is_empty() => Err(reason),
            _ => Ok(&self.runs),
        }
    }

    /// The processors whose emulators could not be registered, and why.
    pub(crate) fn broken(&self) -> &[(&'static str, String)] {
        &self.broken
    }

    /// Whether programs for a platform (`os/arch[/variant]`) run. A variant is taken to run where its processor does.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] says what mends it.
    pub(crate) fn check(&self, machine: &dyn Machine, platform: &str) -> Result<(), BackendError> {
        let mut parts = platform.split('/');
        let processor = parts.next().filter(|system| *system == "linux").and_then(|_| parts.next());
        let refused = |why: &str, help: String| {
            let what = format!("a step for {platform} cannot run on this machine{why}");
            Err(BackendError::Unsupported { what, help })
        };
        let known = PROCESSORS.iter().map(|one| one.name).find(|name| Some(*name) == processor);
        let broken = self.broken.iter().find(|(name, _)| Some(*name) == processor);
        match (processor, broken) {
            (Some(name), _) if name == self.own => Ok(()),
            (Some(_), Some((_, reason))) => refused(&format!(": {reason}"), on_host()),
            (Some(name), None) if self.runs.contains(&name) => Ok(()),
            _ if known.is_none() => refused(
                &format!(", which is linux/{}", self.own),
                "no emulator for it is known; build for it with a cross compiler instead".to_owned(),
            ),
            _ => {
                refused(&format!(", which is linux/{} and has no emulator for it", self.own), remedy(machine))
            }
        }
    }
}

/// What has to be done for programs of other processors to run.
pub(crate) fn remedy(machine: &dyn Machine) -> String {
    match version(&machine.release()).is_some_and(|found| found >= OWN_FORMATS) {
        true => "install emulators: `sudo apt install qemu-user-static` (Debian, Ubuntu), `sudo dnf install qemu-user-static` (Fedora)".to_owned(),
        false => on_host(),
    }
}

/// The same where a namespace cannot register them.
pub(crate) fn on_host() -> String {
    "install emulators that the host registers for all: `sudo apt install qemu-user-static binfmt-support` (Debian, Ubuntu), `sudo dnf install qemu-user-static` (Fedora)".to_owned()
}

impl Processor {
    /// The emulator that the host has registered for every root.
    fn on_host(&self, machine: &dyn Machine) -> Option<Emulator> {
        let folder = "/proc/sys/fs/binfmt_misc";
        let entry = machine.text(&format!("{folder}/qemu-{}", self.qemu))?;
        let value = |name: &str| entry.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let is_on = machine.text(&format!("{folder}/status"))?.trim() == "enabled"
            && entry.lines().any(|line| line == "enabled");
        let (path, flags) = (value("interpreter")?.to_owned(), value("flags:")?.to_owned());
        (is_on && flags.contains('F')).then_some(Emulator { path, flags })
    }

    /// An emulator that needs no libraries of the root it is used in. It is told the name that a program was started by (`P`), may run what
    /// its user cannot read (`O`), with the rights that the program's file gives (`C`), and is opened once (`F`).
    fn installed(&self, machine: &dyn Machine) -> Option<Emulator> {
        let path = machine.program(&format!("qemu-{}-static", self.qemu))?.path;
        // The kernel's line has colons between its fields.
        let is_usable = path.starts_with('/') && !path.contains([':', '\n']);
        is_usable.then(|| Emulator { path, flags: "POCF".to_owned() })
    }

    /// The line for `register`: `Documentation/admin-guide/binfmt-misc.rst` of the kernel. What is compared of a program is the beginning of
    /// its header, but for the system that its ABI names and whether it is at a fixed address.
    fn format(&self, Emulator { path, flags }: &Emulator) -> Format {
        let little = self.data == LITTLE;
        let half = |number: u16| if little { number.to_le_bytes() } else { number.to_be_bytes() };
        let mut magic = vec![0x7f, b'E', b'L', b'F', self.class, self.data, 1];
        magic.resize(16, 0);
        magic.extend(half(2));
        magic.extend(half(self.machine));
        let mut mask = vec![0xff; 7];
        mask.push(0);
        mask.resize(16, 0xff);
        mask.extend(half(0xfffe));
        mask.extend([0xff, 0xff]);
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
        Format(format!(":qemu-{}:M::{}:{}:{path}:{flags}", self.qemu, hex(&magic), hex(&mask)))
    }
}

fn version(release: &str) -> Option<(u32, u32)> {
    crate::probe::version(release)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Recorded;

    fn with(qemu: &str) -> Recorded {
        Recorded::good().program(&format!("qemu-{qemu}-static"), Some(false))
    }

    #[track_caller]
    fn refused(found: &Emulators, machine: &Recorded, platform: &str) -> (String, String) {
        match found.check(machine, platform) {
            Err(BackendError::Unsupported { what, help }) => (what, help),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_installed_emulator_is_registered_where_the_kernel_can() {
        let machine = with("aarch64");
        let found = Emulators::find(&machine, "linux/amd64");
        assert_eq!(found.runs(), Ok(&["arm64"][..]));
        let magic = r"\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00";
        let mask = r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff";
        let line = format!(":qemu-aarch64:M::{magic}:{mask}:/usr/bin/qemu-aarch64-static:POCF");
        assert_eq!(found.formats(), [Format(line)]);
        for good in ["linux/arm64", "linux/arm64/v8", "linux/amd64", "linux/amd64/v3"] {
            assert!(found.check(&machine, good).is_ok(), "{good}");
        }
        // An older kernel has formats for all or for none.
        let old = machine.release("6.6.1");
        let found = Emulators::find(&old, "linux/amd64");
        assert_eq!((found.runs(), found.formats()), (Ok(&[][..]), &[][..]));
        assert!(refused(&found, &old, "linux/arm64").1.contains("binfmt-support"));
        // A machine needs no emulator of itself.
        assert_eq!(Emulators::find(&with("x86_64"), "linux/amd64").runs(), Ok(&[][..]));
    }

    #[test]
    fn what_the_host_registered_is_used_as_it_is_or_taken_along() {
        let host = Recorded::good()
            .file("/proc/sys/fs/binfmt_misc/status", "enabled\n")
            .file(
                "/proc/sys/fs/binfmt_misc/qemu-riscv64",
                "enabled\ninterpreter /opt/qemu-riscv64\nflags: OPF\noffset 0\n",
            )
            .file(
                "/proc/sys/fs/binfmt_misc/qemu-s390x",
                "enabled\ninterpreter /opt/qemu-s390x\nflags: \noffset 0\n",
            );
        let found = Emulators::find(&host, "linux/amd64");
        assert_eq!((found.runs(), found.formats()), (Ok(&["riscv64"][..]), &[][..]));
        let both = host.program("qemu-aarch64-static", Some(false));
        let more = Emulators::find(&both, "linux/amd64");
        assert_eq!(more.runs(), Ok(&["arm64", "riscv64"][..]));
        let lines: Vec<_> = more.formats().iter().map(|Format(line)| line.as_str()).collect();
        assert!(lines.len() == 2 && lines[1].ends_with(":/opt/qemu-riscv64:OPF"), "{lines:?}");
        // Switched off, as a whole or one.
        let off = both.clone().file("/proc/sys/fs/binfmt_misc/status", "disabled\n");
        assert_eq!(Emulators::find(&off, "linux/amd64").runs(), Ok(&["arm64"][..]));
    }

    #[test]
    fn big_endian_headers_are_the_other_way_round() {
        let found = Emulators::find(&with("s390x"), "linux/amd64");
        let Format(line) = &found.formats()[0];
        assert!(line.contains(r"\x00\x02\x00\x16") && line.contains(r"\xff\xfe\xff\xff"), "{line}");
    }

    #[test]
    fn what_is_lacking_is_said() {
        let machine = Recorded::good();
        let found = Emulators::find(&machine, "linux/amd64");
        let (what, help) = refused(&found, &machine, "linux/arm64");
        assert_eq!(
            what,
            "a step for linux/arm64 cannot run on this machine, which is linux/amd64 and has no emulator for it"
        );
        assert!(help.contains("apt install qemu-user-static`"), "{help}");
        for none in ["windows/amd64", "linux/mips", "linux"] {
            assert!(refused(&found, &machine, none).1.contains("cross compiler"), "{none}");
        }
    }

    /// As an entry of the host with `F` whose program was removed since: the kernel still holds it open there, and nobody can open it anew.
    #[test]
    fn an_emulator_that_is_gone_takes_no_other_along() {
        let machine = with("aarch64").file("/proc/sys/fs/binfmt_misc/status", "enabled\n").file(
            "/proc/sys/fs/binfmt_misc/qemu-riscv64",
            "enabled\ninterpreter /gone\nflags: F\noffset 0\n",
        );
        let found = Emulators::find(&machine, "linux/amd64");
        let gone = Unregistered { index: 1, reason: "no such file".to_owned() };
        let found = found.registered(Ok(vec![gone]));
        assert_eq!(found.runs(), Ok(&["arm64"][..]));
        assert_eq!(found.broken(), [("riscv64", "no such file".to_owned())]);
        assert!(found.check(&machine, "linux/arm64").is_ok());
        let (what, _) = refused(&found, &machine, "linux/riscv64");
        assert!(what.ends_with("cannot run on this machine: no such file"), "{what}");
        assert!(refused(&found, &machine, "linux/s390x").0.ends_with("has no emulator for it"));
    }

    #[test]
    fn a_namespace_that_registers_none_says_why() {
        let machine = with("aarch64");
        let found = Emulators::find(&machine, "linux/amd64").registered(Err("no such device".to_owned()));
        assert_eq!(found.runs(), Err("no such device"));
        let (what, help) = refused(&found, &machine, "linux/arm64");
        assert!(what.ends_with("cannot run on this machine: no such device"), "{what}");
        assert!(help.contains("the host registers for all"), "{help}");
        assert!(found.check(&machine, "linux/amd64").is_ok());
    }
}
