//! The head of every page: by its policy, nothing is loaded, and only its own style and script run.

use maud::{Markup, PreEscaped, html};

use super::policy::policy;

/// What pages differ in.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::report) struct Head<'a> {
    /// The title, which is yet to be escaped.
    pub(in crate::report) title: &'a str,
    /// Its whole style.
    pub(in crate::report) style: &'a str,
    /// Its whole script; empty where it has none.
    pub(in crate::report) script: &'a str,
    /// The version of the program, where the page names it.
    pub(in crate::report) version: Option<&'a str>,
}

impl Head<'_> {
    /// The head; the script stands where the page wants it.
    pub(in crate::report) fn markup(self) -> Markup {
        html! {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(self.style, self.script));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                @if let Some(version) = self.version { meta name="generator" content={ "tcpwhy " (version) }; }
                title { (self.title) }
                style { (PreEscaped(self.style)) }
            }
        }
    }
}
