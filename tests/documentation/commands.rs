//! Commands that a page shows or tells people to type.

use crate::support::command::run;

/// `$ tcpwhy ...` and what it printed.
pub(super) struct Session {
    /// Behind the program's name.
    pub(super) typed: String,
    pub(super) output: String,
}

impl Session {
    /// Whether it reads captures of this repository: then anybody sees the same.
    pub(super) fn reads_samples(&self) -> bool {
        words(&self.typed).iter().any(|word| {
            let file = word.rsplit('=').next().unwrap_or_default();
            super::package().join("samples").join(file).is_file()
        })
    }

    pub(super) fn arguments(&self) -> Vec<String> {
        words(&self.typed)
    }

    /// As it stands in the page.
    pub(super) fn block(&self) -> String {
        self.block_with(&self.output)
    }

    pub(super) fn block_with(&self, output: &str) -> String {
        format!("```text\n$ tcpwhy {}\n{output}```", self.typed)
    }
}

/// The sessions of a page: blocks of text that begin with a command.
pub(super) fn sessions(page: &str) -> Vec<Session> {
    page.split("```text\n$ tcpwhy ")
        .skip(1)
        .filter_map(|block| {
            let (block, _) = block.split_once("```")?;
            let (typed, output) = block.split_once('\n')?;
            Some(Session {
                typed: typed.to_owned(),
                output: output.to_owned(),
            })
        })
        .collect()
}

/// What stands behind the program's name in the blocks that are to be typed.
pub(super) fn typed(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1);
    blocks
        .filter_map(|block| block.split_once("```"))
        .flat_map(|(block, _)| block.lines().flat_map(of_line))
        .collect()
}

/// The program's own words in a line of a shell.
fn of_line(line: &str) -> Vec<String> {
    let words = words(line);
    let mut commands = Vec::new();
    let mut rest = words.as_slice();
    while let Some(start) = rest.iter().position(|word| word == "tcpwhy") {
        let behind = &rest[start + 1..];
        let ends =
            |word: &String| word.starts_with(['#', '|', '&', '>', ';', '<']) || word.ends_with(';');
        let length = behind.iter().position(ends).unwrap_or(behind.len());
        let before = start.checked_sub(1).map(|index| rest[index].as_str());
        // Where another program is given its name, it is not run.
        let runs = matches!(before, None | Some("sudo" | "|" | "&&"));
        if runs {
            commands.push(behind[..length].join(" "));
        }
        rest = &behind[length..];
    }
    commands
}

/// The words of a line: what stands between quotes is one.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = None;
    for letter in line.chars() {
        match (quoted, letter) {
            (None, '\'' | '"') => quoted = Some(letter),
            (Some(mark), _) if mark == letter => quoted = None,
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The options of a command that it does not know.
pub(super) fn unknown_options(typed: &str) -> Vec<String> {
    let words = words(typed);
    let Some(first) = words.first() else {
        return Vec::new();
    };
    let is_command = run(&["help", first]).status == 0 && !first.starts_with('-');
    let command = if is_command { first } else { "read" };
    let help = run(&[command, "--help"]).stdout;
    let known: Vec<&str> = help
        .lines()
        .filter(|line| line.trim_start().starts_with('-'))
        .flat_map(|line| line.split([' ', ',', '=', '[', '<']))
        .filter(|word| word.starts_with('-'))
        .collect();
    let options = words
        .iter()
        .filter(|word| word.len() > 1 && word.starts_with('-'));
    options
        .map(|option| option.split('=').next().unwrap_or_default())
        .filter(|option| !known.contains(option) && *option != "--version")
        .map(str::to_owned)
        .collect()
}
