//! Where a registry's images can be had: its mirrors, then itself.

use super::reach::Granted;
use super::url::Url;
use crate::settings::{RegistrySettings, Settings, is_loopback};
use crate::{Reference, RegistryError};

/// Docker Hub's name, and where it is.
const HUB: &str = "docker.io";
const HUB_HOST: &str = "registry-1.docker.io";

/// One place that is asked.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// Scheme, host and port.
    pub(crate) url: Url,
    /// The repository as it is called there.
    pub(crate) repository: String,
    /// Under which name credentials for it are kept.
    pub(crate) credentials: String,
    /// The user named it as a mirror.
    pub(crate) is_mirror: bool,
    /// Its settings: those of the name it is known by.
    pub(crate) settings: RegistrySettings,
    /// It is no registry but a place that a package names: what may be reached beside public addresses, there and wherever it leads.
    pub(crate) granted: Option<Granted>,
    /// Whoever comes wants to send something, and perhaps have it taken from these other repositories of the registry.
    pub(crate) sends: Option<Vec<String>>,
}

impl Endpoint {
    /// All that are asked for an image, in order.
    pub(crate) fn all(reference: &Reference, settings: &Settings) -> Result<Vec<Endpoint>, RegistryError> {
        let own = settings.of(&reference.registry);
        let mut endpoints = Vec::new();
        for mirror in &own.mirrors {
            endpoints.push(Endpoint::mirror(mirror, reference, settings)?);
        }
        endpoints.push(Endpoint::own(reference, own)?);
        Ok(endpoints)
    }

    /// The registry itself.
    pub(crate) fn own(reference: &Reference, settings: RegistrySettings) -> Result<Endpoint, RegistryError> {
        let name = reference.registry.as_str();
        let host = if name == HUB { HUB_HOST } else { name };
        let bare = Url::parse(&format!("https://{host}"))
            .ok_or_else(|| RegistryError::malformed(format!("`{name}` is not the name of a registry")))?;
        let plain = settings.plain_http.unwrap_or_else(|| is_loopback(&bare.host));
        let scheme = if plain { "http" } else { "https" }.to_owned();
        Ok(Endpoint {
            url: Url { scheme, ..bare },
            repository: reference.repository.clone(),
            credentials: name.to_owned(),
            is_mirror: false,
            settings,
            granted: None,
            sends: None,
        })
    }

    fn mirror(text: &str, reference: &Reference, settings: &Settings) -> Result<Endpoint, RegistryError> {
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&with_scheme).ok_or_else(|| {
            RegistryError::malformed(format!("the mirror `{text}` of {} is not a URL", reference.registry))
                .help("write it as `http://host:port` or `https://host` in the user configuration")
        })?;
        let path = url.rest.split('?').next().unwrap_or_default().trim_matches('/');
        let repository = [path, &reference.repository].into_iter().filter(|part| !part.is_empty());
        let name = match url.port {
            Some(port) => format!("{}:{port}", url.host),
            None => url.host.clone(),
        };
        Ok(Endpoint {
            repository: repository.collect::<Vec<_>>().join("/"),
            settings: settings.of(&name),
            credentials: name,
            is_mirror: true,
            granted: None,
            sends: None,
            url: Url { rest: String::new(), ..url },
        })
    }

    /// The web server that a package names in a URL. Nobody is known to it.
    pub(crate) fn named(url: &Url, granted: Granted) -> Endpoint {
        Endpoint {
            url: Url { rest: String::new(), ..url.clone() },
            repository: String::new(),
            credentials: url.host.clone(),
            is_mirror: false,
            settings: RegistrySettings::default(),
            granted: Some(granted),
            sends: None,
        }
    }

    /// What a token is asked for.
    pub(super) fn scopes(&self) -> Vec<String> {
        let scope = |repository: &str, what: &str| format!("repository:{repository}:{what}");
        match &self.sends {
            // Who only logs in wants nothing of any repository.
            _ if self.repository.is_empty() => Vec::new(),
            None => vec![scope(&self.repository, "pull")],
            Some(others) => {
                let others = others.iter().map(|other| scope(other, "pull"));
                std::iter::once(scope(&self.repository, "pull,push")).chain(others).collect()
            }
        }
    }

    /// The URL of a manifest or a blob.
    pub(crate) fn at(&self, what: &str, name: &str) -> Url {
        Url { rest: format!("/v2/{}/{what}/{name}", self.repository), ..self.url.clone() }
    }

    /// As it is shown to people.
    pub(crate) fn shown(&self) -> String {
        self.url.origin()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn urls(reference: &str, registry: &str, settings: RegistrySettings) -> Vec<String> {
        let mut all = Settings::default();
        all.registries.insert(registry.to_owned(), settings);
        let endpoints = Endpoint::all(&Reference::parse(reference).unwrap(), &all).unwrap();
        endpoints.iter().map(|endpoint| endpoint.at("manifests", "1").to_string()).collect()
    }

    #[test]
    fn mirrors_come_first() {
        let mirrors = vec!["http://127.0.0.1:5000".to_owned(), "https://mirror.corp/hub/".to_owned()];
        let settings = RegistrySettings { mirrors, ..RegistrySettings::default() };
        assert_eq!(
            urls("alpine:1", "docker.io", settings),
            [
                "http://127.0.0.1:5000/v2/library/alpine/manifests/1",
                "https://mirror.corp/v2/hub/library/alpine/manifests/1",
                "https://registry-1.docker.io/v2/library/alpine/manifests/1",
            ]
        );
    }

    #[test]
    fn only_this_machine_is_plain_without_being_asked() {
        let plain = |plain_http| RegistrySettings { plain_http, ..RegistrySettings::default() };
        assert_eq!(urls("localhost:5000/a", "x", plain(None)), ["http://localhost:5000/v2/a/manifests/1"]);
        assert_eq!(
            urls("localhost:5000/a", "localhost:5000", plain(Some(false))),
            ["https://localhost:5000/v2/a/manifests/1"]
        );
        assert_eq!(urls("ghcr.io/a/b", "x", plain(None)), ["https://ghcr.io/v2/a/b/manifests/1"]);
        assert_eq!(urls("reg.corp/a", "reg.corp", plain(Some(true))), ["http://reg.corp/v2/a/manifests/1"]);
    }
}
