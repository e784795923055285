//! `tcpwhy-fleet sql`.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::arrow::csv::WriterBuilder as CsvWriterBuilder;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::arrow::json::LineDelimitedWriter;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::dataframe::{DataFrame, DataFrameWriteOptions};
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use super::arguments::{ResultFormat, SqlArguments};
use super::{Failure, Status, fleet, one_line, tell_error};
use crate::plan::Question;
use crate::tables::{Answers, VIEWS, register};

const PROMPT: &str = "tcpwhy> ";
const PROMPT_WITHIN: &str = "   ...> ";

/// So many rows a table has, in text: who wants more writes them into a file.
const ROWS_IN_TABLE: usize = 10_000;

pub(super) async fn run(arguments: SqlArguments) -> Result<Status, Failure> {
    if arguments.format == ResultFormat::Parquet && arguments.output.is_none() {
        let failure = Failure::usage("'-F parquet' writes a file");
        return Err(failure.with_hint("say which one with -o FILE.parquet"));
    }
    let question = Question {
        patience: arguments.fleet.patience,
        ..Question::default()
    };
    let fleet = fleet(&arguments.fleet)?;
    let answers = Arc::new(Answers::new(Arc::clone(&fleet), question));
    register(fleet.session(), &answers, &arguments.places).await?;
    match &arguments.query {
        Some(query) => {
            ask(fleet.session(), query, &arguments).await?;
            Ok(Status::Success)
        }
        None => converse(fleet.session(), &answers, &arguments).await,
    }
}

/// Asks one question. Captures are read: nothing is created or written by SQL.
async fn ask(
    session: &SessionContext,
    query: &str,
    arguments: &SqlArguments,
) -> Result<(), Failure> {
    let only_reads = SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false);
    let asked = session.sql_with_options(query, only_reads).await?;
    match (&arguments.output, arguments.format) {
        (Some(path), ResultFormat::Parquet) => {
            let path = path.to_string_lossy().into_owned();
            let options = DataFrameWriteOptions::new().with_single_file_output(true);
            asked.write_parquet(&path, options, None).await?;
            Ok(())
        }
        (Some(path), format) => {
            let failed = |failure: Failure| Failure {
                message: format!("cannot write {}: {}", path.display(), failure.message),
                ..failure
            };
            let file = File::create(path).map_err(|error| failed(error.into()))?;
            write(asked, format, Box::new(BufWriter::new(file))).await
        }
        (None, format) => {
            let is_closed = Arc::new(AtomicBool::new(false));
            let out = UntilClosed(Arc::clone(&is_closed));
            match write(asked, format, Box::new(out)).await {
                // Whoever reads has read enough.
                Err(_) if is_closed.load(Ordering::Relaxed) => Ok(()),
                written => written,
            }
        }
    }
}

/// Standard output, and whether nobody reads it any more.
struct UntilClosed(Arc<AtomicBool>);

impl UntilClosed {
    fn note<T>(&self, written: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &written
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            self.0.store(true, Ordering::Relaxed);
        }
        written
    }
}

impl Write for UntilClosed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.note(io::stdout().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.note(io::stdout().flush())
    }
}

async fn write(
    asked: DataFrame,
    format: ResultFormat,
    mut out: Box<dyn Write + Send>,
) -> Result<(), Failure> {
    let schema = Arc::clone(asked.schema().inner());
    if format == ResultFormat::Table {
        let batches = asked.limit(0, Some(ROWS_IN_TABLE + 1))?.collect().await?;
        return Ok(write_table(&batches, &mut out)?);
    }
    let mut batches = asked.execute_stream().await?;
    match format {
        ResultFormat::Csv => {
            let mut rows = CsvWriterBuilder::new().with_header(true).build(&mut out);
            // The header comes with the first batch, were it empty.
            rows.write(&RecordBatch::new_empty(schema))?;
            while let Some(batch) = batches.next().await.transpose()? {
                rows.write(&batch)?;
            }
        }
        ResultFormat::Arrow => {
            let mut rows = StreamWriter::try_new(&mut out, &schema)?;
            while let Some(batch) = batches.next().await.transpose()? {
                rows.write(&batch)?;
            }
            rows.finish()?;
        }
        _ => {
            let mut rows = LineDelimitedWriter::new(&mut out);
            while let Some(batch) = batches.next().await.transpose()? {
                rows.write(&batch)?;
            }
            rows.finish()?;
        }
    }
    Ok(out.flush()?)
}

impl From<ArrowError> for Failure {
    fn from(error: ArrowError) -> Self {
        Self::input(one_line(&error.to_string()))
    }
}

fn write_table(batches: &[RecordBatch], out: &mut dyn Write) -> io::Result<()> {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    if rows == 0 {
        return writeln!(out, "no rows");
    }
    let mut shown = Vec::new();
    let mut left = ROWS_IN_TABLE;
    for batch in batches {
        let batch = batch.slice(0, left.min(batch.num_rows()));
        left -= batch.num_rows();
        shown.push(batch);
    }
    let table = pretty_format_batches(&shown).map_err(io::Error::other)?;
    writeln!(out, "{table}")?;
    if rows > ROWS_IN_TABLE {
        writeln!(
            out,
            "and more: -F csv, json, parquet or arrow write all of them"
        )?;
    }
    out.flush()
}

/// Questions one after the other, until there are no more.
async fn converse(
    session: &SessionContext,
    answers: &Answers,
    arguments: &SqlArguments,
) -> Result<Status, Failure> {
    if !io::stdin().is_terminal() {
        let mut typed = String::new();
        io::Read::read_to_string(&mut io::stdin(), &mut typed)?;
        for query in queries(&typed) {
            ask(session, &query, arguments).await?;
        }
        return Ok(Status::Success);
    }
    let mut editor = DefaultEditor::new().map_err(|error| Failure::input(error.to_string()))?;
    let history = history_file();
    if let Some(history) = &history {
        // Somebody's first time has none.
        let _ = editor.load_history(history);
    }
    let mut typed = String::new();
    loop {
        let prompt = if typed.is_empty() {
            PROMPT
        } else {
            PROMPT_WITHIN
        };
        match editor.readline(prompt) {
            Ok(line) => typed = format!("{typed}{line}\n"),
            Err(ReadlineError::Interrupted) => typed.clear(),
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(Failure::input(error.to_string())),
        }
        let whole = typed.trim().to_owned();
        match whole.trim_end_matches(';').trim() {
            "" => typed.clear(),
            "quit" | "exit" | "\\q" => break,
            "help" | "\\h" | "\\?" => {
                typed.clear();
                help(&mut io::stdout())?;
            }
            "reload" => {
                typed.clear();
                answers.forget();
            }
            query if whole.ends_with(';') => {
                let _ = editor.add_history_entry(whole.replace('\n', " "));
                let asked = ask(session, query, arguments).await;
                if let Err(failure) = asked {
                    tell_error(&failure);
                }
                typed.clear();
            }
            // It goes on.
            _ => {}
        }
    }
    if let Some(history) = &history {
        let _ = history.parent().map(std::fs::create_dir_all);
        let _ = editor.save_history(history);
    }
    Ok(Status::Success)
}

fn help(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "A question ends with ';'. The tables:")?;
    for table in crate::tables::tables() {
        writeln!(out, "  {table}('PLACE', ...)")?;
    }
    writeln!(
        out,
        "With --from PLACE they need no place, and there are also (describe TABLE; says the columns):"
    )?;
    for (name, meaning, _) in VIEWS {
        writeln!(out, "  {name}: {meaning}")?;
    }
    writeln!(out, "reload: read captures anew; quit")
}

/// The questions in a text, apart by semicolons outside of quotes.
fn queries(text: &str) -> Vec<String> {
    let (mut queries, mut query, mut is_quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        is_quoted ^= letter == '\'';
        if letter == ';' && !is_quoted {
            queries.push(std::mem::take(&mut query));
        } else {
            query.push(letter);
        }
    }
    queries.push(query);
    queries.retain(|query| !query.trim().is_empty());
    queries
}

#[expect(
    clippy::disallowed_methods,
    reason = "where somebody keeps such files stands in the environment"
)]
fn history_file() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/state"));
    Some(state.or_else(home)?.join("tcpwhy-fleet/history"))
}

#[cfg(test)]
mod tests {
    use super::queries;

    #[test]
    fn a_semicolon_within_quotes_ends_nothing() {
        let asked = queries("select 1; select ';' as a;\n");
        assert_eq!(asked, ["select 1", " select ';' as a"]);
    }
}
