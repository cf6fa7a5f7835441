//! Fields of an image's configuration, which is the value of [`crate::ImageConfig::to_datum`].

use super::args::{Args, optional};
use super::{PureError, PureFn};
use crate::Datum;
use crate::image_config::entry;

pub(super) const TABLE: &[(&str, PureFn)] = &[
    ("image.user", |a| field(a, "user")),
    ("image.workdir", |a| field(a, "workdir")),
    ("image.entrypoint", |a| field(a, "entrypoint")),
    ("image.command", |a| field(a, "command")),
    ("image.shell", |a| field(a, "shell")),
    ("image.run_shell", run_shell),
    ("image.env", env),
    ("image.labels", |a| Ok(Datum::Map(with(pairs(a, "labels")?, a.map(1)?)))),
    ("image.ports", ports),
    ("image.env_of", |a| {
        let variables = field(a, "env")?;
        Ok(optional(entry(&variables, a.text(1)?).cloned()))
    }),
];

/// What the image has, with what was set, without what was taken away.
fn env(args: &Args<'_>) -> Result<Datum, PureError> {
    let mut all = with(pairs(args, "env")?, args.map(1)?);
    let unset = args.list(2)?;
    all.retain(|(name, _)| !unset.contains(name));
    Ok(Datum::Map(all))
}

/// Numbers of ports, which an image names as `80/tcp`; what is none is passed over.
fn ports(args: &Args<'_>) -> Result<Datum, PureError> {
    let Datum::List(named) = field(args, "ports")? else {
        return Err(args.wrong(0, "an image's configuration"));
    };
    let number = |port: &Datum| {
        let number: u16 = port.as_text()?.split('/').next()?.parse().ok()?;
        (number > 0).then(|| Datum::text(number.to_string()))
    };
    let mut all: Vec<Datum> = Vec::new();
    for port in named.iter().filter_map(number).chain(args.list(1)?.iter().cloned()) {
        if !all.contains(&port) {
            all.push(port);
        }
    }
    Ok(Datum::List(all))
}

/// Pairs with others put over them.
fn with(mut all: Vec<(Datum, Datum)>, over: &[(Datum, Datum)]) -> Vec<(Datum, Datum)> {
    for (key, value) in over {
        match all.iter_mut().find(|(known, _)| known == key) {
            Some(pair) => pair.1 = value.clone(),
            None => all.push((key.clone(), value.clone())),
        }
    }
    all
}

fn pairs(args: &Args<'_>, name: &str) -> Result<Vec<(Datum, Datum)>, PureError> {
    match field(args, name)? {
        Datum::Map(pairs) => Ok(pairs),
        _ => Err(args.wrong(0, "an image's configuration")),
    }
}

/// What runs texts: `/bin/sh -c` when the image says nothing.
fn run_shell(args: &Args<'_>) -> Result<Datum, PureError> {
    Ok(match field(args, "shell")? {
        Datum::List(parts) if parts.is_empty() => Datum::List(["/bin/sh", "-c"].map(Datum::text).to_vec()),
        shell => shell,
    })
}

fn field(args: &Args<'_>, name: &str) -> Result<Datum, PureError> {
    let found = entry(args.get(0)?, name).cloned();
    found.ok_or_else(|| args.wrong(0, "an image's configuration"))
}

#[cfg(test)]
mod tests {
    use crate::pure::apply;
    use crate::{Datum, ImageConfig};

    #[test]
    fn what_an_image_says_is_under_what_was_set() {
        let text = |text: &str| Datum::text(text);
        let pair = |(key, value): (&str, &str)| (text(key), text(value));
        let map = |all: &[(&str, &str)]| Datum::Map(all.iter().copied().map(pair).collect());
        let list = |all: &[&str]| Datum::List(all.iter().copied().map(text).collect());
        let config = ImageConfig {
            env: [("A", "image"), ("B", "image"), ("C", "image")].map(|(a, b)| (a.into(), b.into())).into(),
            labels: [("l".into(), "image".into())].into(),
            ports: ["80/tcp", "53/udp", "53/tcp", "0", "8000-8010/tcp", "x"].map(Into::into).into(),
            ..ImageConfig::default()
        };
        let config = config.to_datum();
        let call = |name: &str, rest: &[Datum]| {
            let args: Vec<Datum> = std::iter::once(&config).chain(rest).cloned().collect();
            apply(name, &args).unwrap()
        };
        assert_eq!(
            call("image.env", &[map(&[("B", "set"), ("D", "set")]), list(&["C", "Z"])]),
            map(&[("A", "image"), ("B", "set"), ("D", "set")])
        );
        assert_eq!(call("image.labels", &[map(&[("m", "set")])]), map(&[("l", "image"), ("m", "set")]));
        assert_eq!(call("image.ports", &[list(&["80", "5432"])]), list(&["80", "53", "5432"]));
    }
}
