//! Which parts of the host are shown.

use std::path::{Path, PathBuf};

/// Parts of `/etc` that programs need and that say nothing of users, networks or secrets. `*` at the end: any name that begins so.
const ETC: [&str; 8] = [
    "alternatives",
    "ld.so.cache",
    "ld.so.conf*",
    "ssl/certs",
    "ssl/openssl.cnf",
    "ca-certificates*",
    "localtime",
    "nsswitch.conf",
];

/// Files that are made rather than shown: the host's own name its users and networks.
pub(crate) const MADE_FILES: [(&str, &str); 4] = [
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    ),
    ("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
    ("etc/hosts", "127.0.0.1 localhost pipe\n::1 localhost ip6-localhost ip6-loopback\n"),
    ("etc/resolv.conf", ""),
];

/// The host's tools as they lie on this host.
#[derive(Debug, Default)]
pub(crate) struct Toolchain {
    /// Links at the top (`bin` → `usr/bin`) and in `/etc`, by name without the leading slash.
    pub(crate) links: Vec<(PathBuf, PathBuf)>,
    /// Folders and files that are shown.
    pub(crate) parts: Vec<Part>,
}

/// A folder or file of the host.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its path without the leading slash.
    pub(crate) name: PathBuf,
    /// Where it really is: no link on the way.
    pub(crate) source: PathBuf,
    pub(crate) is_dir: bool,
}

impl Toolchain {
    /// Looks at the host.
    pub(crate) fn of_host() -> Toolchain {
        Toolchain::of(Path::new("/"))
    }

    fn of(root: &Path) -> Toolchain {
        let mut toolchain = Toolchain::default();
        for name in names_in(root) {
            if matches!(name.as_str(), "usr" | "bin" | "sbin") || name.starts_with("lib") {
                toolchain.add(root, Path::new(&name), true);
            }
        }
        for pattern in ETC {
            for name in expand(&root.join("etc"), pattern) {
                toolchain.add(root, &Path::new("etc").join(name), false);
            }
        }
        toolchain
    }

    fn add(&mut self, root: &Path, name: &Path, only_dirs: bool) {
        let path = root.join(name);
        let Ok(meta) = std::fs::symlink_metadata(&path) else { return };
        if meta.is_symlink() && self.add_link(&path, name) {
            return;
        }
        let (Ok(source), Ok(meta)) = (std::fs::canonicalize(&path), std::fs::metadata(&path)) else { return };
        if meta.is_dir() || meta.is_file() && !only_dirs {
            self.parts.push(Part { name: name.to_path_buf(), source, is_dir: meta.is_dir() });
        }
    }

    /// A link into `/usr` leads to the same place inside; any other one is shown as what it leads to.
    fn add_link(&mut self, path: &Path, name: &Path) -> bool {
        let Ok(target) = std::fs::read_link(path) else { return false };
        let inside = target.strip_prefix("/").unwrap_or(&target);
        let leads_into_usr =
            inside.starts_with("usr") && (target.is_absolute() || name.components().count() == 1);
        if leads_into_usr {
            self.links.push((name.to_path_buf(), target));
        }
        leads_into_usr
    }
}

impl Toolchain {
    /// Whether the tools, or what the sandbox itself puts into a root, have anything at an absolute path or below it.
    pub(crate) fn has(&self, path: &Path) -> bool {
        let inside = path.strip_prefix("/").unwrap_or(path);
        let made = MADE_FILES.iter().map(|(name, _)| Path::new(*name));
        let kernel = ["proc", "sys", "dev"].into_iter().map(Path::new);
        let links = self.links.iter().map(|(name, _)| name.as_path());
        let parts = self.parts.iter().map(|part| part.name.as_path());
        made.chain(kernel)
            .chain(links)
            .chain(parts)
            .any(|name| name.starts_with(inside) || inside.starts_with(name))
    }
}

impl Toolchain {
    /// Whether layers over the tools cannot be seen at an absolute path: a tool, a top-level link to the tools, or what the kernel
    /// shows is there. The files that are made can be replaced.
    pub(crate) fn hides(&self, path: &Path) -> bool {
        let inside = path.strip_prefix("/").unwrap_or(path);
        let kernel = ["proc", "sys", "dev"].into_iter().map(Path::new);
        let links = self.links.iter().map(|(name, _)| name.as_path());
        let parts = self.parts.iter().map(|part| part.name.as_path());
        kernel.chain(links).chain(parts).any(|name| inside.starts_with(name))
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

fn expand(etc: &Path, pattern: &str) -> Vec<String> {
    match pattern.strip_suffix('*') {
        Some(prefix) => names_in(etc).into_iter().filter(|name| name.starts_with(prefix)).collect(),
        None => vec![pattern.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn host(files: &[&str], links: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        for (link, target) in links {
            std::os::unix::fs::symlink(target, root.path().join(link)).unwrap();
        }
        root
    }

    fn shown(toolchain: &Toolchain) -> Vec<&str> {
        toolchain.parts.iter().map(|part| part.name.to_str().unwrap()).collect()
    }

    #[test]
    fn only_the_named_parts_are_shown() {
        let files = ["usr/bin/cc", "home/ann/x", "etc/shadow", "etc/ssl/private/key", "etc/ssl/certs/a.pem"];
        let more = ["etc/ld.so.cache", "etc/ld.so.conf.d/a", "etc/passwd", "lib64/ld.so", "libfile"];
        let root = host(&[files, more].concat(), &[("bin", "usr/bin")]);
        let toolchain = Toolchain::of(root.path());
        assert_eq!(
            shown(&toolchain),
            ["lib64", "usr", "etc/ld.so.cache", "etc/ld.so.conf.d", "etc/ssl/certs"]
        );
        assert_eq!(toolchain.links, [(PathBuf::from("bin"), PathBuf::from("usr/bin"))]);
    }

    #[test]
    fn what_a_step_made_beside_the_tools_is_its_own() {
        let root = host(&["usr/bin/cc", "etc/ssl/certs/a.pem"], &[("bin", "usr/bin")]);
        let toolchain = Toolchain::of(root.path());
        for path in ["/", "/usr", "/usr/share/x", "/bin/cc", "/etc", "/etc/ssl", "/etc/passwd", "/proc/1"] {
            assert!(toolchain.has(Path::new(path)), "{path}");
        }
        for path in ["/out", "/tmp", "/root/x", "/etc/foo", "/us"] {
            assert!(!toolchain.has(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn tools_hide_what_lies_at_or_below_them() {
        let root = host(&["usr/bin/cc", "etc/ssl/certs/a.pem"], &[("bin", "usr/bin")]);
        let toolchain = Toolchain::of(root.path());
        for path in ["/usr", "/usr/share/x", "/bin/cc", "/etc/ssl/certs/b.pem", "/proc/1", "/dev/x"] {
            assert!(toolchain.hides(Path::new(path)), "{path}");
        }
        for path in ["/", "/etc", "/etc/ssl", "/etc/ssl/x", "/etc/passwd", "/out", "/usrx"] {
            assert!(!toolchain.hides(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn a_link_out_of_usr_is_shown_as_what_it_leads_to() {
        let root = host(&["etc/pki/certs/a.pem", "usr/x"], &[]);
        std::fs::create_dir(root.path().join("etc/ssl")).unwrap();
        std::os::unix::fs::symlink("../pki/certs", root.path().join("etc/ssl/certs")).unwrap();
        let toolchain = Toolchain::of(root.path());
        assert_eq!(shown(&toolchain), ["usr", "etc/ssl/certs"]);
        assert_eq!(toolchain.parts[1].source, root.path().join("etc/pki/certs").canonicalize().unwrap());
    }
}
