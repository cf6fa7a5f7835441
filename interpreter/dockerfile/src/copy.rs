//! `COPY`.

use crate::arguments::Arguments;
use crate::error::{Error, Result, Span};
use crate::heredoc::HereDoc;
use crate::word::Word;

/// `COPY [flags] source… destination`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// `--from`: a stage, a context or an image instead of the build's context.
    pub from: Option<(String, Span)>,
    /// `--chown`: `user[:group]`.
    pub owner: Option<Word>,
    /// `--chmod`.
    pub mode: Option<Word>,
    /// `--exclude`: what of the sources does not count, by the rules of `.dockerignore`.
    pub exclude: Vec<Word>,
    /// `--parents`: sources keep the folders they are in.
    pub parents: bool,
    /// What is copied.
    pub sources: Vec<CopySource>,
    /// Where to.
    pub destination: Word,
}

/// Something that is copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopySource {
    /// A path, perhaps with wildcards.
    Path(Word),
    /// A here-document.
    Inline {
        /// The file's name.
        name: String,
        /// Its text.
        text: Word,
    },
}

impl Copy {
    pub(crate) fn read(arguments: &Arguments<'_>, documents: &[HereDoc]) -> Result<Copy> {
        let (sources, destination) = paths(arguments, documents)?;
        let mut copy = Copy {
            from: None,
            owner: None,
            mode: None,
            exclude: Vec::new(),
            parents: false,
            sources,
            destination,
        };
        for flag in &arguments.flags {
            let word = || arguments.word(flag.required()?, flag.span);
            match flag.name.as_str() {
                "from" => copy.from = Some((from(flag.required()?, flag.span)?, flag.span)),
                "chown" => copy.owner = Some(word()?),
                "chmod" => copy.mode = Some(word()?),
                "exclude" => copy.exclude.push(word()?),
                "parents" => copy.parents = flag.bool()?,
                // How layers are cached by BuildKit; the files are the same.
                "link" => drop(flag.bool()?),
                _ => return Err(flag.unknown("COPY")),
            }
        }
        copy.checked(arguments)
    }

    /// Several things need a folder to go to, as far as that shows without knowing them.
    fn checked(self, arguments: &Arguments<'_>) -> Result<Copy> {
        let plain = self.destination.as_text();
        if self.sources.len() > 1 && plain.is_some_and(|path| !path.ends_with('/') && path != ".") {
            let message = format!("{} sources need a folder to go to", self.sources.len());
            let help = "end the destination with `/`";
            return Err(Error::new(self.destination.span, message).help(help));
        }
        if self.from.is_some()
            && self.sources.iter().any(|source| matches!(source, CopySource::Inline { .. }))
        {
            return Err(Error::new(
                arguments.rest_span(),
                "a text that stands here comes from nowhere else: leave `--from` out",
            ));
        }
        Ok(self)
    }
}

/// A name that is known before anything else is.
fn from(value: &str, span: Span) -> Result<String> {
    if value.contains('$') {
        return Err(Error::new(span, "`--from` takes no variables")
            .help("give it a name with `FROM …:$VERSION AS name`, and use that name here"));
    }
    Ok(value.to_owned())
}

fn paths(arguments: &Arguments<'_>, documents: &[HereDoc]) -> Result<(Vec<CopySource>, Word)> {
    let too_few = || {
        Error::new(
            arguments.name_span(),
            "`COPY` needs what to copy and where to: `COPY source… destination`",
        )
    };
    let mut words = Vec::new();
    if let Some(list) = arguments.json()? {
        let span = arguments.rest_span();
        for text in &list {
            words.push(CopySource::Path(arguments.word(text, span)?));
        }
    } else if documents.is_empty() {
        for written in arguments.split() {
            words.push(CopySource::Path(arguments.word(&written.text, written.span)?));
        }
    } else {
        for (index, written) in arguments.quoted().iter().enumerate() {
            match documents.iter().find(|document| document.words.contains(&index)) {
                Some(document) if document.words.start == index => {
                    words.push(CopySource::Inline { name: document.name.clone(), text: document.word()? });
                }
                Some(_) => {}
                None => words.push(CopySource::Path(arguments.word(&written.text, written.span)?)),
            }
        }
    }
    match words.pop() {
        Some(CopySource::Path(destination)) if !words.is_empty() => Ok((words, destination)),
        _ => Err(too_few()),
    }
}
