//! Answering challenges.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::challenge::Challenge;
use super::client::{Again, Client, again, explain, judge};
use super::url::Url;
use super::{Endpoint, Failure};
use crate::Login;

/// Bytes that the answer with a token may have.
const TOKEN_LIMIT: u64 = 1 << 20;

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
}

/// The header that answers a challenge.
pub(super) fn authorization(
    client: &Client,
    endpoint: &Endpoint,
    challenge: &Challenge,
) -> Result<Zeroizing<String>, Again> {
    let login = client.credentials.find(&endpoint.credentials, &endpoint.settings);
    let login = login.map_err(|error| unauthorized(error.to_string()))?;
    match challenge {
        Challenge::Basic => {
            let name = &endpoint.credentials;
            let login = login.ok_or_else(|| {
                unauthorized(format!(
                    "it answered 401 Unauthorized, and there are no credentials for `{name}`"
                ))
            })?;
            check_private(&endpoint.url)?;
            Ok(basic(&login))
        }
        Challenge::Bearer { realm, service, scope } => {
            let url = Url::parse(realm).filter(|url| url.is_private() || *url.scheme == endpoint.url.scheme);
            let url = url.ok_or_else(|| {
                let shown: String = realm.chars().take(100).collect();
                unauthorized(format!("it wants a token from `{}`, which is no place", shown.escape_debug()))
            })?;
            if login.is_some() {
                check_private(&url)?;
                check_host(endpoint, &url)?;
            }
            // What a challenge names is for the one request that it answers.
            let scopes = match scope {
                Some(scope) if endpoint.sends.is_none() => vec![scope.clone()],
                _ => endpoint.scopes(),
            };
            fetch(client, endpoint, &url, service.as_deref(), &scopes, login.as_ref())
        }
    }
}

fn unauthorized(reason: String) -> Again {
    Again::No(Failure::Unauthorized { reason })
}

/// Credentials are not sent where anybody could read them.
fn check_private(url: &Url) -> Result<(), Again> {
    if url.is_private() {
        return Ok(());
    }
    let host = &url.host;
    Err(unauthorized(format!("it wants credentials, and those are never sent over plain http ({host})")))
}

/// Credentials go to the registry's own host, to one below or above it, and to those that the user named.
fn check_host(endpoint: &Endpoint, url: &Url) -> Result<(), Again> {
    let name = endpoint.credentials.split(':').next().unwrap_or_default();
    let own = [name, endpoint.url.host.as_str()];
    let related =
        own.iter().any(|own| *own == url.host || is_below(own, &url.host) || is_below(&url.host, own));
    if related || endpoint.settings.auth_hosts.contains(&url.host) {
        return Ok(());
    }
    let (host, name) = (&url.host, &endpoint.credentials);
    Err(unauthorized(format!(
        "it wants the credentials of `{name}` to be sent to `{host}`, which is another host; if that is right, say \
         `[registry.\"{name}\"] auth_hosts = [\"{host}\"]` in the user configuration"
    )))
}

fn is_below(host: &str, domain: &str) -> bool {
    domain.contains('.') && host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

fn fetch(
    client: &Client,
    endpoint: &Endpoint,
    url: &Url,
    service: Option<&str>,
    scopes: &[String],
    login: Option<&Login>,
) -> Result<Zeroizing<String>, Again> {
    let agent = client.agent(endpoint, url)?;
    let response = match login {
        Some(Login::IdentityToken(token)) => {
            let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
            form.push(("client_id", "pipe"));
            let scope = scopes.join(" ");
            form.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
            form.extend(service.map(|service| ("service", service)));
            agent.post(url.to_string()).send_form(form)
        }
        other => {
            let mut call = agent.get(url.to_string());
            for scope in scopes {
                call = call.query("scope", scope);
            }
            if let Some(service) = service {
                call = call.query("service", service);
            }
            if let Some(login) = other {
                call = call.header("Authorization", basic(login).as_str());
            }
            call.call()
        }
    };
    let response = response.map_err(|error| match again(endpoint, url, &error) {
        Again::After(pause, reason) => Again::After(pause, format!("`{}`: {reason}", url.host)),
        no => no,
    })?;
    let host = &url.host;
    let mut response = judge(response).map_err(|again| match again {
        Again::No(failure) => unauthorized(match login {
            Some(_) => format!("`{host}` refused the credentials: {}", failure.shown()),
            None => format!("`{host}` gave no token without credentials: {}", failure.shown()),
        }),
        Again::After(pause, reason) => Again::After(pause, format!("`{host}`: {reason}")),
    })?;
    let body = response.body_mut().with_config().limit(TOKEN_LIMIT).read_to_vec().map(Zeroizing::new);
    let body = body.map_err(|error| Again::After(None, format!("`{host}`: {}", explain(&error))))?;
    let answer: Option<TokenAnswer> = serde_json::from_slice(&body).ok();
    let token = answer.and_then(|answer| answer.token.or(answer.access_token)).map(Zeroizing::new);
    let token = token.filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
    let token = token.ok_or_else(|| unauthorized(format!("`{host}` answered without a token")))?;
    Ok(Zeroizing::new(format!("Bearer {}", *token)))
}

fn basic(login: &Login) -> Zeroizing<String> {
    let pair = match login {
        Login::Password { username, password } => Zeroizing::new(format!("{username}:{}", **password)),
        Login::IdentityToken(token) => Zeroizing::new(format!("<token>:{}", **token)),
    };
    Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
}
