//! The manual: a page for the program, and one for each command.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::arguments::Arguments;

/// The page of a command, or of the whole program; `None` when there is no such command.
pub(super) fn page(name: Option<&str>) -> Option<io::Result<Vec<u8>>> {
    let program = program();
    match name {
        None => Some(written(&program)),
        Some(name) => commands(&program)
            .find(|command| command.get_name() == name)
            .map(written),
    }
}

/// The names of the commands that have pages.
pub(super) fn names() -> Vec<String> {
    let program = program();
    let names = commands(&program).map(|command| command.get_name().to_owned());
    names.collect()
}

/// Writes all pages into a folder: `tcpwhy.1`, `tcpwhy-read.1` and so on.
///
/// # Errors
///
/// What the file system says.
pub(super) fn write_all(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let program = program();
    fs::write(folder.join("tcpwhy.1"), written(&program)?)?;
    for command in commands(&program) {
        let name = format!("tcpwhy-{}.1", command.get_name());
        fs::write(folder.join(name), written(command)?)?;
    }
    Ok(())
}

/// With what each command takes from the program.
fn program() -> Command {
    let mut program = Arguments::command();
    program.build();
    program
}

fn commands(program: &Command) -> impl Iterator<Item = &Command> {
    let commands = program.get_subcommands();
    commands.filter(|command| command.get_name() != "help")
}

fn written(command: &Command) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if command.get_arguments().next().is_some() {
        man.render_options_section(&mut page)?;
    }
    if commands(command).next().is_some() {
        man.render_subcommands_section(&mut page)?;
    }
    let behind = command.get_after_long_help().or(command.get_after_help());
    if let Some(behind) = behind {
        for part in behind.to_string().split("\n\n") {
            write_as_typed(part, &mut page)?;
        }
    }
    if command.get_version().is_some() {
        man.render_version_section(&mut page)?;
    }
    Ok(page)
}

/// Writes lines as they stand: a first one that ends with a colon is their heading.
fn write_as_typed(part: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let (heading, lines) = match part.split_once('\n') {
        Some((first, lines)) if first.ends_with(':') => (first.trim_end_matches(':'), lines),
        _ => ("Notes", part),
    };
    writeln!(page, ".SH {}", heading.to_uppercase())?;
    writeln!(page, ".nf")?;
    for line in lines.lines() {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        let line = line.replace('\'', "\\(aq");
        // Whatever a line begins with, it is no request.
        writeln!(page, "\\&{line}")?;
    }
    writeln!(page, ".fi")
}
