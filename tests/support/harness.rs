//! Runs the tests of this program, group by group.
//!
//! The usual harness would not do: stories are found in folders, a test can find out that it has to
//! be skipped (and is counted), and what waits for real packets must not run beside what keeps all
//! cores busy.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, FormatSetting, Trial};

use super::tools::{Needs, Skipped};

/// A test of a list that the macro `tests!` made.
#[derive(Clone, Copy)]
pub(crate) struct Test {
    /// With its module.
    pub(crate) path: &'static str,
    pub(crate) tools: &'static [&'static str],
    pub(crate) run: fn(),
}

/// The tests of a module: names of functions, and with `needs` the tools that they ask for.
macro_rules! tests {
    ($($(#[$attribute:meta])* $name:ident $(needs $($tool:literal)+)?),* $(,)?) => {
        &[$(
            $(#[$attribute])*
            $crate::support::harness::Test {
                path: concat!(module_path!(), "::", stringify!($name)),
                tools: &[$($($tool),+)?],
                run: $name,
            }
        ),*]
    };
}
pub(crate) use tests;

/// A test that can be run, however it was found.
pub(crate) struct Case {
    name: String,
    needs: Needs,
    run: Box<dyn FnOnce() -> Result<(), Failed> + Send>,
}

impl Case {
    pub(crate) fn new(
        name: String,
        needs: Needs,
        run: impl FnOnce() -> Result<(), Failed> + Send + 'static,
    ) -> Self {
        let run = Box::new(run);
        Self { name, needs, run }
    }

    fn of(test: Test, needs: Needs) -> Self {
        let (_, name) = test.path.split_once("::").unwrap();
        let also = test.tools;
        let run = move || {
            (test.run)();
            Ok(())
        };
        Self::new(name.to_owned(), Needs { also, ..needs }, run)
    }

    fn into_trial(self, skipped: Arc<Skipped>) -> Trial {
        let Self { name, needs, run } = self;
        Trial::ignorable_test(name, move || match needs.obstacle() {
            None => outcome(run).map(|()| Completion::Completed),
            Some(obstacle) if obstacle.is_failure() => {
                let what = obstacle.what();
                Err(format!("needs {what}: with CI set, nothing is skipped").into())
            }
            Some(obstacle) => {
                skipped.add(&obstacle, needs);
                let why = format!("skipped: needs {}", obstacle.what());
                Ok(Completion::ignored_with(why))
            }
        })
    }
}

/// Tests that run after one another, or so many at once.
pub(crate) struct Group {
    /// As many as there are cores, unless it says otherwise.
    at_once: Option<usize>,
    cases: Vec<Case>,
}

impl Group {
    /// Tests that keep a core busy.
    pub(crate) fn that_work(lists: &[&[Test]]) -> Self {
        let tests = lists.iter().copied().flatten();
        Self {
            at_once: None,
            cases: tests
                .map(|test| Case::of(*test, Needs::default()))
                .collect(),
        }
    }

    /// Tests that wait more than they work, and share these needs.
    pub(crate) fn that_wait(at_once: usize, needs: Needs, lists: &[&[Test]]) -> Self {
        let tests = lists.iter().copied().flatten();
        Self {
            at_once: Some(at_once),
            cases: tests.map(|test| Case::of(*test, needs)).collect(),
        }
    }

    /// Stories that were found in a folder, so many at once.
    pub(crate) fn stories(at_once: usize, cases: impl IntoIterator<Item = Case>) -> Self {
        Self {
            at_once: Some(at_once),
            cases: cases.into_iter().collect(),
        }
    }

    /// These as well.
    pub(crate) fn and(mut self, cases: impl IntoIterator<Item = Case>) -> Self {
        self.cases.extend(cases);
        self
    }
}

/// Runs the groups one after the other, as the command line asks.
pub(crate) fn run(groups: Vec<Group>) -> ExitCode {
    let arguments = Arguments::from_args();
    let skipped = Arc::new(Skipped::default());
    if arguments.list {
        let cases = groups.into_iter().flat_map(|group| group.cases);
        run_trials(&arguments, cases, &skipped);
        return ExitCode::SUCCESS;
    }
    keep_what_panics_say();
    let mut has_failed = false;
    for (index, group) in groups.into_iter().enumerate() {
        let is_asked_for = |case: &Case| is_asked_for(&arguments, &case.name);
        // One of them says how many run, even if there are none.
        if index > 0 && !group.cases.iter().any(is_asked_for) {
            continue;
        }
        let arguments = Arguments {
            test_threads: arguments.test_threads.or(group.at_once),
            ..arguments.clone()
        };
        has_failed |= run_trials(&arguments, group.cases, &skipped);
    }
    if arguments.format != Some(FormatSetting::Json) {
        print_last(skipped.summary());
    }
    ExitCode::from(if has_failed { 101 } else { 0 })
}

/// Whether one of them failed.
fn run_trials(
    arguments: &Arguments,
    cases: impl IntoIterator<Item = Case>,
    skipped: &Arc<Skipped>,
) -> bool {
    let trials = cases
        .into_iter()
        .map(|case| case.into_trial(Arc::clone(skipped)));
    libtest_mimic::run(arguments, trials.collect()).has_failed()
}

fn is_asked_for(arguments: &Arguments, name: &str) -> bool {
    let fits = |pattern: &String| {
        if arguments.exact {
            name == pattern
        } else {
            name.contains(pattern)
        }
    };
    arguments.filter.iter().all(fits) && !arguments.skip.iter().any(fits)
}

#[expect(clippy::print_stdout, reason = "where the harness has its own lines")]
fn print_last(lines: Option<String>) {
    if let Some(lines) = lines {
        println!("{lines}");
    }
}

// ---------------------------------------------------------------- what a test says when it fails

thread_local! {
    static IS_IN_TEST: Cell<bool> = const { Cell::new(false) };
    /// The latest panic of this thread: where, and what it says.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The panic of a test is told with the test, at the end; those of other threads at once, as usual.
fn keep_what_panics_say() {
    let usual = take_hook();
    set_hook(Box::new(move |panic| {
        if !IS_IN_TEST.get() {
            return usual(panic);
        }
        let trace = Backtrace::capture();
        let said = match trace.status() {
            BacktraceStatus::Captured => format!("{panic}\n{trace}"),
            _ => panic.to_string(),
        };
        PANIC.replace(Some(said));
    }));
}

fn outcome(run: impl FnOnce() -> Result<(), Failed>) -> Result<(), Failed> {
    IS_IN_TEST.set(true);
    let ended = catch_unwind(AssertUnwindSafe(run));
    IS_IN_TEST.set(false);
    ended.unwrap_or_else(|panic: Box<dyn Any + Send>| {
        drop(panic);
        let said = PANIC.take();
        Err(said.unwrap_or_else(|| "it panicked".to_owned()).into())
    })
}
