use std::os::unix::fs::PermissionsExt;

use pipe_registry::{Cancel, Credentials, ErrorKind, Images, Login};
use serde_json::json;
use zeroize::Zeroizing;

use crate::server::{Answer, Asked};
use crate::{Lab, layer};

fn password(password: &str) -> Login {
    Login::Password { username: "me".into(), password: Zeroizing::new(password.into()) }
}

fn keep(lab: &Lab, login: &Login) {
    let settings = lab.settings();
    let own = settings.registries.get(&lab.server.address).unwrap();
    Credentials::new(&settings).keep(&lab.server.address, own, login).unwrap();
}

fn header<'a>(asked: &'a Asked, name: &str) -> &'a str {
    asked.headers.get(name).map_or("", String::as_str)
}

/// `me:pw`.
const BASIC: &str = "Basic bWU6cHc=";

#[test]
fn a_password_is_sent_when_it_is_asked_for() {
    let lab = Lab::new();
    lab.server.image("app", "1", json!({}), &[layer(&[("a", "")])]);
    lab.server.script(|asked, _| {
        (header(asked, "authorization") != BASIC)
            .then(|| Answer::status(401).header("WWW-Authenticate", "Basic realm=\"x\""))
    });
    let error = lab.fetch("app:1").unwrap_err();
    assert!(error.message.contains("there are no credentials"), "{error}");
    assert!(error.help.unwrap().contains("pipe login"));
    keep(&lab, &password("wrong"));
    assert!(lab.fetch("app:1").unwrap_err().message.contains("to the credentials"));
    keep(&lab, &password("pw"));
    lab.fetch("app:1").unwrap();
    let settings = lab.settings();
    let try_login =
        |word| Images::try_login(&lab.server.address, &password(word), &settings, &Cancel::default());
    assert!(try_login("pw").unwrap());
    assert_eq!(try_login("no").unwrap_err().kind, ErrorKind::Refused);
    lab.server.behave();
    assert!(!try_login("no").unwrap(), "nobody asked for it");
    lab.server.script(|_, _| Some(Answer::status(500)));
    assert_eq!(try_login("pw").unwrap_err().kind, ErrorKind::Unreachable);
}

/// A token for nothing but knowing who it is: some registries refuse scopes that they do not know.
#[test]
fn a_login_wants_a_token_of_no_repository() {
    let lab = Lab::new();
    let url = lab.server.url();
    lab.server.script(move |asked, _| {
        if asked.path.starts_with("/token") {
            let good = header(asked, "authorization") == BASIC && !asked.path.contains("scope");
            return Some(if good { Answer::ok(r#"{"token":"good"}"#) } else { Answer::status(403) });
        }
        let challenge = format!("Bearer realm=\"{url}/token\",service=\"test\"");
        (header(asked, "authorization") != "Bearer good")
            .then(|| Answer::status(401).header("WWW-Authenticate", &challenge))
    });
    let settings = lab.settings();
    assert!(Images::try_login(&lab.server.address, &password("pw"), &settings, &Cancel::default()).unwrap());
    let error =
        Images::try_login(&lab.server.address, &password("no"), &settings, &Cancel::default()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(!error.message.contains("no\""), "{error}");
}

#[test]
fn a_token_is_fetched_with_and_without_credentials() {
    for login in [None, Some(password("pw")), Some(Login::IdentityToken(Zeroizing::new("refresh".into())))] {
        let lab = Lab::new();
        lab.server.image("app", "1", json!({}), &[layer(&[("a", "")])]);
        if let Some(login) = &login {
            keep(&lab, login);
        }
        let (url, wanted) = (lab.server.url(), login.clone());
        lab.server.script(move |asked, _| {
            if asked.path.starts_with("/token") {
                let body = header(asked, "(body)");
                let scope = if body.is_empty() { asked.path.as_str() } else { body };
                assert!(scope.contains("repository%3Aapp%3Apull"), "{scope}");
                let good = match &wanted {
                    None => header(asked, "authorization").is_empty(),
                    Some(Login::Password { .. }) => header(asked, "authorization") == BASIC,
                    Some(Login::IdentityToken(_)) => body.contains("refresh_token=refresh"),
                };
                return Some(if good { Answer::ok(r#"{"token":"good"}"#) } else { Answer::status(401) });
            }
            let challenge =
                format!("Bearer realm=\"{url}/token\",service=\"test\",scope=\"repository:app:pull\"");
            (header(asked, "authorization") != "Bearer good")
                .then(|| Answer::status(401).header("WWW-Authenticate", &challenge))
        });
        lab.fetch("app:1").unwrap();
        let tokens = lab.server.asked().iter().filter(|asked| asked.path.starts_with("/token")).count();
        assert!(tokens <= 3, "a token is used for more than one request: {tokens}");
    }
}

#[test]
fn credentials_stay_with_their_host() {
    // The registry wants them sent elsewhere.
    let lab = Lab::new();
    let other = crate::server::Server::start();
    other.script(|_, _| Some(Answer::ok(r#"{"token":"good"}"#)));
    lab.server.image("app", "1", json!({}), &[layer(&[("a", "")])]);
    keep(&lab, &password("pw"));
    let realm = format!("http://localhost:{}/token", other.address.split(':').nth(1).unwrap());
    lab.server.script(move |asked, _| {
        header(asked, "authorization")
            .is_empty()
            .then(|| Answer::status(401).header("WWW-Authenticate", &format!("Bearer realm=\"{realm}\"")))
    });
    let error = lab.fetch("app:1").unwrap_err();
    assert!(error.message.contains("auth_hosts"), "{error}");
    assert!(other.asked().is_empty());

    // A download is elsewhere: the header does not go there.
    let lab = Lab::new();
    let elsewhere = crate::server::Server::start();
    let image = layer(&[("a", "")]);
    lab.server.image("app", "1", json!({}), std::slice::from_ref(&image));
    elsewhere.image("app", "1", json!({}), &[image]);
    keep(&lab, &password("pw"));
    let target = elsewhere.url();
    lab.server.script(move |asked, _| {
        if header(asked, "authorization") != BASIC {
            return Some(Answer::status(401).header("WWW-Authenticate", "Basic realm=\"x\""));
        }
        asked
            .path
            .contains("/blobs/")
            .then(|| Answer::status(307).header("Location", &format!("{target}{}", asked.path)))
    });
    lab.fetch("app:1").unwrap();
    assert!(elsewhere.asked().iter().all(|asked| header(asked, "authorization").is_empty()));
    assert!(!elsewhere.asked().is_empty());
}

#[test]
fn helpers_are_asked() {
    let lab = Lab::new();
    let script = lab.folder.path().join("docker-credential-pipe-test");
    let log = lab.folder.path().join("log");
    let text = format!(
        "#!/bin/sh\ninput=$(cat)\necho \"$1 $input\" >> {}\n\
         case $1 in get) if [ \"$input\" = known ]; then echo '{{\"Username\":\"me\",\"Secret\":\"pw\"}}'; \
         else echo 'credentials not found in native keychain'; exit 1; fi;; esac\n",
        log.display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    // A name that is a path is refused, so the program has to stand on `PATH`; the command's own tests do that.
    let mut settings = lab.settings();
    for helper in ["../../evil", "a b", ""] {
        let own = settings.registries.get_mut(&lab.server.address).unwrap();
        own.credential_helper = Some(helper.into());
        let own = own.clone();
        let error = Credentials::new(&settings).keep(&lab.server.address, &own, &password("pw")).unwrap_err();
        assert!(error.to_string().contains("not the name of a credential helper"), "{error}");
    }
}
