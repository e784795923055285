//! What the documentation promises: links lead somewhere, what is shown is what is printed, commands
//! have the options that are typed, and the reference is what `tcpwhy explain` says.

mod commands;
mod links;
mod reference;
mod typed_along;

use std::path::{Path, PathBuf};

use crate::support::command::tcpwhy;
use crate::support::harness::{Test, tests};
use typed_along::commands_of_all_pages_can_be_typed;

pub(crate) const TESTS: &[Test] = tests![
    links_lead_to_files_and_headings,
    what_is_shown_is_what_is_printed,
    options_that_are_typed_are_there,
    the_tutorial_can_be_typed_along,
    commands_of_all_pages_can_be_typed,
    the_reference_is_what_explain_says,
];

/// Set, the tests write what they would have compared with.
const UPDATE: &str = "UPDATE_DOCUMENTATION";

const SET_ANEW: &str =
    "UPDATE_DOCUMENTATION=1 cargo test --test suite documentation writes it anew";

#[expect(
    clippy::disallowed_methods,
    reason = "it chooses between comparing and writing, not what either says"
)]
fn is_to_be_written() -> bool {
    std::env::var_os(UPDATE).is_some()
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All pages of the package.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [
        "",
        "docs",
        "contrib",
        "findings",
        "fuzz",
        "packaging",
        "samples",
        "tests",
    ] {
        collect(&package().join(folder), folder == "tests", &mut found);
    }
    found.sort();
    assert!(found.len() > 15, "{found:?}");
    found
}

fn collect(folder: &Path, with_folders: bool, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && with_folders {
            collect(&path, true, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

fn links_lead_to_files_and_headings() {
    let dead: Vec<String> = pages().iter().flat_map(|page| links::dead(page)).collect();
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

fn what_is_shown_is_what_is_printed() {
    let mut shown = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let mut anew = text.clone();
        for session in commands::sessions(&text) {
            if !session.reads_samples() {
                continue;
            }
            shown += 1;
            let printed = printed(&session.arguments());
            if is_to_be_written() {
                anew = anew.replace(&session.block(), &session.block_with(&printed));
            } else {
                let place = format!("{}: $ tcpwhy {}", page.display(), session.typed);
                assert_eq!(session.output, printed, "{place}; {SET_ANEW}");
            }
        }
        if anew != text {
            std::fs::write(&page, anew).unwrap();
        }
    }
    assert!(shown >= 5, "only {shown} were found");
}

fn printed(arguments: &[String]) -> String {
    let run = tcpwhy()
        .args(arguments)
        .env("COLUMNS", "104")
        .env("LC_ALL", "C.UTF-8")
        .current_dir(package().join("samples"))
        .output()
        .unwrap();
    String::from_utf8(run.stdout).unwrap()
}

fn options_that_are_typed_are_there() {
    let mut looked_at = 0;
    for page in pages() {
        // Stories have a language of their own.
        if page.starts_with(package().join("tests")) {
            continue;
        }
        let text = std::fs::read_to_string(&page).unwrap();
        for typed in commands::typed(&text) {
            looked_at += 1;
            let unknown = commands::unknown_options(&typed);
            assert!(
                unknown.is_empty(),
                "{}: {typed}: {unknown:?}",
                page.display()
            );
        }
    }
    assert!(looked_at > 40, "only {looked_at} were found");
}

fn the_tutorial_can_be_typed_along() {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(package().join("samples")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let text = std::fs::read_to_string(package().join("docs/tutorial.md")).unwrap();
    let typed = commands::typed(&text);
    assert!(typed.len() >= 8, "{typed:?}");
    for command in typed {
        let run = tcpwhy()
            .args(commands::words(&command))
            .current_dir(folder.path())
            .output()
            .unwrap();
        // Something fails newly in the last of them, which is what it is for.
        let expected = i32::from(command.starts_with("diff"));
        let errors = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(expected), "{command}: {errors}");
    }
    for made in ["incident.html", "proof.pcapng", "before.json", "after.json"] {
        assert!(folder.path().join(made).exists(), "{made}");
    }
}

fn the_reference_is_what_explain_says() {
    let path = package().join("docs/reference.md");
    let page = reference::page();
    if is_to_be_written() {
        std::fs::write(&path, page).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == page, "docs/reference.md is old; {SET_ANEW}");
}
