//! The README says what there is.

use std::fmt::Write as _;
use std::path::Path;

use tcpwhy_fleet::{columns_of, tables};

const BEGIN: &str = "<!-- columns -->\n";
const END: &str = "<!-- end of columns -->";

/// The columns of all tables, as the README has them.
fn columns() -> String {
    let mut text = String::new();
    for table in tables() {
        writeln!(
            text,
            "\n### {table}\n\n| column | type | what stands in it |\n|---|---|---|"
        )
        .unwrap();
        for column in columns_of(table).unwrap() {
            let (name, kind, comment) = (column.name, column.kind.name(), column.comment);
            writeln!(text, "| `{name}` | {kind} | {comment} |").unwrap();
        }
    }
    format!("{text}\n")
}

/// With `UPDATE_DOCUMENTATION` set, the README is written anew.
#[test]
fn the_readme_has_all_columns() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_DOCUMENTATION").is_some() {
        let renewed = format!("{before}{BEGIN}{}{END}{after}", columns());
        std::fs::write(path, renewed).unwrap();
        return;
    }
    assert_eq!(shown, columns());
}
