//! Questions in SQL.

use crate::support::{run, samples, stderr, stdout};

fn asked(query: &str) -> String {
    let output = run(&["sql", "-F", "csv", query]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output)
}

fn sample(name: &str) -> String {
    samples().join(name).to_str().unwrap().to_owned()
}

#[test]
fn attempts_are_counted_by_outcome() {
    let place = sample("service-restart.pcap");
    let query = format!(
        "select outcome, count(*) as n from attempts('{place}') group by outcome order by outcome"
    );
    let counted = asked(&query);
    assert!(counted.starts_with("outcome,n\n"), "{counted}");
    assert!(counted.contains("refused,"), "{counted}");
}

#[test]
fn each_table_has_its_columns() {
    let place = sample("closed-port.pcap");
    for table in tcpwhy_fleet::tables() {
        let rows = asked(&format!("select * from {table}('{place}')"));
        let columns = tcpwhy_fleet::columns_of(table).unwrap();
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        assert_eq!(rows.lines().next(), Some(names.join(",").as_str()));
        assert!(rows.lines().count() > 1, "{table}: {rows}");
    }
}

#[test]
fn times_and_causes_are_those_of_the_report() {
    let place = sample("closed-port.pcap");
    let cause = asked(&format!(
        "select cause, confidence, syn_count from attempts('{place}') where outcome = 'refused' limit 1"
    ));
    assert_eq!(cause, "cause,confidence,syn_count\nclosed_port,likely,1\n");
}

#[test]
fn views_are_over_what_was_named() {
    let place = sample("service-restart.pcap");
    for view in [
        "failures",
        "worst_servers_per_hour",
        "newly_failing",
        "clients",
    ] {
        let query = format!("select count(*) as n from {view}");
        let output = run(&["sql", "--from", &place, "-F", "csv", &query]);
        let rows = stdout(&output);
        let count = rows
            .lines()
            .nth(1)
            .and_then(|line| line.parse::<u64>().ok());
        assert!(
            count.is_some_and(|count| count > 0),
            "{view}: {rows}{}",
            stderr(&output)
        );
    }
}

#[test]
fn a_wrong_question_is_one_line() {
    let place = sample("closed-port.pcap");
    let no_column = format!("select nonsense from attempts('{place}')");
    for (query, said) in [
        ("selct 1", "Expected"),
        (no_column.as_str(), "nonsense"),
        (
            "select * from attempts()",
            "attempts takes places of captures",
        ),
        (
            "select * from attempts(7)",
            "attempts takes places of captures",
        ),
        ("drop table attempts", "not supported"),
    ] {
        let output = run(&["sql", query]);
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{query}: {error}");
        assert!(error.contains(said), "{query}: {error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    }
}

#[test]
fn a_place_without_captures_is_one_line() {
    let empty = tempfile::tempdir().unwrap();
    let place = empty.path().to_str().unwrap();
    let query = format!("select * from attempts('{place}')");
    for arguments in [vec!["read", place], vec!["sql", query.as_str()]] {
        let output = run(&arguments);
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(3), "{error}");
        assert!(error.contains("no capture"), "{error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    }
}

#[test]
fn too_little_memory_is_told_with_what_is_enough() {
    let place = sample("closed-port.pcap");
    let output = run(&["read", &place, "--memory", "2M", "--partitions", "7"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("at least 112M"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_stream_is_one_line() {
    let output = run(&["read", "-"]);
    let error = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("can be read once only"), "{error}");
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
}

#[test]
fn a_file_that_ends_too_early_is_a_warning_and_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.pcap");
    let whole = std::fs::read(samples().join("closed-port.pcap")).unwrap();
    std::fs::write(&cut, &whole[..whole.len() - 7]).unwrap();
    let output = run(&["read", cut.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains("warning: "), "{}", stderr(&output));
}

#[test]
fn a_file_that_is_no_capture_is_a_row_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("a.pcap");
    std::fs::copy(samples().join("closed-port.pcap"), &capture).unwrap();
    let mut cut = std::fs::read(&capture).unwrap();
    cut.truncate(cut.len() - 7);
    std::fs::write(folder.path().join("b.pcap"), cut).unwrap();
    let gone = folder.path().join("gone.pcap");
    let (folder, gone) = (folder.path().to_str().unwrap(), gone.to_str().unwrap());
    let rows = asked(&format!(
        "select file, packets, error from captures('{folder}', '{gone}') order by file"
    ));
    assert_eq!(rows.lines().count(), 4, "{rows}");
    assert!(rows.contains("gone.pcap: No such file"), "{rows}");
    assert!(rows.contains("b.pcap,"), "{rows}");
}
