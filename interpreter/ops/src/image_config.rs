//! An image's configuration, as a value of the graph.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Datum;

/// What an image says of how it is run (OCI image specification, "config").
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// `user[:group]`; empty for root.
    pub user: String,
    /// The working folder; empty for `/`.
    pub workdir: String,
    /// What is started, before the command.
    pub entrypoint: Vec<String>,
    /// What is started, or what the entrypoint is given.
    pub command: Vec<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Ports it listens on: `80/tcp`.
    pub ports: Vec<String>,
    /// What runs scripts; empty for `/bin/sh -c`.
    pub shell: Vec<String>,
    /// The signal that asks what was started to end, by its name; empty for `SIGTERM`.
    pub stop_signal: String,
}

impl ImageConfig {
    /// As a plain value: a map from field names.
    pub fn to_datum(&self) -> Datum {
        let text = |text: &String| Datum::text(text.as_str());
        let list = |items: &[String]| Datum::List(items.iter().map(text).collect());
        let map = |map: &BTreeMap<String, String>| {
            Datum::Map(map.iter().map(|(key, value)| (text(key), text(value))).collect())
        };
        let mut fields = vec![
            ("env", map(&self.env)),
            ("user", text(&self.user)),
            ("workdir", Datum::text(self.workdir_or_root())),
            ("entrypoint", list(&self.entrypoint)),
            ("command", list(&self.command)),
            ("labels", map(&self.labels)),
            ("ports", list(&self.ports)),
            ("shell", list(&self.shell)),
        ];
        // Most images have none, and are what they were before there was this field.
        if !self.stop_signal.is_empty() {
            fields.push(("stop_signal", text(&self.stop_signal)));
        }
        Datum::Map(fields.into_iter().map(|(name, value)| (Datum::text(name), value)).collect())
    }

    /// From a plain value; `None` when it is none of [`ImageConfig::to_datum`].
    pub fn from_datum(datum: &Datum) -> Option<ImageConfig> {
        let field = |name: &str| entry(datum, name);
        let text = |name: &str| field(name)?.as_text().map(str::to_owned);
        let list = |name: &str| match field(name)? {
            Datum::List(items) => items.iter().map(|item| item.as_text().map(str::to_owned)).collect(),
            _ => None,
        };
        let map = |name: &str| match field(name)? {
            Datum::Map(pairs) => pairs
                .iter()
                .map(|(key, value)| Some((key.as_text()?.to_owned(), value.as_text()?.to_owned())))
                .collect(),
            _ => None,
        };
        Some(ImageConfig {
            env: map("env")?,
            user: text("user")?,
            workdir: text("workdir")?,
            entrypoint: list("entrypoint")?,
            command: list("command")?,
            labels: map("labels")?,
            ports: list("ports")?,
            shell: list("shell")?,
            stop_signal: text("stop_signal").unwrap_or_default(),
        })
    }

    /// The working folder, absolute.
    pub fn workdir_or_root(&self) -> String {
        let path = crate::pure::join_path("/", &self.workdir);
        if path.starts_with('/') { path } else { crate::pure::normalise_path(&format!("/{path}")) }
    }
}

/// The value of a map under a name.
pub(crate) fn entry<'a>(datum: &'a Datum, name: &str) -> Option<&'a Datum> {
    match datum {
        Datum::Map(pairs) => {
            pairs.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_comes_back() {
        let config = ImageConfig {
            env: BTreeMap::from([("PATH".into(), "/bin".into())]),
            user: "app:app".into(),
            workdir: "srv/./x".into(),
            entrypoint: vec!["/entry".into()],
            command: vec!["a".into(), "b".into()],
            labels: BTreeMap::from([("l".into(), String::new())]),
            ports: vec!["80/tcp".into()],
            shell: vec!["/bin/ash".into()],
            stop_signal: "SIGQUIT".into(),
        };
        let back = ImageConfig { workdir: "/srv/x".into(), ..config.clone() };
        assert_eq!(ImageConfig::from_datum(&config.to_datum()), Some(back));
        assert_eq!(ImageConfig::default().workdir_or_root(), "/");
        assert_eq!(ImageConfig::from_datum(&Datum::Unit), None);
    }
}
