//! What a package says that it wants: `[permissions]`.

use std::collections::BTreeSet;

use super::manifest::{Manifest, Reader, Value};

/// Effects of the standard library, by the names that `permissions.actions` has for them.
pub(crate) const EFFECTS: [&str; 9] =
    ["approval", "attach", "export", "load", "notify", "perform", "push", "sleep", "up"];

/// What a package asks for beyond what every package may.
#[derive(Clone, Debug, PartialEq, Eq, Default, Hash)]
pub struct Permissions {
    /// Which network its steps get.
    pub network: NetworkPermission,
    /// Parameters and fields that take secrets.
    pub secrets: Vec<String>,
    /// Effects that its actions have.
    pub actions: Vec<String>,
    /// Environment variables it reads.
    pub env: Vec<String>,
    /// Files outside the package that it reads.
    pub files: Vec<String>,
    /// Private hosts it connects to.
    pub hosts: Vec<String>,
}

/// Which network the steps of a package get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub enum NetworkPermission {
    /// Public addresses, unless a step refuses it.
    #[default]
    Outbound,
    /// `network = "off"`: none. Steps of the package that is run may ask for one, those of a dependency may not.
    Off,
    /// `network = "host"`: also the host's own.
    Host,
}

/// What every package may without being asked about: the public network.
const FREE: &str = "network";

impl Permissions {
    /// What a lock records of it, one word each: `network`, `network:host`, `action:push`, `secret:token`. What a dependency can
    /// never use, because only the package that is run reads the host, is not in it.
    pub fn wanted(&self) -> BTreeSet<String> {
        let mut wanted: BTreeSet<String> = BTreeSet::new();
        wanted.extend(self.secrets.iter().map(|name| format!("secret:{name}")));
        wanted.extend(self.actions.iter().map(|name| format!("action:{name}")));
        if self.network != NetworkPermission::Off {
            wanted.insert(FREE.to_owned());
        }
        if self.network == NetworkPermission::Host {
            wanted.insert("network:host".to_owned());
        }
        wanted
    }
}

/// What has to be accepted when a package wants this, and that was accepted before; `None` when there was none before.
pub fn to_accept(wanted: &BTreeSet<String>, accepted: Option<&BTreeSet<String>>) -> BTreeSet<String> {
    match accepted {
        Some(accepted) => wanted.difference(accepted).cloned().collect(),
        None => wanted.iter().filter(|word| *word != FREE).cloned().collect(),
    }
}

/// What a word of [`Permissions::wanted`] means, for people.
pub fn meaning(word: &str) -> String {
    match word.split_once(':') {
        Some(("secret", name)) => format!("take a secret as `{name}`"),
        Some(("action", "push")) => "push images".to_owned(),
        Some(("action", "perform")) => "run commands that are never cached".to_owned(),
        Some(("action", "export")) => "write files of this machine".to_owned(),
        Some(("action", "load")) => "load images into an engine of this machine".to_owned(),
        Some(("action", "up")) => "open ports on this machine".to_owned(),
        Some(("action", "attach")) => "attach files to images in a registry".to_owned(),
        Some(("action", "sleep")) => "wait".to_owned(),
        Some(("action", "approval")) => "ask a person".to_owned(),
        Some(("action", "notify")) => "send messages".to_owned(),
        Some(("action", name)) => format!("do `{name}`"),
        Some(("network", "host")) => "reach this machine's own network from its steps".to_owned(),
        _ if word == FREE => "reach the public network from its steps".to_owned(),
        _ => word.to_owned(),
    }
}

/// Whether a text is a word of [`Permissions::wanted`].
pub(super) fn is_word(word: &str) -> bool {
    match word.split_once(':') {
        Some(("secret" | "action", name)) => is_name(name),
        Some((kind, name)) => (kind, name) == ("network", "host"),
        None => word == FREE,
    }
}

/// A name that can stand in a program.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Reader<'_> {
    pub(super) fn permissions(&mut self, value: &Value<'_>, out: &mut Manifest) {
        let Some(table) = self.table("[permissions]", value) else { return };
        let known = ["network", "secrets", "actions", "env", "files", "hosts"];
        self.known_keys("[permissions]", table, &known);
        if let Some(network) = table.get("network") {
            match self.text("network", network).as_deref() {
                Some("off") => out.permissions.network = NetworkPermission::Off,
                Some("host") => out.permissions.network = NetworkPermission::Host,
                Some("default") | None => {}
                Some(_) => self.error("`network` is \"default\", \"off\" or \"host\"", network.span()),
            }
        }
        out.permissions.secrets = self.texts("secrets", table, |name| {
            (!is_name(name)).then(|| "a secret is named by the parameter or field that takes it".to_owned())
        });
        out.permissions.actions = self.texts("actions", table, |name| {
            (!EFFECTS.contains(&name)).then(|| format!("an action has these effects: {}", EFFECTS.join(", ")))
        });
        out.permissions.env = self.texts("env", table, |_| None);
        out.permissions.files = self.texts("files", table, |_| None);
        out.permissions.hosts = self.texts("hosts", table, |_| None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_package_wants_the_network_unless_it_says_otherwise() {
        let mut permissions = Permissions::default();
        assert_eq!(permissions.wanted(), set(&["network"]));
        permissions.network = NetworkPermission::Off;
        assert_eq!(permissions.wanted(), set(&[]));
        permissions.network = NetworkPermission::Host;
        permissions.secrets = vec!["token".into()];
        permissions.actions = vec!["push".into()];
        assert_eq!(permissions.wanted(), set(&["action:push", "network", "network:host", "secret:token"]));
        assert!(permissions.wanted().iter().all(|word| is_word(word)));
    }

    #[test]
    fn more_than_before_has_to_be_accepted() {
        let wanted = set(&["network", "action:push"]);
        assert_eq!(to_accept(&wanted, None), set(&["action:push"]));
        assert_eq!(to_accept(&wanted, Some(&set(&["action:push"]))), set(&["network"]));
        assert_eq!(to_accept(&wanted, Some(&set(&["action:push", "network", "secret:x"]))), set(&[]));
    }

    #[test]
    fn every_effect_has_words_of_its_own() {
        for effect in EFFECTS {
            let word = format!("action:{effect}");
            assert!(!meaning(&word).contains('`'), "{effect}");
        }
    }
}
