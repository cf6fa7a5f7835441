//! `OS/ARCHITECTURE[/VARIANT]`, by the names of Go that the OCI image specification uses.

use pipe_diagnostics::nearest;

use super::{HOLE, LiteralError, parts};

/// Platforms that images exist for.
pub(super) const PLATFORMS: &[&str] = &[
    "linux/amd64",
    "linux/arm64",
    "linux/386",
    "linux/arm",
    "linux/arm/v5",
    "linux/arm/v6",
    "linux/arm/v7",
    "linux/arm64/v8",
    "linux/amd64/v2",
    "linux/amd64/v3",
    "linux/amd64/v4",
    "linux/ppc64le",
    "linux/s390x",
    "linux/riscv64",
    "linux/mips64le",
    "linux/loong64",
    "windows/amd64",
    "windows/arm64",
    "darwin/amd64",
    "darwin/arm64",
    "freebsd/amd64",
    "freebsd/arm64",
    "wasi/wasm",
];

/// What other tools call an architecture.
const OTHER_NAMES: &[(&str, &str)] =
    &[("x86_64", "amd64"), ("x64", "amd64"), ("aarch64", "arm64"), ("i386", "386"), ("armv7", "arm/v7")];

pub(super) fn check(text: &str) -> Result<(), LiteralError> {
    if text.contains(HOLE) || PLATFORMS.contains(&text) {
        return check_fixed_parts(text);
    }
    let all = parts(text, '/');
    let prefix = |n: usize| all.get(n).map_or(text, |(range, _)| text.get(..range.end).unwrap_or(text));
    let known = |start: &str| PLATFORMS.iter().any(|p| *p == start || p.starts_with(&format!("{start}/")));
    // The first part that no platform continues with is the one that is wrong.
    let wrong = all.iter().enumerate().find(|(n, _)| !known(prefix(*n))).map(|(_, (range, _))| range.clone());
    let range = wrong.unwrap_or(0..text.len());
    let Some(best) = suggestion(text) else {
        let error = LiteralError::new(range, "unknown platform");
        return Err(error.help("a platform is like linux/amd64, linux/arm64 or linux/arm/v7"));
    };
    let error = LiteralError::new(range.clone(), format!("unknown platform; the nearest is {best}"));
    let same_start = text.get(..range.start).filter(|start| best.starts_with(start));
    let rest = text.get(range.end..).unwrap_or_default();
    Err(match same_start.and_then(|start| best.get(start.len()..)).and_then(|end| end.strip_suffix(rest)) {
        Some(replacement) => error.replace(replacement),
        None => error,
    })
}

fn suggestion(text: &str) -> Option<&'static str> {
    let mut renamed = text.to_owned();
    for (other, own) in OTHER_NAMES {
        if let Some(start) = text.strip_suffix(other) {
            renamed = format!("{start}{own}");
        }
    }
    let exact = PLATFORMS.iter().find(|platform| **platform == renamed).copied();
    exact.or_else(|| nearest(&renamed, PLATFORMS.iter().copied()))
}

/// With holes only a part without one can be judged, and only by itself.
fn check_fixed_parts(text: &str) -> Result<(), LiteralError> {
    for (n, (range, part)) in parts(text, '/').into_iter().enumerate() {
        let known = PLATFORMS.iter().any(|platform| platform.split('/').nth(n) == Some(part));
        if !known && !part.contains(HOLE) {
            return Err(LiteralError::new(range, "unknown platform"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_platforms_and_holes() {
        for good in ["linux/amd64", "linux/arm/v7", "linux/\0", "\0", "\0/arm64"] {
            assert_eq!(check(good), Ok(()), "{good:?}");
        }
    }

    #[test]
    fn the_wrong_part_is_named() {
        for (bad, at, best) in [
            ("linux/arm46", "arm46", Some("linux/arm64")),
            ("linux/x86_64", "x86_64", Some("linux/amd64")),
            ("lunix/amd64", "lunix", Some("linux/amd64")),
            ("linux/arm/v9", "v9", Some("linux/arm/v5")),
            ("linux", "linux", None),
            ("banana", "banana", None),
            ("", "", None),
        ] {
            let error = check(bad).expect_err(bad);
            assert_eq!(&bad[error.range.clone()], at, "{bad:?}");
            assert!(error.reason.ends_with(best.unwrap_or("platform")), "{bad:?}: {error:?}");
            if let Some(best) = best {
                let mut mended = bad.to_owned();
                mended.replace_range(error.range, &error.replacement.expect("a replacement"));
                assert_eq!(mended, best);
            }
        }
        assert_eq!(check("linus/\0").expect_err("bad").range, 0..5);
    }
}
