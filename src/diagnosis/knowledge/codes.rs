//! Letters that are all there is: Zeek's states of connections, as people ask for them.

use super::devices::zeek;
use super::explanation::Reading;
use super::{Page, page};

/// The pages of a text that is nothing but a code, and what it says.
pub(super) fn alone(text: &str) -> (Vec<&'static Page>, Vec<Reading>) {
    let text = text.trim();
    let mut names = ["conn_state", "zeek", "Zeek"].iter();
    let behind = names.find_map(|name| text.strip_prefix(name));
    let code = behind.map_or(text, |rest| {
        rest.trim_start_matches([' ', '=', ':', '"', '\''])
            .trim_end_matches(['"', '\''])
    });
    match zeek::state(code) {
        Some((term, means)) => {
            let pages = [page("conn_state"), page(term)];
            let reading = Reading::new(code, format!("Zeek's conn_state: {means}"));
            (pages.into_iter().flatten().collect(), vec![reading])
        }
        None => (Vec::new(), Vec::new()),
    }
}
