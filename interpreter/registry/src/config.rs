//! An image's configuration.

use std::collections::BTreeMap;

use pipe_ops::{BlobDigest, ImageConfig};
use serde::Deserialize;

use crate::RegistryError;
use crate::manifest::Platform;
use crate::reference::parse_digest;

/// What the configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) config: ImageConfig,
    pub(crate) platform: Platform,
    /// Digests of the layers without compression, lowest first.
    pub(crate) diff_ids: Vec<BlobDigest>,
}

#[derive(Deserialize)]
struct Raw {
    architecture: Option<String>,
    os: Option<String>,
    variant: Option<String>,
    #[serde(rename = "os.version")]
    os_version: Option<String>,
    config: Option<RawConfig>,
    rootfs: Option<RootFs>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct RawConfig {
    env: Option<Vec<String>>,
    user: Option<String>,
    working_dir: Option<String>,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    labels: Option<BTreeMap<String, Option<String>>>,
    exposed_ports: Option<BTreeMap<String, serde::de::IgnoredAny>>,
    shell: Option<Vec<String>>,
    stop_signal: Option<String>,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Option<Vec<String>>,
}

/// Reads an image's configuration.
pub(crate) fn parse(bytes: &[u8]) -> Result<Parsed, RegistryError> {
    let wrong = |reason: String| RegistryError::malformed(format!("not an image's configuration: {reason}"));
    let raw: Raw = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
    let diff_ids = raw.rootfs.and_then(|rootfs| rootfs.diff_ids).unwrap_or_default();
    let diff_ids = diff_ids.iter().map(|text| parse_digest(text));
    let diff_ids: Option<Vec<BlobDigest>> = diff_ids.collect();
    let config = raw.config.unwrap_or_default();
    let texts = [&config.env, &config.entrypoint, &config.cmd, &config.shell];
    let has_nul = |text: &String| text.contains('\0');
    if texts.into_iter().flatten().flatten().chain(&config.user).chain(&config.working_dir).any(has_nul) {
        return Err(wrong("a text in it has a NUL character".into()));
    }
    Ok(Parsed {
        platform: Platform {
            os: raw.os.unwrap_or_default(),
            architecture: raw.architecture.unwrap_or_default(),
            variant: raw.variant.filter(|variant| !variant.is_empty()),
            os_version: raw.os_version,
        },
        diff_ids: diff_ids.ok_or_else(|| wrong("a layer's digest is not a SHA-256".into()))?,
        config: ImageConfig {
            env: variables(config.env.unwrap_or_default()),
            user: config.user.unwrap_or_default(),
            workdir: config.working_dir.unwrap_or_default(),
            entrypoint: config.entrypoint.unwrap_or_default(),
            command: config.cmd.unwrap_or_default(),
            labels: config
                .labels
                .unwrap_or_default()
                .into_iter()
                .map(|(name, value)| (name, value.unwrap_or_default()))
                .collect(),
            ports: config.exposed_ports.unwrap_or_default().into_keys().collect(),
            shell: config.shell.unwrap_or_default(),
            stop_signal: config.stop_signal.unwrap_or_default(),
        },
    })
}

/// `NAME=value`; the last of a name holds, and what has no name is no variable.
fn variables(env: Vec<String>) -> BTreeMap<String, String> {
    let pairs = env.iter().filter_map(|entry| entry.split_once('='));
    pairs.filter(|(name, _)| !name.is_empty()).map(|(name, value)| (name.into(), value.into())).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_missing_is_empty() {
        let parsed = parse(b"{}").unwrap();
        assert_eq!(parsed.config, ImageConfig::default());
        let text = format!(
            r#"{{"os":"linux","architecture":"amd64","rootfs":{{"diff_ids":["sha256:{}"]}},
               "config":{{"Env":["A=1","PATH=/bin=x","","=","B","A=2"],"User":"app","Entrypoint":null,
               "Cmd":["sh"],"Labels":{{"a":null}},"ExposedPorts":{{"80/tcp":{{}}}},"WorkingDir":"/srv","StopSignal":"SIGINT"}}}}"#,
            "1".repeat(64)
        );
        let parsed = parse(text.as_bytes()).unwrap();
        assert_eq!(parsed.config.env.get("A").map(String::as_str), Some("2"));
        assert_eq!(parsed.config.env.get("PATH").map(String::as_str), Some("/bin=x"));
        assert_eq!(parsed.config.env.len(), 2);
        assert_eq!(parsed.config.ports, ["80/tcp"]);
        assert_eq!(parsed.config.stop_signal, "SIGINT");
        assert_eq!((parsed.config.user.as_str(), parsed.config.workdir.as_str()), ("app", "/srv"));
        assert_eq!(parsed.diff_ids.len(), 1);
        assert!(parse(br#"{"config":{"Env":["A=\u0000"]}}"#).is_err());
        assert!(parse(br#"{"rootfs":{"diff_ids":["md5:1"]}}"#).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = parse(&bytes);
        }
    }
}
