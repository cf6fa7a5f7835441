//! Packages that were put into the package that uses them: `vendor/`.

use std::collections::BTreeMap;

use super::content::{PackageFiles, package_digest};
use super::lock::PackageLock;
use super::source::PackageSource;

/// The folder that they are in, below the package.
pub const VENDOR: &str = "vendor";

/// The file in it that says which packages are there, in the lines of a lock. A folder without it is somebody else's.
pub const VENDORED: &str = "pipe.lock";

/// The folder below [`VENDOR`] of each package of a lock: its short name, with a part of a digest behind it where two have the same.
pub fn vendor_folders(lock: &PackageLock) -> BTreeMap<PackageSource, String> {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for (source, _) in lock.iter() {
        *count.entry(folded(source)).or_default() += 1;
    }
    let folder = |source: &PackageSource| match count.get(&folded(source)) {
        Some(1) => usual(source),
        _ => {
            let whole = PackageFiles::from([(String::new(), source.to_string())]);
            format!("{}-{}", usual(source), package_digest(&whole).get(..8).unwrap_or_default())
        }
    };
    lock.iter().map(|(source, _)| (source.clone(), folder(source))).collect()
}

fn usual(source: &PackageSource) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '-' };
    let name: String = source.short_name().chars().map(fits).collect();
    match name.trim_start_matches('.') {
        "" => "package".to_owned(),
        // It is the file that tells which packages are there.
        VENDORED => "pipe-lock".to_owned(),
        name => name.to_owned(),
    }
}

/// Some file systems take names that differ in case for one.
fn folded(source: &PackageSource) -> String {
    usual(source).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn folders_are_called_like_their_packages() {
        let line = |url: &str, rest: &str| {
            format!("package https://{url} {rest} commit={} sha256={}\n", "0".repeat(40), "0".repeat(64))
        };
        let text = [
            line("a.example/web.git", "tag=v1"),
            line("a.example/ci", "tag=v1 dir=go"),
            line("b.example/GO", "tag=v1"),
            line("b.example/pipe.lock", "tag=v1"),
            line("b.example/...", "tag=v1"),
        ];
        let lock = PackageLock::parse(&text.concat()).unwrap();
        let folders: Vec<String> = vendor_folders(&lock).into_values().collect();
        let [go, web, dots, other_go, lock] = folders.as_slice() else { panic!("{folders:?}") };
        assert_eq!((web.as_str(), dots.as_str(), lock.as_str()), ("web", "package", "pipe-lock"));
        assert!(go.starts_with("go-") && other_go.starts_with("GO-"), "{folders:?}");
        assert_ne!(go.to_ascii_lowercase(), other_go.to_ascii_lowercase());
    }
}
