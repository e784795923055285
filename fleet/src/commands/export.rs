//! `tcpwhy-fleet export`.

use std::path::Path;
use std::sync::Arc;

use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::functions::expr_fn::{date_trunc, to_char};
use datafusion::prelude::{col, lit};

use super::arguments::ExportArguments;
use super::{Failure, Status, fleet, tell_problem};
use crate::plan::Question;
use crate::tables::{Answers, columns_of, register};

/// The column that is not one of `attempts`: the day on which an attempt began, in UTC.
const DAY: &str = "day";

pub(super) async fn run(arguments: ExportArguments) -> Result<Status, Failure> {
    may_be_written(&arguments.output)?;
    let columns = columns_of("attempts").unwrap_or_default();
    for named in &arguments.partition_by {
        if named != DAY && columns.iter().all(|column| column.name != named) {
            let failure = Failure::usage(format!("attempts have no column '{named}'"));
            return Err(failure.with_hint("day, outcome, cause, server, client are usual ones"));
        }
    }
    let question = Question {
        patience: arguments.fleet.patience,
        ..Question::default()
    };
    let fleet = fleet(&arguments.fleet)?;
    let answers = Arc::new(Answers::new(Arc::clone(&fleet), question));
    register(fleet.session(), &answers, &arguments.places).await?;
    let mut attempts = fleet.session().table("attempts").await?;
    if arguments.partition_by.iter().any(|named| named == DAY) {
        let day = to_char(date_trunc(lit("day"), col("started")), lit("%Y-%m-%d"));
        attempts = attempts.with_column(DAY, day)?;
    }
    let folder = format!("{}/", arguments.output.to_string_lossy());
    let options = DataFrameWriteOptions::new().with_partition_by(arguments.partition_by.clone());
    attempts.write_parquet(&folder, options, None).await?;
    let told = answers.of(&arguments.places).await?;
    let mut status = Status::Success;
    for problem in &told.problems {
        tell_problem(problem);
        status = Status::Input;
    }
    Ok(status)
}

fn may_be_written(folder: &Path) -> Result<(), Failure> {
    match std::fs::read_dir(folder).map(Iterator::count) {
        Ok(1..) => {
            let message = format!("{} is not empty", folder.display());
            Err(Failure::input(message)
                .with_hint("what was exported before would be mixed with it"))
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::input(format!("{}: {error}", folder.display())))
        }
        _ => Ok(()),
    }
}
