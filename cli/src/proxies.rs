//! The user's proxies: what the environment says of one, else what the configuration says.

use std::collections::BTreeMap;
use std::ffi::OsString;

use pipe_registry::Proxies;

/// Names of the variables that tools take proxies from, in the first of the two spellings that they look for.
pub(crate) const VARIABLES: [&str; 5] = ["http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy"];

/// All that the user says of proxies, as variables.
pub(crate) struct UserProxies {
    variables: BTreeMap<String, String>,
}

impl UserProxies {
    /// Of variables of the environment, and others of the configuration. A variable is said when one of its spellings is there, or for what
    /// it stands for one that stands for everything.
    pub(crate) fn of(
        environment: &BTreeMap<String, String>,
        configuration: BTreeMap<String, String>,
    ) -> UserProxies {
        let is_there = |lower: &str| {
            [lower.to_owned(), lower.to_ascii_uppercase()].iter().any(|name| environment.contains_key(name))
        };
        let is_said = |name: &str| {
            let lower = name.to_ascii_lowercase();
            is_there(&lower) || lower != "no_proxy" && is_there("all_proxy")
        };
        let mut variables = environment.clone();
        variables.extend(configuration.into_iter().filter(|(name, _)| !is_said(name)));
        UserProxies { variables }
    }

    /// As variables: for steps.
    pub(crate) fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// As variables of a program that `pipe` starts.
    pub(crate) fn for_program(&self) -> impl Iterator<Item = (OsString, OsString)> {
        self.variables.iter().map(|(name, url)| (name.into(), url.into()))
    }

    /// For connections of `pipe` itself.
    pub(crate) fn own(&self) -> Proxies {
        let one_of = |names: &[&str]| names.iter().find_map(|name| self.variables.get(*name)).cloned();
        let none = one_of(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
        Proxies {
            // Not `HTTP_PROXY`: under CGI a request can set it.
            http: one_of(&["http_proxy", "all_proxy", "ALL_PROXY"]),
            https: one_of(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            none: none
                .split(',')
                .map(|entry| entry.trim().to_owned())
                .filter(|entry| !entry.is_empty())
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(environment: &[(&str, &str)], configuration: &[(&str, &str)]) -> UserProxies {
        let map = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        UserProxies::of(&map(environment), map(configuration))
    }

    #[test]
    fn the_environment_goes_before_the_configuration() {
        let configured =
            [("https_proxy", "http://c:1"), ("HTTPS_PROXY", "http://c:1"), ("no_proxy", "a, .b,")];
        let own = proxies(&[], &configured).own();
        assert_eq!((own.http, own.https.as_deref()), (None, Some("http://c:1")));
        assert_eq!(own.none, ["a", ".b"]);
        // In either spelling, and for steps as for `pipe` itself.
        for said in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            let proxies = proxies(&[(said, "http://e:1")], &configured);
            assert_eq!(proxies.own().https.as_deref(), Some("http://e:1"), "{said}");
            assert!(proxies.variables().values().all(|value| value != "http://c:1"), "{said}");
            assert_eq!(proxies.own().none, ["a", ".b"]);
        }
        assert_eq!(proxies(&[("NO_PROXY", "x")], &configured).own().none, ["x"]);
        // A request can set it.
        assert_eq!(proxies(&[("HTTP_PROXY", "http://e:1")], &[]).own().http, None);
    }
}
