//! Platforms of images, and which one of an index fits.

use crate::manifest::{Descriptor, Platform};

/// The manifest for a platform (`os/arch[/variant]`). Without a variant, the plain one is taken before one with a variant; arm64's `v8`
/// is the plain one.
pub(crate) fn choose<'a>(manifests: &'a [Descriptor], wanted: &str) -> Option<&'a Descriptor> {
    let wanted = Platform::parse(wanted);
    let fits = |found: &&Descriptor| {
        let platform = found.platform.as_ref()?;
        let same = platform.os == wanted.os && platform.architecture == wanted.architecture;
        same.then(|| rank(&wanted, platform)).flatten()
    };
    let ranked = manifests.iter().filter_map(|found| Some((fits(&found)?, found)));
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, found)| found)
}

/// How well a variant fits, smaller is better.
fn rank(wanted: &Platform, found: &Platform) -> Option<u8> {
    let (wanted_variant, found_variant) = (wanted.normal_variant(), found.normal_variant());
    match (wanted_variant, found_variant) {
        (wanted, found) if wanted == found => Some(0),
        (_, None) => Some(1),
        (Some(wanted), Some(found)) if version(found)? < version(wanted)? => {
            // An older variant runs on a newer machine; the newest of them first.
            Some(20u8.saturating_sub(version(found)?))
        }
        (None, Some(found)) => Some(40u8.saturating_sub(version(found).unwrap_or(0))),
        _ => None,
    }
}

fn version(variant: &str) -> Option<u8> {
    variant.strip_prefix('v').and_then(|number| number.parse().ok())
}

impl Platform {
    /// Reads `os/arch[/variant]`.
    pub(crate) fn parse(text: &str) -> Platform {
        let mut parts = text.split('/').map(str::to_owned);
        Platform {
            os: parts.next().unwrap_or_default(),
            architecture: parts.next().unwrap_or_default(),
            variant: parts.next().filter(|variant| !variant.is_empty()),
            os_version: None,
        }
    }

    /// The variant, unless it is what the architecture means without one.
    fn normal_variant(&self) -> Option<&str> {
        let variant = self.variant.as_deref().filter(|variant| !variant.is_empty())?;
        let plain = matches!((self.architecture.as_str(), variant), ("arm64", "v8") | ("amd64", "v1"));
        (!plain).then_some(variant)
    }

    /// `os/arch[/variant]`.
    pub(crate) fn shown(&self) -> String {
        let variant = self.variant.as_deref().filter(|variant| !variant.is_empty());
        let variant = variant.map(|variant| format!("/{variant}")).unwrap_or_default();
        format!("{}/{}{variant}", self.os, self.architecture)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn chosen(offered: &[&str], wanted: &str) -> Option<usize> {
        let manifests: Vec<Descriptor> = (0..)
            .zip(offered)
            .map(|(size, platform)| Descriptor {
                platform: Some(Platform::parse(platform)),
                size,
                ..Descriptor::default()
            })
            .collect();
        choose(&manifests, wanted).map(|found| found.size as usize)
    }

    #[test]
    fn the_nearest_variant_is_taken() {
        let all = ["linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64/v8", "windows/amd64"];
        assert_eq!(chosen(&all, "linux/amd64"), Some(0));
        assert_eq!(chosen(&all, "linux/arm64"), Some(3));
        assert_eq!(chosen(&all, "linux/arm64/v8"), Some(3));
        assert_eq!(chosen(&all, "linux/arm/v7"), Some(2));
        assert_eq!(chosen(&all, "linux/arm"), Some(2));
        assert_eq!(chosen(&["linux/arm/v6"], "linux/arm/v7"), Some(0));
        assert_eq!(chosen(&["linux/arm/v7"], "linux/arm/v6"), None);
        assert_eq!(chosen(&all, "linux/riscv64"), None);
        assert_eq!(chosen(&["linux/amd64/v3", "linux/amd64"], "linux/amd64"), Some(1));
    }
}
