//! What was exported is read by others, with the same counts.

use std::process::Command;

use crate::support::{has, python_with, run, samples, stderr, stdout};

#[test]
fn parquet_by_day_and_outcome_is_read_by_duckdb_and_pandas() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("attempts");
    let out = out.to_str().unwrap();
    let place = samples().join("service-restart.pcap");
    let place = place.to_str().unwrap();
    let output = run(&["export", place, "-o", out, "--partition-by", "day,outcome"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let query = format!("select count(*) from attempts('{place}')");
    let count = stdout(&run(&["sql", "-F", "csv", &query]));
    let count = count.lines().nth(1).unwrap().to_owned();
    assert!(count.parse::<u64>().unwrap() > 50);
    let again = run(&["export", place, "-o", out]);
    assert_eq!(again.status.code(), Some(3));
    assert!(stderr(&again).contains("is not empty"));
    if has("duckdb") {
        let query = format!(
            "select count(*) from read_parquet('{out}/**/*.parquet', hive_partitioning=true) \
             where outcome is not null and started is not null"
        );
        let read = Command::new("duckdb")
            .args(["-csv", "-noheader", "-c", &query])
            .output();
        assert_eq!(stdout(&read.unwrap()).trim(), count);
    }
    if let Some(python) = python_with("pandas, pyarrow") {
        let script = format!(
            "import pandas; frame=pandas.read_parquet('{out}'); \
             assert str(frame.started.dtype) == 'datetime64[ns, UTC]', frame.started.dtype; print(len(frame))"
        );
        let read = Command::new(python).args(["-c", &script]).output().unwrap();
        assert_eq!(stdout(&read).trim(), count, "{}", stderr(&read));
    }
}

#[test]
fn a_column_that_there_is_not_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("attempts");
    let place = samples().join("closed-port.pcap");
    let output = run(&[
        "export",
        place.to_str().unwrap(),
        "-o",
        out.to_str().unwrap(),
        "--partition-by",
        "colour",
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("attempts have no column 'colour'"));
}
