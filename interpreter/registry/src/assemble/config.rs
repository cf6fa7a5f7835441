//! The configuration of an image that is made: the base's, with what is changed of it.

use std::collections::BTreeMap;

use pipe_archive::date_time;
use serde_json::{Map, Value, json};

use super::ImageSpec;
use super::layer::Packed;
use crate::RegistryError;
use crate::manifest::Platform;
use crate::reference::show_digest;

/// What is changed of a configuration; what is not said stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigChanges {
    /// Variables that are set.
    pub env: BTreeMap<String, String>,
    /// Variables that are taken away.
    pub unset_env: Vec<String>,
    /// The working folder.
    pub workdir: Option<String>,
    /// `user[:group]`.
    pub user: Option<String>,
    /// What is started.
    pub entrypoint: Option<Vec<String>>,
    /// What is started, or what the entrypoint is given.
    pub command: Option<Vec<String>>,
    /// Labels that are set.
    pub labels: BTreeMap<String, String>,
    /// Ports that are added, as `80/tcp`.
    pub ports: Vec<String>,
    /// What runs scripts.
    pub shell: Option<Vec<String>>,
}

impl ConfigChanges {
    /// Nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == ConfigChanges::default()
    }
}

/// The bytes of the configuration.
pub(super) fn made(
    spec: &ImageSpec,
    base: Option<&[u8]>,
    layer: Option<&Packed>,
) -> Result<Vec<u8>, RegistryError> {
    let wrong = |reason: &str| RegistryError::malformed(format!("the base image's configuration {reason}"));
    let mut image: Map<String, Value> = match base {
        None => of_platform(&spec.platform),
        Some(bytes) => serde_json::from_slice(bytes).map_err(|error| wrong(&error.to_string()))?,
    };
    // What older tools say of the container and the machine that an image was made on.
    for old in ["id", "parent", "container", "container_config", "docker_version"] {
        image.shift_remove(old);
    }
    let created = date_time(spec.time);
    image.insert("created".to_owned(), created.clone().into());
    let mut config = match image.shift_remove("config") {
        Some(Value::Object(config)) => config,
        _ => Map::new(),
    };
    change(&mut config, &spec.changes);
    image.insert("config".to_owned(), config.into());

    let ids = image.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids")).and_then(Value::as_array);
    let mut ids: Vec<Value> = ids.cloned().unwrap_or_default();
    let known = ids.len();
    ids.extend(layer.map(|layer| Value::from(show_digest(layer.diff_id))));
    image.insert("rootfs".to_owned(), json!({"type": "layers", "diff_ids": ids}));

    let mut history = match image.shift_remove("history") {
        Some(Value::Array(history)) => history,
        _ => Vec::new(),
    };
    // Readers count: there are as many entries that made a layer as there are layers.
    let counted = history.iter().filter(|entry| entry["empty_layer"] != true).count();
    if counted != known {
        history = (0..known).map(|_| json!({"created": created})).collect();
    }
    let mut entry = json!({"created": created, "created_by": "pipe"});
    if layer.is_none() {
        entry["empty_layer"] = true.into();
    }
    history.push(entry);
    image.insert("history".to_owned(), history.into());
    serde_json::to_vec(&image).map_err(|error| wrong(&error.to_string()))
}

fn of_platform(platform: &str) -> Map<String, Value> {
    let Platform { os, architecture, variant, .. } = Platform::parse(platform);
    let mut image = Map::new();
    image.insert("architecture".to_owned(), architecture.into());
    image.insert("os".to_owned(), os.into());
    if let Some(variant) = variant {
        image.insert("variant".to_owned(), variant.into());
    }
    image
}

fn change(config: &mut Map<String, Value>, changes: &ConfigChanges) {
    // Triggers for whoever builds on the base: that was here.
    config.shift_remove("OnBuild");
    let env = environment(config.get("Env"), changes);
    set(config, "Env", (!env.is_empty()).then(|| env.into()));
    for (name, value) in [("User", &changes.user), ("WorkingDir", &changes.workdir)] {
        if let Some(value) = value {
            set(config, name, Some(value.as_str().into()));
        }
    }
    let lists = [("Entrypoint", &changes.entrypoint), ("Cmd", &changes.command), ("Shell", &changes.shell)];
    for (name, list) in lists {
        if let Some(list) = list {
            set(config, name, (!list.is_empty()).then(|| list.clone().into()));
        }
    }
    let labels = changes.labels.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
    add(config, "Labels", labels);
    add(config, "ExposedPorts", changes.ports.iter().map(|port| (port.clone(), json!({}))));
}

/// `NAME=value`, in the base's order; new ones behind them, sorted.
fn environment(base: Option<&Value>, changes: &ConfigChanges) -> Vec<String> {
    let mut left = changes.env.clone();
    let base = base.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let kept = base.filter_map(|entry| {
        let name = entry.split('=').next().unwrap_or_default();
        if changes.unset_env.iter().any(|gone| gone == name) {
            return None;
        }
        if !changes.env.contains_key(name) {
            return Some(entry.to_owned());
        }
        // A variable that stands there twice stands there once now.
        left.remove(name).map(|value| format!("{name}={value}"))
    });
    let mut env: Vec<String> = kept.collect();
    env.extend(left.into_iter().map(|(name, value)| format!("{name}={value}")));
    env
}

/// Sets a field; without a value it is not there.
fn set(config: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(config.insert(name.to_owned(), value)),
        None => drop(config.shift_remove(name)),
    }
}

/// Adds to an object, which is sorted then.
fn add(config: &mut Map<String, Value>, name: &str, added: impl Iterator<Item = (String, Value)>) {
    let added: Vec<(String, Value)> = added.collect();
    if added.is_empty() {
        return;
    }
    let old = config.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let all: BTreeMap<String, Value> = old.into_iter().chain(added).collect();
    config.insert(name.to_owned(), Value::Object(all.into_iter().collect()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(base: Value, changes: &ConfigChanges) -> Value {
        let Value::Object(mut config) = base else { return Value::Null };
        change(&mut config, changes);
        Value::Object(config)
    }

    #[test]
    fn what_is_not_changed_stays() {
        let base = json!({
            "Env": ["PATH=/bin", "A=1", "GONE=x", "A=2"], "Volumes": {"/data": {}}, "StopSignal": "SIGQUIT",
            "Healthcheck": {"Test": ["NONE"]}, "OnBuild": ["RUN x"], "ExposedPorts": {"80/tcp": {}},
            "Labels": {"z": "1"}, "Cmd": ["sh"],
        });
        let text = |text: &str| text.to_owned();
        let changes = ConfigChanges {
            env: BTreeMap::from([(text("A"), text("3")), (text("B"), text(""))]),
            unset_env: vec![text("GONE")],
            user: Some(text("me")),
            entrypoint: Some(vec![text("/app")]),
            command: Some(Vec::new()),
            labels: BTreeMap::from([(text("a"), text("0"))]),
            ports: vec![text("53/udp")],
            ..ConfigChanges::default()
        };
        let expected = json!({
            "Env": ["PATH=/bin", "A=3", "B="], "Volumes": {"/data": {}}, "StopSignal": "SIGQUIT",
            "Healthcheck": {"Test": ["NONE"]}, "ExposedPorts": {"53/udp": {}, "80/tcp": {}},
            "Labels": {"a": "0", "z": "1"}, "User": "me", "Entrypoint": ["/app"],
        });
        assert_eq!(changed(base, &changes), expected);
        assert_eq!(changed(json!({}), &ConfigChanges::default()), json!({}));
    }
}
