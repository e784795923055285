//! Who made a report of what, in words.

#[cfg(feature = "html")]
use super::counts::counted;
use super::handover::Custody;
use super::model::Report;
use super::provenance_words::settings;
use super::shell_word::shell_word;
use super::times::rfc3339;

/// What was said of the making, by name.
pub(super) fn facts(report: &Report, custody: &Custody) -> Vec<(String, String)> {
    let arguments = report.tool.arguments.iter().map(|word| shell_word(word));
    let typed: Vec<String> = ["tcpwhy".to_owned()].into_iter().chain(arguments).collect();
    let mut facts = vec![
        ("Made by".to_owned(), custody.by.clone()),
        ("Made at".to_owned(), rfc3339(custody.at)),
    ];
    facts.extend(
        custody
            .host
            .clone()
            .map(|host| ("On host".to_owned(), host)),
    );
    facts.push(("With".to_owned(), format!("tcpwhy {}", report.tool.version)));
    facts.push((
        "SHA-256 of the program".to_owned(),
        custody
            .program_sha256
            .clone()
            .unwrap_or_else(|| "not known: it could not be read".to_owned()),
    ));
    facts.push(("Typed".to_owned(), typed.join(" ")));
    let settings = settings(report).into_iter();
    facts.extend(settings.map(|(name, value)| (format!("Setting: {name}"), value)));
    facts
}

/// A file that was read, as somebody else finds it again.
#[cfg(feature = "html")]
pub(super) struct SourceIdentity {
    pub(super) name: String,
    pub(super) size: String,
    pub(super) sha256: String,
}

/// Every file that was read.
#[cfg(feature = "html")]
pub(super) fn sources(report: &Report) -> Vec<SourceIdentity> {
    let sources = report.capture.sources.iter();
    sources
        .map(|source| SourceIdentity {
            name: source.path.to_string_lossy().into_owned(),
            size: counted(source.bytes, "byte"),
            sha256: source
                .sha256
                .clone()
                .unwrap_or_else(|| "not known: it was not read to its end".to_owned()),
        })
        .collect()
}
