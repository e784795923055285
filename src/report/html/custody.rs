//! The last section: who made the report of what, so that somebody else can check that nothing was
//! changed since.

use maud::{Markup, html};

use super::{View, shown};
use crate::report::custody_words::{facts, sources};

pub(super) fn custody(view: View<'_>) -> Option<Markup> {
    let custody = view.report.handover.custody.as_ref()?;
    Some(html! {
        dl.facts {
            @for (name, words) in facts(view.report, custody) { dt { (name) } dd { (shown(&words)) } }
            @for source in sources(view.report) {
                dt { (shown(&source.name)) }
                dd { (source.size) ", SHA-256 " code { (source.sha256) } }
            }
        }
        p {
            "What was read is still the same where " code { "sha256sum FILE" } " gives these numbers; this page is, where "
            code { "sha256sum -c REPORT.sha256" } " says so, with the file that was written beside it."
        }
    })
}
