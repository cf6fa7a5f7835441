//! `pipe login` and `pipe logout`.

use pipe_registry::{
    Cancel, Credentials, ErrorKind, Images, Login, RegistryError, RegistrySettings, Settings, registry_name,
};
use zeroize::Zeroizing;

use crate::args::{LoginArgs, LogoutArgs};
use crate::config::Config;
use crate::environment::Environment;
use crate::exit::{CliError, Exit};
use crate::{machine, output, prompt};

/// Has the registry try a login, and keeps it.
pub(crate) fn run(args: &LoginArgs, environment: &Environment, quiet: bool) -> Result<(), CliError> {
    let place = Place::of(&args.registry, environment)?;
    let (username, password) = ask(args, &place.registry, environment)?;
    let login = Login::Password { username: username.clone(), password };
    let asked = Images::try_login(&place.registry, &login, &place.settings, &Cancel::default());
    let asked = asked.map_err(not_taken)?;
    let kept = Credentials::new(&place.settings).keep(&place.registry, &place.own, &login);
    let kept = kept.map_err(|error| CliError::machine(error.to_string()))?;
    if quiet {
        return Ok(());
    }
    let registry = &place.registry;
    let tried = if asked {
        format!("logged in to {registry} as {username}")
    } else {
        format!("{registry} asks nobody to log in, so it was not tried")
    };
    output::result_line(&match kept {
        Some(file) => format!(
            "{tried}; the password is in {}, readable by you only (a credential helper keeps it better)",
            file.display()
        ),
        None => format!("{tried}; its credential helper keeps the password"),
    })
}

/// Forgets a login.
pub(crate) fn forget(args: &LogoutArgs, environment: &Environment, quiet: bool) -> Result<(), CliError> {
    let place = Place::of(&args.registry, environment)?;
    let had = Credentials::new(&place.settings).forget(&place.registry, &place.own);
    let had = had.map_err(|error| CliError::machine(error.to_string()))?;
    if quiet {
        return Ok(());
    }
    let registry = &place.registry;
    output::result_line(&if had {
        format!("the credentials of {registry} are gone")
    } else {
        format!("there were no credentials of {registry}")
    })
}

/// A registry, and how its credentials are kept.
struct Place {
    registry: String,
    settings: Settings,
    own: RegistrySettings,
}

impl Place {
    fn of(name: &str, environment: &Environment) -> Result<Place, CliError> {
        let registry = registry_name(name).map_err(|error| {
            CliError::usage(error.to_string())
                .help("name the registry as images do: `ghcr.io`, `registry.corp:5000`, `docker.io`")
        })?;
        let config = Config::read(environment.config.as_deref())?;
        let settings =
            machine::registry_settings(environment, &config, &machine::proxies(environment, &config))?;
        if settings.docker_config.is_none() {
            return Err(CliError::usage("no place for credentials: neither DOCKER_CONFIG nor HOME is set")
                .help("set DOCKER_CONFIG to the folder of Docker's config.json"));
        }
        Ok(Place { own: settings.of(&registry), registry, settings })
    }
}

/// User name and password.
fn ask(
    args: &LoginArgs,
    registry: &str,
    environment: &Environment,
) -> Result<(String, Zeroizing<String>), CliError> {
    let terminal = environment.stdin_is_terminal && !args.password_stdin;
    let username = match &args.username {
        Some(name) => name.clone(),
        None if terminal => prompt::shown(&format!("user name at {registry}: "))?.to_string(),
        None => {
            let error = CliError::usage("the user name is missing, and standard input is the password");
            return Err(error.help(format!("say it: `pipe login {registry} --username NAME`")));
        }
    };
    // What the authorization header of HTTP can carry (RFC 7617, section 2).
    if username.is_empty() || username.contains(':') || username.contains(char::is_control) {
        return Err(CliError::usage("a user name has at least a character, no `:` and no control character"));
    }
    let password = if terminal { prompt::hidden("password: ")? } else { prompt::piped("the password")? };
    Ok((username, password))
}

fn not_taken(error: RegistryError) -> CliError {
    let exit = match error.kind {
        ErrorKind::Refused => Exit::Failed,
        ErrorKind::Malformed => Exit::Usage,
        _ => Exit::Machine,
    };
    let told = CliError::new(exit, error.message);
    match error.help {
        Some(help) => told.help(help),
        None => told,
    }
}
