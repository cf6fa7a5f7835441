//! Credentials: what Docker's own configuration and credential helpers hold.

mod file;
mod helper;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::settings::{RegistrySettings, Settings};
use file::ConfigFile;

/// Docker Hub's name, and under which one Docker keeps its credentials.
const HUB: &str = "docker.io";
const HUB_KEY: &str = "https://index.docker.io/v1/";

/// How somebody is known to a registry.
#[derive(Clone)]
pub enum Login {
    /// By a user name and a password, or a token in its place.
    Password {
        /// The user's name.
        username: String,
        /// The password.
        password: Zeroizing<String>,
    },
    /// By a token that others are made from.
    IdentityToken(Zeroizing<String>),
}

/// Credentials cannot be read or kept.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LoginError(pub(crate) String);

/// Finds and keeps credentials. What was found is remembered for the process.
#[derive(Default)]
pub struct Credentials {
    folder: Option<PathBuf>,
    found: Mutex<HashMap<String, Option<Login>>>,
}

impl Credentials {
    /// Those in Docker's configuration, as the settings name its folder.
    pub fn new(settings: &Settings) -> Credentials {
        Credentials { folder: settings.docker_config.clone(), found: Mutex::default() }
    }

    /// For tests and logins that are only tried: known for one registry, not kept anywhere.
    pub(crate) fn only(registry: &str, login: Login) -> Credentials {
        let found = HashMap::from([(registry.to_owned(), Some(login))]);
        Credentials { folder: None, found: Mutex::new(found) }
    }

    /// What is known for a registry: its helper's first, then the file's.
    pub(crate) fn find(
        &self,
        registry: &str,
        settings: &RegistrySettings,
    ) -> Result<Option<Login>, LoginError> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found.get(registry) {
            return Ok(known.clone());
        }
        let login = self.look_up(registry, settings)?;
        found.insert(registry.to_owned(), login.clone());
        Ok(login)
    }

    fn look_up(&self, registry: &str, settings: &RegistrySettings) -> Result<Option<Login>, LoginError> {
        let file = self.file()?;
        if let Some(helper) = self.helper(registry, settings, &file)
            && let Some(login) = helper::get(&helper, docker_key(registry))?
        {
            return Ok(Some(login));
        }
        file.login(registry)
    }

    fn helper(&self, registry: &str, settings: &RegistrySettings, file: &ConfigFile) -> Option<String> {
        settings.credential_helper.clone().or_else(|| file.helper(registry))
    }

    fn file(&self) -> Result<ConfigFile, LoginError> {
        match &self.folder {
            Some(folder) => ConfigFile::read(&folder.join("config.json")),
            None => Ok(ConfigFile::default()),
        }
    }

    /// Keeps a login where Docker would: with its helper if it has one, else in its file. Gives the file's path when the password now
    /// stands in it.
    ///
    /// # Errors
    /// When neither can be written.
    pub fn keep(
        &self,
        registry: &str,
        settings: &RegistrySettings,
        login: &Login,
    ) -> Result<Option<PathBuf>, LoginError> {
        let mut file = self.file()?;
        if let Some(helper) = self.helper(registry, settings, &file) {
            helper::store(&helper, docker_key(registry), login)?;
            return Ok(None);
        }
        file.insert(registry, login);
        file.write().map(Some)
    }

    /// Forgets a login; whether there was one.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn forget(&self, registry: &str, settings: &RegistrySettings) -> Result<bool, LoginError> {
        let mut file = self.file()?;
        let mut had = false;
        if let Some(helper) = self.helper(registry, settings, &file) {
            had = helper::get(&helper, docker_key(registry))?.is_some();
            if had {
                helper::erase(&helper, docker_key(registry))?;
            }
        }
        if file.remove(registry) {
            file.write()?;
            had = true;
        }
        Ok(had)
    }
}

/// The name under which Docker keeps a registry's credentials.
pub fn docker_key(registry: &str) -> &str {
    if registry == HUB { HUB_KEY } else { registry }
}
